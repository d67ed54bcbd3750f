"""Two or more runs or sweeps against each other, seed by seed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

import pandas as pd

from ..errors import InputError
from ..scenarios import RunRecord, read_record
from .frames import Keys, frame_of
from .incentives.deviations import paired_p_value
from .incentives.payoffs import Payoff, payoff_rows
from .incentives.source import WORDS, Sample, is_sweep, samples
from .incentives.welfare import welfare_row
from .series import estimate, settings
from .sweep_axis import place_text

Point = tuple[tuple[str, Any], ...]
SHOWN = 3
"""Settings that a label names; the page has them all."""

MEASURES = {
    "contributor_net_wei": "contributor's net payoff",
    "verifier_net_wei": "verifier's net payoff",
    "initiator_cost_wei": "initiator's cost, gas included",
    "rewarded": "models rewarded",
    "accuracy": "integrated model's accuracy",
    "wei_per_point": "cost of a point of accuracy",
    "gas_wei": "everybody's gas",
    "hours": "simulated hours",
}


@dataclass(frozen=True, eq=False)
class Side:
    """What is compared: runs of one setting, or of all points of a sweep.

    Attributes:
        label: What it is called.
        points: By the keys that differ within it, the measures of its runs by seed.
        settings: Of its first run, without the seed.
    """

    label: str
    points: dict[Point, dict[int, Mapping[str, float | None]]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def seeds(self) -> set[int]:
        """All its seeds."""
        return {seed for runs in self.points.values() for seed in runs}


@dataclass(frozen=True)
class Difference:
    """One measure on both sides, over the seeds that both have.

    Attributes:
        first: The side that others are compared to.
        other: The other side.
        setting: The point of a sweep, as far as there is one.
        measure: What is compared: amounts in wei, rates as fractions.
        pairs: Seeds with this measure on both sides.
        first_mean: Mean of the first side over these.
        other_mean: Mean of the other.
        difference: Mean of other less first, seed by seed.
        low: Lower end of its 95 % interval by Student's t; absent for a single pair.
        high: Upper end.
        p_value: Of the paired t test that there is no difference, two-sided; absent for a single pair.
    """

    first: str
    other: str
    setting: str
    measure: str
    pairs: int
    first_mean: float
    other_mean: float
    difference: float
    low: float | None
    high: float | None
    p_value: float | None


def compare(sides: Sequence[Side]) -> pd.DataFrame:
    """Return paired differences of every side to the first, with the columns of ``Difference``.

    Points of sweeps are compared where the keys that both have are equal.

    Args:
        sides: At least two.

    Raises:
        InputError: There is nothing to compare with, or no seed or no point in common with the first.
    """
    if len(sides) < 2:
        raise InputError("sides", len(sides), "at least two runs or sweeps, or one sweep with several points")
    first, *others = sides
    return frame_of(Difference, (({}, row) for other in others for row in _differences(first, other)))


def sides_of(folders: Sequence[str | Path | RunRecord]) -> list[Side]:
    """Return what folders hold as sides: runs that differ in their seed only are one.

    Args:
        folders: Runs and sweeps in any order; one sweep alone gives its points as sides.

    Raises:
        InputError: A folder is neither, or the same run is there twice.
    """
    found: list[Side] = []
    runs = [one for one in folders if isinstance(one, RunRecord) or not is_sweep(one)]
    if runs:
        records = [one if isinstance(one, RunRecord) else read_record(one) for one in runs]
        found += _by_point(samples(records), records[0].path.name)
    sweeps = [Path(str(one)) for one in folders if not isinstance(one, RunRecord) and is_sweep(one)]
    if len(sweeps) == 1 and not runs:
        return _by_point(samples(sweeps[0]), sweeps[0].resolve().name)
    for folder in sweeps:
        side = Side(folder.resolve().name)
        for sample in samples(folder):
            _add(side, tuple(sample.keys.items()), sample)
        found.append(side)
    first = folders[0]
    if sweeps and not isinstance(first, RunRecord) and is_sweep(first):
        found.sort(key=lambda side: side.label != Path(str(first)).resolve().name)
    return found


def differing_settings(sides: Sequence[Side]) -> list[tuple[str, list[str]]]:
    """Return the keys of the scenario in which first runs of sides differ, with each side's value."""
    keys = dict.fromkeys(key for side in sides for key in side.settings if key not in WORDS)
    told = {key: [str(side.settings.get(key, "–")) for side in sides] for key in keys}
    return [(key, values) for key, values in told.items() if len(set(values)) > 1]


def _by_point(found: Iterator[Sample], name: str) -> list[Side]:
    sides: dict[int, Side] = {}
    for sample in found:
        if sample.point not in sides:
            sides[sample.point] = Side(_label(sample, name, [side.label for side in sides.values()]))
        _add(sides[sample.point], (), sample)
    return list(sides.values())


def _label(sample: Sample, name: str, taken: Sequence[str]) -> str:
    """Return the scenario's name if it is what differs and nobody else's, else the first keys that differ."""
    own = sample.keys.get("name")
    if own is not None and own not in taken:
        return str(own)
    keys = {key: value for key, value in sample.keys.items() if key != "name"}
    told = place_text(dict(list(keys.items())[:SHOWN])) + (" …" if len(keys) > SHOWN else "")
    label = told or name
    return label if label not in taken else f"{label} ({len(taken) + 1})"


def _add(side: Side, point: Point, sample: Sample) -> None:
    runs = side.points.setdefault(point, {})
    if sample.seed in runs:
        raise InputError("runs", f"{side.label}, seed {sample.seed}", "each run once")
    runs[sample.seed] = _measures(sample)
    if not side.settings:
        side.settings.update(settings(sample.record.scenario))


def _measures(sample: Sample) -> dict[str, float | None]:
    people = [row for _, row in payoff_rows(sample)]
    _, whole = welfare_row(sample, people=people)
    return {
        "contributor_net_wei": _mean_net(people, "contributor"),
        "verifier_net_wei": _mean_net(people, "verifier"),
        "initiator_cost_wei": float(whole.initiator_cost_wei),
        "rewarded": float(whole.rewarded),
        "accuracy": whole.accuracy,
        "wei_per_point": whole.wei_per_point,
        "gas_wei": float(whole.gas_wei),
        "hours": sample.record.summary["simulated_seconds"] / 3600,
    }


def _mean_net(people: list[Payoff], role: str) -> float | None:
    own = [float(row.net_wei) for row in people if row.role == role]
    return fmean(own) if own else None


def _differences(first: Side, other: Side) -> Iterator[Difference]:
    if not first.seeds & other.seeds:
        told = " and ".join(f"{_seeds(side)} of {side.label}" for side in (first, other))
        raise InputError("seeds", told, "runs or sweeps that have a seed in common")
    pairs = [(one, two) for one in first.points for two in other.points if _agree(dict(one), dict(two))]
    if not pairs:
        raise InputError("points", f"{first.label} and {other.label}", "sweeps that have a point in common")
    for one, two in pairs:
        before, after = first.points[one], other.points[two]
        setting = place_text({**dict(one), **dict(two)})
        for measure in MEASURES:
            known = [
                (before[seed][measure], after[seed][measure]) for seed in sorted(before.keys() & after.keys())
            ]
            values = [(a, b) for a, b in known if a is not None and b is not None]
            if values:
                yield _difference(first.label, other.label, setting, measure, values)


def _difference(
    first: str, other: str, setting: str, measure: str, values: list[tuple[float, float]]
) -> Difference:
    found = estimate([b - a for a, b in values])
    means = fmean(a for a, _ in values), fmean(b for _, b in values)
    low, high = found.ends
    p_value = paired_p_value(found)
    return Difference(first, other, setting, measure, len(values), *means, found.mean, low, high, p_value)


def _agree(one: Keys, two: Keys) -> bool:
    return all(one[key] == two[key] for key in one.keys() & two.keys())


def _seeds(side: Side) -> str:
    return ", ".join(map(str, sorted(side.seeds)[:5])) + (" …" if len(side.seeds) > 5 else "")
