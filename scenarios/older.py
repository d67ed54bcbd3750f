"""Tables that an older version did not write, made of those that it did."""

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from .record import RunRecord


Events = list[dict[Any, Any]]


def tasks_of_one(record: "RunRecord") -> pd.DataFrame:
    """Return the table ``tasks`` of a record whose format knew one task only, as far as it tells."""
    (task,) = record.scenario.task_list
    events = record.table("events").to_dict("records")
    posted, closed, added = (
        [event for event in events if event["event"] == kind]
        for kind in ("TaskPosted", "TaskClosed", "TaskToppedUp")
    )
    people = record.table("participants").set_index("name")
    payments = record.table("payments")
    hers = ("initiator", "planter")
    cost = payments[~payments["reason"].isin(["Refund", "Stake"]) & ~payments["role"].isin(hers)]
    models, whole = record.summary["models"], record.summary["integrated_model"] or {}
    row = {
        "task_id": 1,
        "name": task.name,
        "initiator": task.initiator,
        "account": people.loc[task.initiator, "account"],
        "time": _first(posted, "time"),
        "block": _first(posted, "block"),
        "deadline": float(task.deadline or 0),
        "closed_time": _first(closed, "time"),
        "closed_block": _first(closed, "block"),
        "fitness": task.fitness,
        "strategy": task.strategy,
        "mafr": task.mafr,
        "reward_wei": task.reward,
        "escrow_wei": _sum(posted, "escrow") + _sum(added, "amount"),
        "cost_wei": sum(map(int, cost["amount_wei"])),
        **{key: models.get(key, 0) for key in ("announced", "rewarded", "rejected", "void", "planted")},
        "integrated_cid": whole.get("cid"),
        "integrated_models": whole.get("models", []),
        **{key: whole.get(key) for key in ("verification_accuracy", "held_out_accuracy", "held_out_images")},
    }
    return pd.DataFrame([row])


def _sum(events: Events, amount: str) -> int:
    return sum(json.loads(event["arguments"])[amount] for event in events)


def _first(events: Events, column: str) -> Any:
    return events[0][column] if events else None
