"""Several runs of one scenario: that they belong together, and what their mean is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from ..errors import InputError
from ..scenarios import RunRecord, Scenario

NOT_TRAINED = "Nothing was trained: accuracies are drawn from curves fitted to real runs (surrogate)"


@dataclass(frozen=True)
class Estimate:
    """A mean over runs and half the width of its 95 % interval; ``None`` for a single run."""

    mean: float
    half_width: float | None
    runs: int

    @property
    def ends(self) -> tuple[float | None, float | None]:
        """Both ends of the interval; absent for a single run."""
        if self.half_width is None:
            return None, None
        return self.mean - self.half_width, self.mean + self.half_width

    def verdict(self, above: str, below: str) -> str:
        """Return the first word for an interval above zero, the second below, else ``open``."""
        low, high = self.ends
        if low is None or high is None:
            return "open"
        return above if low > 0 else below if high < 0 else "open"

    @property
    def rate_bars(self) -> tuple[list[float], list[float]] | None:
        """Lengths of the interval below and above, ending at 0 and 1: the mean of rates cannot lie beyond."""
        if self.half_width is None:
            return None
        return [min(self.half_width, self.mean)], [min(self.half_width, 1.0 - self.mean)]


def estimate(values: Sequence[float]) -> Estimate:
    """Return mean and 95 % interval by Student's t with ``len(values) - 1`` degrees of freedom.

    Args:
        values: One number a run; runs differ by their seed and are independent.
    """
    n = len(values)
    if n == 1:
        return Estimate(values[0], None, 1)
    from scipy.stats import t  # not at import: it takes most of a second

    return Estimate(fmean(values), float(t.ppf(0.975, n - 1)) * stdev(values) / n**0.5, n)


def same_scenario(records: Sequence[RunRecord]) -> tuple[RunRecord, ...]:
    """Return runs of one scenario in the order of their seeds.

    Raises:
        InputError: There is none, one is given twice, or their settings differ in more than the seed.
    """
    if not records:
        raise InputError("records", [], "at least one run record")
    ordered = tuple(sorted(records, key=lambda record: record.manifest["seed"]))
    names = sorted({record.scenario.name for record in ordered})
    if len(names) > 1:
        raise InputError("records", " and ".join(names), "records of one scenario; report each on its own")
    first, *others = (settings(record.scenario) for record in ordered)
    differ = sorted({key for other in others for key in first if first[key] != other.get(key)})
    if differ:
        raise InputError("records", ", ".join(differ), f"runs of {names[0]} that differ in their seed only")
    seeds = [record.manifest["seed"] for record in ordered]
    twice = sorted({seed for seed in seeds if seeds.count(seed) > 1})
    if twice:
        raise InputError("records", f"seed {twice[0]} twice", "runs with different seeds")
    return ordered


def of_one_task(records: Sequence[RunRecord], task: str | None = None) -> tuple[RunRecord, ...]:
    """Return runs of one scenario as ``same_scenario`` does, each narrowed down to one of its tasks.

    Args:
        records: The runs.
        task: The task's name; absent, the first.

    Raises:
        InputError: The records do not belong together, or there is no such task.
    """
    return tuple(record.of_task(task) for record in same_scenario(records))


def task_text(record: RunRecord) -> str:
    """Return a record's task in words, with a comma before it; nothing where the scenario has only one."""
    return "" if record.task is None else f", task {record.task}"


def seeds_text(records: Sequence[RunRecord]) -> str:
    """Return the seeds in words: ``seed 1`` or ``seeds 1, 2, 3``."""
    seeds = [str(record.manifest["seed"]) for record in records]
    shown = ", ".join(seeds) if len(seeds) <= 10 else f"{', '.join(seeds[:9])} … {seeds[-1]}"
    return f"seed {shown}" if len(seeds) == 1 else f"seeds {shown}"


def settings(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario as ``{"task.mafr": 0.75, …}`` in JSON's types, without its seed."""
    flat: dict[str, Any] = {}
    for key, value in scenario.model_dump(mode="json", exclude={"seed"}).items():
        if isinstance(value, dict):
            flat |= {f"{key}.{inner}": one for inner, one in value.items()}
        else:
            flat[key] = value
    return flat


def drawn_line(scenario: Scenario) -> str:
    """Return a line for below a figure's title where nothing was trained, else nothing."""
    return f"\n{NOT_TRAINED}" if scenario.learning == "surrogate" else ""
