"""What a run was worth to its initiator and to everybody, against what it cost."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from ..frames import Keys, OfRun, frame_of
from .payoffs import Payoff, payoff_rows
from .source import Sample, Source, samples

PAYERS = ("initiator", "planter")


@dataclass(frozen=True)
class Welfare(OfRun):
    """One run as a whole.

    Fees and rewards move money from one to another, so they are not in the welfare; what is burnt, stuck or
    paid for gas and work is lost to all.

    Attributes:
        accuracy: Of the first task's integrated model on images that nobody trained or voted on; absent if
            there is none.
        points: Percentage points that integrated models are above guessing, 1 / d for d classes, summed over
            tasks; 0 where nothing was integrated.
        rewarded: Models that were rewarded.
        initiator_cost_wei: What initiators paid: rewards, fees, gas, planted tests.
        wei_per_point: That for each point: an initiator gains if one is worth more. Absent without
            points.
        gas_wei: Everybody's gas, the contract's deployment included.
        work_cost_wei: Everybody's work.
        lost_wei: Bonds burnt and stakes left behind.
        initiator_utility_wei: The points' value less the cost.
        welfare_wei: The points' value less gas, work and what is lost.
    """

    accuracy: float | None
    points: float
    rewarded: int
    initiator_cost_wei: int
    wei_per_point: float | None
    gas_wei: int
    work_cost_wei: int
    lost_wei: int
    initiator_utility_wei: int
    welfare_wei: int


def welfare(source: Source, value_per_point_wei: int = 0) -> pd.DataFrame:
    """Return a row a run, with the columns of ``Welfare``.

    Args:
        source: A run, several, or the folder of a sweep.
        value_per_point_wei: What a percentage point above guessing is worth to an initiator.

    Raises:
        InputError: The source is none of these.
    """
    return frame_of(Welfare, (welfare_row(sample, value_per_point_wei) for sample in samples(source)))


def welfare_row(
    sample: Sample, value_per_point_wei: int = 0, people: Sequence[Payoff] | None = None
) -> tuple[Keys, Welfare]:
    """Return the row of one run; of payoffs that are known already, if they are given."""
    people = people if people is not None else [row for _, row in payoff_rows(sample)]
    payers = [row for row in people if row.role in PAYERS]
    cost = -sum(row.net_wei + row.work_cost_wei for row in payers)
    tasks = [row for row in sample.rows("tasks") if row["name"] is not None]
    accuracies = [row["held_out_accuracy"] for row in tasks]
    guessing = 1 / max(1, _classes(sample))
    points = sum(100 * (one - guessing) for one in accuracies if one is not None)
    gas = sum(row.gas_wei for row in people)
    work = sum(row.work_cost_wei for row in people)
    lost = sum(row.lost_wei for row in people)
    value = round(value_per_point_wei * points)
    return (
        sample.keys,
        Welfare(
            **sample.place,
            accuracy=accuracies[0] if accuracies else None,
            points=points,
            rewarded=sample.record.summary["models"]["rewarded"],
            initiator_cost_wei=cost,
            wei_per_point=cost / points if points > 0 else None,
            gas_wei=gas,
            work_cost_wei=work,
            lost_wei=lost,
            initiator_utility_wei=value - cost,
            welfare_wei=value - gas - work - lost,
        ),
    )


def _classes(sample: Sample) -> int:
    return len({label for row in sample.rows("models") for label in row["labels"]})
