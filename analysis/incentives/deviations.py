"""Incentive compatibility: what does somebody gain who deviates while the others stay as they were?"""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import pandas as pd

from ...errors import InputError
from ..frames import Keys, frame_of, groups, keys_of, where
from ..series import Estimate, estimate
from .payoffs import HONEST, Payoff


@dataclass(frozen=True)
class Deviation:
    """One deviation, against the same people in the same seeds at the baseline.

    Attributes:
        value: What the key is set to.
        behaviour: How those behave who deviate, as records say it.
        deviators: How many they are.
        pairs: Seeds that both points have.
        gain_wei: Mean over seeds of a deviator's net payoff less the same participant's at the baseline.
        low_wei: Lower end of its 95 % interval by Student's t, paired by seed; absent for a single pair.
        high_wei: Upper end.
        p_value: Of the paired t test that there is no gain, two-sided; absent for a single pair.
        spent_wei: Mean over seeds of what a deviator paid: gas, work, lost stakes, bribes beyond what it got.
        honest_spent_wei: The same of the same participant at the baseline.
        others: How many play the same role and do not deviate.
        others_wei: Mean change of their net payoffs; absent if there are none.
        initiator_wei: Mean change of an initiator's net payoff; absent if she deviates herself.
        verdict: ``profitable`` if the gain's whole interval lies above zero, ``costly`` if below, else
            ``open``.
    """

    value: str
    behaviour: str
    deviators: int
    pairs: int
    gain_wei: float
    low_wei: float | None
    high_wei: float | None
    p_value: float | None
    spent_wei: float
    honest_spent_wei: float
    others: int
    others_wei: float | None
    initiator_wei: float | None
    verdict: str


def gains_of_deviation(payoffs: pd.DataFrame, key: str, baseline: Any = HONEST) -> pd.DataFrame:
    """Return a row for each value of a key but the baseline, at every setting of the other keys.

    Deviators are those whose behaviour differs from the baseline's at the same setting and seed. Everything
    random comes from seed, purpose and name, so the others draw what they drew before.

    Columns are the other keys that differ between runs and those of ``Deviation``.

    Args:
        payoffs: As ``payoffs`` returns them, of a sweep over a key such as
            ``contributors.groups.deviant.behaviour``.
        key: The key.
        baseline: Its value to which others are compared.

    Raises:
        InputError: The payoffs have no such key, or it never has the baseline's value.
    """
    known = keys_of(payoffs, Payoff)
    if key not in known:
        raise InputError("key", key, f"a key that differs: {', '.join(known) or 'none does'}")
    values = dict.fromkeys(payoffs[key])
    if baseline not in values:
        raise InputError("baseline", baseline, f"a value of {key}: {', '.join(map(str, values))}")
    return frame_of(Deviation, _rows(payoffs, key, baseline))


def _rows(payoffs: pd.DataFrame, key: str, baseline: Any) -> Iterator[tuple[Keys, Deviation]]:
    others = [name for name in keys_of(payoffs, Payoff) if name != key]
    for setting, points in groups(payoffs, others):
        before = where(points, points[key] == baseline)
        for told, after in groups(where(points, points[key] != baseline), [key]):
            paired = after.merge(before, on=["seed", "name"], suffixes=("", "_before"))
            deviates = paired["behaviour"] != paired["behaviour_before"]
            if any(deviates):
                yield setting, _deviation(str(told[key]), where(paired, deviates), where(paired, ~deviates))


def _deviation(value: str, own: pd.DataFrame, rest: pd.DataFrame) -> Deviation:
    changes = by_seed(own, own["net_wei"] - own["net_wei_before"])
    gain = estimate(changes)
    same_role = where(rest, rest["role"].isin(list(set(own["role"]))))
    initiators = where(rest, rest["role"] == "initiator")
    low, high = gain.ends
    return Deviation(
        value=value,
        behaviour=", ".join(sorted(set(own["behaviour"]))),
        deviators=len(set(own["name"])),
        pairs=gain.runs,
        gain_wei=gain.mean,
        low_wei=low,
        high_wei=high,
        p_value=paired_p_value(gain),
        spent_wei=_spent(own, ""),
        honest_spent_wei=_spent(own, "_before"),
        others=len(set(same_role["name"])),
        others_wei=_change(same_role),
        initiator_wei=_change(initiators),
        verdict=gain.verdict("profitable", "costly"),
    )


def by_seed(rows: pd.DataFrame, values: Any) -> list[float]:
    """Return the mean of values, one for each row, in each seed."""
    found: dict[int, list[float]] = {}
    for seed, value in zip(rows["seed"], values, strict=True):
        found.setdefault(seed, []).append(float(value))
    return [fmean(found[seed]) for seed in sorted(found)]


def paired_p_value(found: Estimate) -> float | None:
    """Return how likely so large a mean difference is where there is none, by the two-sided t test."""
    if found.half_width is None:
        return None
    if found.half_width == 0:
        return 0.0 if found.mean else 1.0
    from scipy.stats import t  # slow to import

    error = found.half_width / float(t.ppf(0.975, found.runs - 1))
    return float(2 * t.sf(abs(found.mean) / error, found.runs - 1))


def _spent(own: pd.DataFrame, when: str) -> float:
    columns = [own[f"{name}_wei{when}"] for name in ("gas", "work_cost", "lost", "outlay", "side")]
    totals = [sum(costs) + max(0, -side) for *costs, side in zip(*columns, strict=True)]
    return fmean(by_seed(own, totals))


def _change(rows: pd.DataFrame) -> float | None:
    return fmean(by_seed(rows, rows["net_wei"] - rows["net_wei_before"])) if len(rows) else None
