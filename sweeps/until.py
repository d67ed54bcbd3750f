"""How many seeds a point needs until a mean over them is known well enough."""

import math
from collections.abc import Iterator, Sequence
from statistics import stdev

from ..errors import InputError
from ..scenarios.overrides import hint
from .flat import flat_summary
from .places import Results
from .plan import Plan, Run, share
from .schema import Until


def interval_width(values: Sequence[float]) -> float:
    """Return the width of the 95 % t interval of the mean: 2 t s / sqrt(n), t of n - 1 degrees of freedom."""
    from scipy.special import stdtrit  # slow to import, and needed by few sweeps

    if len(values) < 2:
        return math.inf
    return 2 * float(stdtrit(len(values) - 1, 0.975)) * stdev(values) / math.sqrt(len(values))


def enough(until: Until, values: Sequence[float | None]) -> int | None:
    """Return how many seeds, counted from the first, are enough; ``None`` if more are needed.

    It is the smallest number whose interval is narrow enough, whatever was run beyond it, so that it does not
    depend on how the runs were spread over workers and time. Runs without the metric do not count as values.
    """
    for count in range(until.least, min(len(values), until.most) + 1):
        known = [value for value in values[:count] if value is not None]
        if interval_width(known) <= until.width or count == until.most:
            return count
    return None


def values_of(plan: Plan, folder: Results, runs: Iterator[Run]) -> list[float | None]:
    """Return the metric of a point's runs in order of seeds, as far as all of them are over."""
    assert plan.sweep.until is not None
    found: list[float | None] = []
    for run in runs:
        state = folder.state(run.name, fresh=False)
        if state is None:
            break
        number = None
        if state == "done":
            number = flat_summary(folder.read(run.name, "summary.json")).get(plan.sweep.until.metric)
        found.append(float(number) if isinstance(number, int | float) else None)
    return found


def refuse_unknown_metric(plan: Plan, folder: Results, part: tuple[int, int]) -> None:
    """Stop before more seeds are run for the sake of a number that no result has.

    Raises:
        InputError: Runs are done, and none of them tells the metric.
    """
    assert plan.sweep.until is not None
    metric, known = plan.sweep.until.metric, set[str]()
    for run in plan.runs(part):
        if folder.state(run.name, fresh=False) == "done":
            row = flat_summary(folder.read(run.name, "summary.json"))
            if metric in row:
                return
            known |= row.keys()
    if known:
        allowed = f"a number of the results{hint(metric, known)}; they have {', '.join(sorted(known))}"
        raise InputError("until.metric", metric, allowed)


def seeds_of(plan: Plan, folder: Results, point: int, values: dict) -> tuple[int, ...]:
    """Return the seeds that count for a point: all that were asked for, or as many as were needed."""
    if plan.sweep.until is None:
        return plan.seeds
    known = values_of(plan, folder, (plan.run(point, values, seed) for seed in plan.seeds))
    count = enough(plan.sweep.until, known)
    return plan.seeds[: len(known) if count is None else count]


def more_seeds(plan: Plan, folder: Results, part: tuple[int, int]) -> Iterator[Run]:
    """Yield one more run for each point whose mean is not known well enough."""
    assert plan.sweep.until is not None
    low, high = share(plan.size, part)
    for point, values in enumerate(plan.points()):
        if low <= point < high:
            known = values_of(plan, folder, (plan.run(point, values, seed) for seed in plan.seeds))
            if enough(plan.sweep.until, known) is None and len(known) < len(plan.seeds):
                yield plan.run(point, values, plan.seeds[len(known)])
