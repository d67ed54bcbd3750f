"""No wei comes from nowhere: payments recomputed from events, balances from the chain's rules."""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from ..scenarios import RunRecord
from .rows import Row, events, rows

PAID_IN = {
    "TaskPosted": ("initiator", "escrow"),
    "TaskToppedUp": ("by", "amount"),
    "PoolJoined": ("account", "stake"),
}
"""Events that tell of ether sent along: whose it is, and how much."""

ENDS = ("sender", "to")
"""The columns of a transfer that say from whom and to whom it goes."""


@dataclass(frozen=True)
class Discrepancy:
    """A sum that does not come out: what it is about, what it must be and what the record says, in wei."""

    what: str
    expected_wei: int
    recorded_wei: int

    def __str__(self) -> str:
        off = self.recorded_wei - self.expected_wei
        return f"{self.what}: {self.expected_wei} wei expected, {self.recorded_wei} recorded ({off:+d})"


def recompute_payments(record: RunRecord) -> pd.DataFrame:
    """Return what every account put in, was owed and took out, from the contract's events alone.

    Columns, all exact wei: ``account``, ``name``, ``escrow_wei`` (posted and topped up), ``staked_wei``
    (deposited on joining the pool), ``burnt_wei`` (lost of that), ``credited_wei``, ``withdrawn_wei``,
    ``owed_wei`` (credited and not withdrawn when the run ended).
    """
    happened = events(record)
    table = []
    for person in rows(record, "participants"):
        account = person["account"]
        escrow = _sum(happened, account, "TaskPosted") + _sum(happened, account, "TaskToppedUp")
        credited, withdrawn = (
            sum(
                event["amount"]
                for event in happened
                if event["event"] == kind and event["account"] == account
            )
            for kind in ("Credited", "Withdrawn")
        )
        table.append(
            {
                "account": account,
                "name": person["name"],
                "escrow_wei": escrow,
                "staked_wei": _sum(happened, account, "PoolJoined"),
                "burnt_wei": sum(
                    event["burnt"]
                    for event in happened
                    if event["event"] == "SeatSettled" and event["verifier"] == account
                ),
                "credited_wei": credited,
                "withdrawn_wei": withdrawn,
                "owed_wei": credited - withdrawn,
            }
        )
    return pd.DataFrame(table, dtype=object)


def check_conservation(record: RunRecord) -> list[Discrepancy]:
    """Check to the wei that money moved as the record says and that only gas left the market.

    For every account: end = start + withdrawn − escrow − stake − fees, and what went from wallet to wallet;
    the same sums appear in ``participants`` and ``payments``; no more of a stake comes back than was not
    burnt. For the contract: what it holds = paid in − withdrawn, and when the market finished, that is what
    was burnt, and the stakes of those who vanished without leaving the pool, and nothing else; then each
    task's escrow = what was paid and given back for it. For all together: start = end + contract + fees.

    Returns:
        Every sum that does not come out; an empty list when all do.
    """
    people, happened = rows(record, "participants"), events(record)
    transactions = rows(record, "transactions")
    accounts = {person["account"] for person in people}
    transfers = [row for row in transactions if row["status"] == 1 and row["to"] in accounts]
    payments = rows(record, "payments")
    sums = {row["name"]: row for row in recompute_payments(record).to_dict("records")}
    fees = {person["name"]: _fees(person, transactions) for person in people}

    found = []
    for person in people:
        name, own = person["name"], sums[person["name"]]
        paid_in = own["escrow_wei"] + own["staked_wei"]
        given, got = (_value(row for row in transfers if row[at] == person["account"]) for at in ENDS)
        end = person["balance_start_wei"] + own["withdrawn_wei"] - paid_in - fees[name] - given + got
        mine = [row for row in payments if row["account"] == person["account"]]
        paid = sum(row["amount_wei"] for row in mine)
        back = sum(row["amount_wei"] for row in mine if row["reason"] == "Stake")
        free = own["staked_wei"] - own["burnt_wei"]
        sent = [row for row in transactions if row["sender"] == person["account"]]
        value = _value(row for row in sent if row["status"] == 1)
        found += [
            Discrepancy(f"balance of {name}", end, person["balance_end_wei"]),
            Discrepancy(f"credits of {name}", own["credited_wei"], person["credited_wei"]),
            Discrepancy(f"payments to {name}", own["credited_wei"], paid),
            Discrepancy(f"ether sent by {name}", paid_in + given, value),
            Discrepancy(f"stake given back to {name}", min(back, free), back),
            Discrepancy(f"bonds burnt of {name}", own["burnt_wei"], person["burnt_wei"] or 0),
            Discrepancy(f"fees of {name}", sum(row["fee_wei"] for row in sent), person["fees_wei"]),
        ]
    held = sum(own["escrow_wei"] + own["staked_wei"] - own["withdrawn_wei"] for own in sums.values())
    recorded = record.summary["contract_balance_end_wei"]
    found.append(Discrepancy("balance of the contract", held, recorded))
    if record.summary["finished"]:
        burnt = sum(own["burnt_wei"] for own in sums.values())
        stranded = sum(_stranded(happened, person["account"]) for person in people)
        found += [
            Discrepancy("what is burnt or stranded in the contract", burnt + stranded, recorded),
            Discrepancy("stakes of who vanished", stranded, record.summary.get("stranded_wei", 0)),
        ]
        for task in rows(record, "tasks"):
            given = sum(row["amount_wei"] for row in payments if row["task_id"] == task["task_id"])
            which = f"the escrow of task {task['name'] or task['task_id']}"
            found.append(Discrepancy(f"what {which} paid and gave back", task["escrow_wei"], given))
    start = sum(person["balance_start_wei"] for person in people)
    end = sum(person["balance_end_wei"] for person in people)
    found.append(Discrepancy("all ether", start, end + recorded + sum(fees.values())))
    return [one for one in found if one.expected_wei != one.recorded_wei]


def _fees(person: Row, transactions: list[Row]) -> int:
    sent = [row for row in transactions if row["sender"] == person["account"]]
    return sum(row["gas_used"] * row["gas_price_wei"] for row in sent)


def _value(transactions: Iterable[Row]) -> int:
    return sum(row["value_wei"] for row in transactions)


def _stranded(happened: list[Row], account: str) -> int:
    """Return what is left of the stakes of somebody who did not leave a slot of the pool that she joined."""
    own = [event for event in happened if event.get("account") == account]
    joined = {event["slot"]: event.get("stake", 0) for event in own if event["event"] == "PoolJoined"}
    if joined.keys() == {event["slot"] for event in own if event["event"] == "PoolLeft"}:
        return 0
    burnt = sum(
        event["burnt"]
        for event in happened
        if event["event"] == "SeatSettled" and event["verifier"] == account
    )
    back = sum(event["amount"] for event in own if event["event"] == "StakeReclaimed")
    return sum(joined.values()) - burnt - back


def _sum(happened: list[Row], account: str, kind: str) -> int:
    whose, amount = PAID_IN[kind]
    # Older records know no stakes.
    return sum(
        event.get(amount, 0) for event in happened if event["event"] == kind and event[whose] == account
    )
