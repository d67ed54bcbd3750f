"""What everybody gained by taking part, to the wei."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from ..frames import Keys, OfRun, frame_of
from ..rows import Row
from .source import Sample, Source, samples

HONEST = "honest"
WORK = ("ModelReward", "VerifierFee", "OracleFee")
"""Reasons of payments that are earned; the others give back what was deposited."""


@dataclass(frozen=True)
class Payoff(OfRun):
    """One participant in one run; two roles of one account are one participant.

    ``net_wei`` is earned − outlay − lost − gas − work cost + side, which is also how much the wallet changed,
    with what the contract still owes and without what the work cost.

    Attributes:
        name: The participant's name in the scenario.
        role: ``initiator``, ``contributor``, ``verifier``, ``oracle``, ``planter`` or ``platform``;
            ``contributor and verifier`` for who plays both.
        group: Her name without its number.
        behaviour: How she behaves; ``honest`` in records that do not say.
        earned_wei: Rewards and fees that the contract credited.
        outlay_wei: What she deposited for tasks less what came back of it.
        lost_wei: What she staked less what came back: burnt bonds, and stakes still in the pool at the end.
        gas_wei: Gas that she paid for.
        work_cost_wei: What her training and measuring cost by ``[costs]``.
        side_wei: What came from others less what went to others past the contract.
        net_wei: All of it together.
        work_seconds: Simulated seconds of training and measuring; absent in old records.
        announced: Models that she announced.
        rewarded: Those that were rewarded.
        seats: Seats that she was drawn for.
        counted: Her evaluations that the contract counted.
    """

    name: str
    role: str
    group: str
    behaviour: str
    earned_wei: int
    outlay_wei: int
    lost_wei: int
    gas_wei: int
    work_cost_wei: int
    side_wei: int
    net_wei: int
    work_seconds: float | None
    announced: int
    rewarded: int
    seats: int
    counted: int


def payoffs(source: Source) -> pd.DataFrame:
    """Return a row a participant and run, with the columns of ``Payoff``.

    Args:
        source: A run, several, or the folder of a sweep; runs are read one after the other.

    Raises:
        InputError: It is none of these.
    """
    return frame_of(Payoff, (row for sample in samples(source) for row in payoff_rows(sample)))


def payoff_rows(sample: Sample) -> Iterator[tuple[Keys, Payoff]]:
    """Give the rows of one run."""
    contract = sample.record.summary["contract"]
    for person in sample.rows("participants"):
        account, name = person["account"], person["name"]
        paid = sample.by("payments", "account")[account]
        sent = [row for row in sample.by("transactions", "sender")[account] if row["status"] == 1]
        got = [row for row in sample.by("transactions", "to")[account] if row["status"] == 1]
        deposited = sum(row["value_wei"] for row in sent if row["to"] == contract)
        given = sum(row["value_wei"] for row in sent if row["to"] not in (contract, None))
        received = sum(row["value_wei"] for row in got)
        staked = person["staked_wei"] or 0
        earned = _sum(paid, *WORK)
        outlay = deposited - staked - _sum(paid, "Refund")
        lost = staked - _sum(paid, "Stake")
        gas, work, side = person["fees_wei"], person["work_cost_wei"] or 0, received - given
        models = [row for row in sample.by("models", "contributor")[name] if row["announced"]]
        seats = sample.by("evaluations", "verifier")[name]
        yield (
            sample.keys,
            Payoff(
                **sample.place,
                name=name,
                role=person["role"],
                group=group_of(name),
                behaviour=behaviour_of(person),
                earned_wei=earned,
                outlay_wei=outlay,
                lost_wei=lost,
                gas_wei=gas,
                work_cost_wei=work,
                side_wei=side,
                net_wei=earned - outlay - lost - gas - work + side,
                work_seconds=person["work_seconds"],
                announced=len(models),
                rewarded=sum(row["outcome"] == "Rewarded" for row in models),
                seats=len(seats),
                counted=sum(row["counted"] for row in seats),
            ),
        )


def behaviour_of(person: Row) -> str:
    """Return how a participant behaves; older records know honest ones only."""
    return person.get("behaviour") or HONEST


def group_of(name: str) -> str:
    """Return a name without its number: ``visitor`` of ``visitor-3``."""
    return re.sub(r"-\d+$", "", name)


def _sum(payments: list[Row], *reasons: str) -> int:
    return sum(row["amount_wei"] for row in payments if row["reason"] in reasons)
