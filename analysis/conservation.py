"""No wei comes from nowhere: payments recomputed from events, balances from the chain's rules."""

from dataclasses import dataclass

import pandas as pd

from ..scenarios import RunRecord
from .rows import Row, events, rows

PAID_IN = ("TaskPosted", "TaskToppedUp")


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

    Columns, all exact wei: ``account``, ``name``, ``escrow_wei`` (posted and topped up), ``credited_wei``,
    ``withdrawn_wei``, ``owed_wei`` (credited and not withdrawn when the run ended).
    """
    happened = events(record)
    table = []
    for person in rows(record, "participants"):
        account = person["account"]
        escrow = sum(_paid_in(event) for event in happened if _payer(event) == account)
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
                "credited_wei": credited,
                "withdrawn_wei": withdrawn,
                "owed_wei": credited - withdrawn,
            }
        )
    return pd.DataFrame(table, dtype=object)


def check_conservation(record: RunRecord) -> list[Discrepancy]:
    """Check to the wei that money moved as the record says and that only gas left the market.

    For every account: end = start + withdrawn − escrow − fees, and the same sums appear in ``participants``
    and ``payments``. For the contract: what it holds = paid in − withdrawn. For all together: start = end +
    contract + fees.

    Returns:
        Every sum that does not come out; an empty list when all do.
    """
    people = rows(record, "participants")
    transactions = rows(record, "transactions")
    payments = rows(record, "payments")
    sums = {row["name"]: row for row in recompute_payments(record).to_dict("records")}
    fees = {person["name"]: _fees(person, transactions) for person in people}

    found = []
    for person in people:
        name, own = person["name"], sums[person["name"]]
        end = person["balance_start_wei"] + own["withdrawn_wei"] - own["escrow_wei"] - fees[name]
        paid = sum(row["amount_wei"] for row in payments if row["account"] == person["account"])
        sent = [row for row in transactions if row["sender"] == person["account"]]
        value = sum(row["value_wei"] for row in sent if row["status"] == 1)
        found += [
            Discrepancy(f"balance of {name}", end, person["balance_end_wei"]),
            Discrepancy(f"credits of {name}", own["credited_wei"], person["credited_wei"]),
            Discrepancy(f"payments to {name}", own["credited_wei"], paid),
            Discrepancy(f"ether sent by {name}", own["escrow_wei"], value),
            Discrepancy(f"fees of {name}", sum(row["fee_wei"] for row in sent), person["fees_wei"]),
        ]
    held = sum(own["escrow_wei"] - own["withdrawn_wei"] for own in sums.values())
    recorded = record.summary["contract_balance_end_wei"]
    found.append(Discrepancy("balance of the contract", held, recorded))
    start = sum(person["balance_start_wei"] for person in people)
    end = sum(person["balance_end_wei"] for person in people)
    found.append(Discrepancy("all ether", start, end + recorded + sum(fees.values())))
    return [one for one in found if one.expected_wei != one.recorded_wei]


def _fees(person: Row, transactions: list[Row]) -> int:
    sent = [row for row in transactions if row["sender"] == person["account"]]
    return sum(row["gas_used"] * row["gas_price_wei"] for row in sent)


def _payer(event: Row) -> str | None:
    return event.get("initiator" if event["event"] == "TaskPosted" else "by") if _paid_in(event) else None


def _paid_in(event: Row) -> int:
    if event["event"] not in PAID_IN:
        return 0
    return event["escrow" if event["event"] == "TaskPosted" else "amount"]
