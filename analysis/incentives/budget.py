"""Where an initiator's money went, to the wei."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from ..frames import Keys, OfRun, frame_of
from .source import Sample, Source, samples


@dataclass(frozen=True)
class Budget(OfRun):
    """The account of one task in one run.

    Attributes:
        task: Its name.
        initiator: Who posted it.
        deposited_wei: Its escrow, top-ups included.
        contributors_wei: Rewards of models.
        verifiers_wei: Fees of evaluations.
        oracle_wei: Fees of the oracle's answers.
        planted_wei: Rewards of the initiator's own planted tests.
        returned_wei: What came back to the initiator.
        held_wei: What is still reserved or was not returned, as in a run that was cut off.
        gap_wei: Deposited less all of these: 0 unless a finished run's record is wrong.
    """

    task: str
    initiator: str
    deposited_wei: int
    contributors_wei: int
    verifiers_wei: int
    oracle_wei: int
    planted_wei: int
    returned_wei: int
    held_wei: int
    gap_wei: int


def budgets(source: Source) -> pd.DataFrame:
    """Return a row a task and run, with the columns of ``Budget``; gas is in ``welfare``.

    Args:
        source: A run, several, or the folder of a sweep.

    Raises:
        InputError: It is none of these.
    """
    return frame_of(Budget, (row for sample in samples(source) for row in budget_rows(sample)))


def budget_rows(sample: Sample) -> Iterator[tuple[Keys, Budget]]:
    """Give the rows of one run."""
    planters = {row["name"] for row in sample.rows("participants") if row["role"] == "planter"}
    for task in sample.rows("tasks"):
        own = sample.by("payments", "task_id")[task["task_id"]]
        planted = sum(row["amount_wei"] for row in own if row["name"] in planters)
        by_reason = {
            reason: sum(r["amount_wei"] for r in own if r["reason"] == reason and r["name"] not in planters)
            for reason in ("ModelReward", "VerifierFee", "OracleFee", "Refund")
        }
        left = task["escrow_wei"] - sum(by_reason.values()) - planted
        held = 0 if sample.record.summary["finished"] else left
        yield (
            sample.keys,
            Budget(
                **sample.place,
                task=task["name"] or str(task["task_id"]),
                initiator=task["initiator"],
                deposited_wei=task["escrow_wei"],
                contributors_wei=by_reason["ModelReward"],
                verifiers_wei=by_reason["VerifierFee"],
                oracle_wei=by_reason["OracleFee"],
                planted_wei=planted,
                returned_wei=by_reason["Refund"],
                held_wei=held,
                gap_wei=left - held,
            ),
        )
