"""Mean payoffs by role and behaviour, each with what it is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import pandas as pd

from ..frames import frame_of, groups, keys_of
from ..series import estimate
from .payoffs import Payoff

WHO = ("role", "behaviour")


@dataclass(frozen=True)
class Mean:
    """The mean payoff of a group at a point, over its runs.

    A run counts once, by the mean over the group's members in it: members of one market are not independent,
    runs of different seeds are.

    Attributes:
        runs: Runs with such a participant.
        members: Participants of the group in all these runs.
        mean_wei: Mean of the runs' means.
        low_wei: Lower end of its 95 % interval by Student's t; absent for a single run.
        high_wei: Upper end.
        least_wei: The worst off in any run.
        most_wei: The best off in any run.
    """

    runs: int
    members: int
    mean_wei: float
    low_wei: float | None
    high_wei: float | None
    least_wei: int
    most_wei: int


def mean_payoffs(
    payoffs: pd.DataFrame,
    by: Sequence[str] = WHO,
    *,
    what: str = "net_wei",
    keys: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return mean payoffs with 95 % intervals.

    Columns are the keys that differ between runs, those of ``by``, and those of ``Mean``.

    Args:
        payoffs: As ``payoffs`` returns them.
        by: Columns that make a group at each point.
        what: The amount to average, such as ``earned_wei``.
        keys: Keys that are kept apart, if not all: over the others it is averaged.
    """
    apart = [*(keys_of(payoffs, Payoff) if keys is None else keys), *by]
    rows: list[tuple[dict[str, Any], Mean]] = []
    for values, group in groups(payoffs, apart):
        means = per_run(group, what)
        found = estimate(means)
        low, high = found.ends
        rows.append(
            (
                values,
                Mean(
                    runs=found.runs,
                    members=len(group),
                    mean_wei=found.mean,
                    low_wei=low,
                    high_wei=high,
                    least_wei=min(group[what]),
                    most_wei=max(group[what]),
                ),
            )
        )
    return frame_of(Mean, rows)


def per_run(group: pd.DataFrame, what: str = "net_wei") -> list[float]:
    """Return the mean over a group's members in each run."""
    return [fmean(map(float, own[what])) for _, own in groups(group, ["run"])]
