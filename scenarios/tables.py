"""A finished market as tables: one row per participant, model, evaluation, payment, transaction, event.

Every amount is in wei (decimal, exact), every row has the simulated second and the block it belongs to, and
people are named as in the scenario beside their addresses. ``meanings.py`` describes each column.
"""

import json
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

from ..agents import Market, Measurement, MinedTransaction
from ..agents.behaviours import HONEST
from ..contracts import (
    COPY,
    UNREADABLE,
    Access,
    Credited,
    CreditReason,
    EvaluationCommitted,
    EvaluationCounted,
    Event,
    KeyReleased,
    ModelAnnounced,
    ModelSettled,
    PanelDrawn,
    PlantRevealed,
    PoolJoined,
    SeatSettled,
)
from .columns import SCHEMAS
from .task_rows import task_rows

Row = dict[str, Any]
EARNS = {
    CreditReason.MODEL_REWARD: "contributor",
    CreditReason.VERIFIER_FEE: "verifier",
    CreditReason.STAKE: "verifier",
    CreditReason.ORACLE_FEE: "oracle",
    CreditReason.REFUND: "initiator",
}
"""The role that each kind of payment is for."""


def tabulate(market: Market) -> dict[str, pa.Table]:
    """Return a finished market's tables by name, with the columns of ``SCHEMAS``."""
    happened = [(mined, event) for mined in market.mined for event in mined.events]
    rows = {
        "tasks": task_rows(market, happened),
        "participants": _participants(market, happened),
        "models": _models(market, happened),
        "evaluations": _evaluations(market, happened),
        "payments": _payments(market, happened),
        "transactions": _transactions(market),
        "events": _events(market),
        "presence": _presence(market),
        "timeline": [{**vars(entry)} for entry in market.journal.diary],
    }
    return {
        name: pa.Table.from_pylist(rows[name], schema=pa.schema(list(SCHEMAS[name].items())))
        for name in SCHEMAS
    }


Happened = list[tuple[MinedTransaction, Event]]
Seat = tuple[int, str]


def _participants(market: Market, happened: Happened) -> list[Row]:
    agents = {name: [one for one in market.participants if one.name == name] for name in market.accounts}
    rows = []
    for name, account in market.accounts.items():
        work = sum(agent.work_seconds for agent in agents[name])
        sent = [mined.receipt for mined in market.mined if mined.receipt.transaction.sender == account]
        credited = [
            event.amount
            for _, event in happened
            if isinstance(event, Credited) and event.account == account.address
        ]
        rows.append(
            {
                "account": account.address,
                "role": " and ".join(sorted(agent.role for agent in agents[name])) or name,
                "name": name,
                "time": market.time,
                "block": market.chain.block_number,
                "balance_start_wei": market.start_balances[name],
                "balance_end_wei": market.chain.balance(account.address),
                "credited_wei": sum(credited),
                "staked_wei": sum(
                    event.stake
                    for _, event in happened
                    if isinstance(event, PoolJoined) and event.account == account.address
                ),
                "burnt_wei": sum(
                    event.burnt
                    for _, event in happened
                    if isinstance(event, SeatSettled) and event.verifier == account.address
                ),
                "fees_wei": sum(receipt.fee_wei for receipt in sent),
                "transactions": len(sent),
                "calldata_bytes": sum(len(receipt.transaction.data) for receipt in sent),
                "stored_bytes": sum(agent.stored_bytes for agent in agents[name]),
                "work_seconds": work,
                "work_cost_wei": sum(agent.work_wei for agent in agents[name]),
                "behaviour": _in_all_roles([agent.behaviour_name for agent in agents[name]]),
            }
        )
    return rows


def _in_all_roles(behaviours: Sequence[str]) -> str:
    """Return how somebody behaves, who may have two roles and behave differently in each."""
    return " and ".join(dict.fromkeys(behaviours)) or HONEST


def _presence(market: Market) -> list[Row]:
    return [
        {
            "name": visit.name,
            "role": visit.role,
            "visit": visit.number,
            "arrived": visit.arrived,
            "left": visit.left,
            "reason": visit.reason,
            "doing": visit.doing,
            "time": visit.arrived if visit.left is None else visit.left,
            "block": visit.block if visit.left_block is None else visit.left_block,
        }
        for visit in market.journal.visits
    ]


def _models(market: Market, happened: Happened) -> list[Row]:
    announced = {
        (event.task_id, event.contributor): (mined, event)
        for mined, event in happened
        if isinstance(event, ModelAnnounced)
    }
    fates: dict[int, Happened] = {}
    for mined, event in happened:
        fates.setdefault(getattr(event, "model_id", 0), []).append((mined, event))
    rows = []
    for training in sorted(market.journal.trainings, key=lambda one: one.cut or one.finished):
        account = market.accounts[training.contributor].address
        is_whole = training.cut is None
        announcement = announced.get((training.task_id, account)) if is_whole else None
        end = training.finished if training.cut is None else training.cut
        is_known = is_whole and training.finished <= market.time
        row: Row = {
            "task_id": training.task_id,
            "contributor": training.contributor,
            "account": account,
            "labels": list(training.labels),
            "network": training.network,
            "iterations": training.iterations,
            "epochs": training.epochs,
            "training_started": training.started,
            "training_finished": training.finished,
            "training_cut": training.cut,
            "reused": training.reused,
            "test_accuracy": training.test_accuracy if is_known else None,
            "local_accuracy": training.local_accuracy if is_known else None,
            "claimed_accuracy": training.claimed_accuracy if is_known else None,
            "epsilon": training.epsilon,
            "delta": training.delta,
            "announced": announcement is not None,
            "time": min(end, market.time),
            "block": _block_at(market, end),
            "planted": False,
        }
        if announcement is not None:
            row |= _fate(market, *announcement, fates)
        rows.append(row)
    (first, *_) = market.specs.values()
    for planter in market.planters:
        for (_, account), announcement in announced.items():
            if account == planter.address:
                row = {"contributor": planter.name, "account": account, "announced": True}
                row |= {"labels": list(range(first.classes)), "planted": True}
                rows.append(row | _fate(market, *announcement, fates))
    return rows


def _fate(
    market: Market, announcement: MinedTransaction, model: ModelAnnounced, fates: dict[int, Happened]
) -> Row:
    """Return what the contract's events tell of an announced model."""
    row: Row = {
        "model_id": model.model_id,
        "task_id": model.task_id,
        "cid": model.cid,
        "fingerprint": "0x" + model.fingerprint.hex(),
        "sealed": market.web.tasks[model.task_id].posted.terms.access is not Access.PUBLIC,
        "time": announcement.time,
        "block": announcement.receipt.block,
    }
    row |= {f"fused_accuracy_{s}": _mean_accuracy(market, model.model_id, s) for s in ("I", "II")}
    for mined, event in fates[model.model_id]:
        match event:
            case PanelDrawn():
                row["fused_models"] = event.base_count + 1
            case ModelSettled():
                row |= {"reports": event.reports, "passes": event.passes, "outcome": str(event.outcome)}
                row |= {"settled_time": mined.time, "settled_block": mined.receipt.block}
            case KeyReleased():
                row.setdefault("key_released_time", mined.time)
            case PlantRevealed():
                row |= {"plant_bps": event.plant_bps, "plant_agreed": event.agreed}
            case _:
                pass
    return row


def _evaluations(market: Market, happened: Happened) -> list[Row]:
    """Return a row for each seat, in the order of draws; what became of it is found by model and account."""
    counted: dict[Seat, tuple[MinedTransaction, EvaluationCounted]] = {}
    committed: dict[Seat, float] = {}
    settled: dict[Seat, SeatSettled] = {}
    for mined, event in happened:
        match event:
            case EvaluationCounted():
                counted[event.model_id, event.verifier] = mined, event
            case EvaluationCommitted():
                committed[event.model_id, event.verifier] = mined.time
            case SeatSettled():
                settled[event.model_id, event.verifier] = event
            case _:
                pass
    measured: dict[tuple[int, str], list[Measurement]] = {}
    for measurement in market.journal.measurements:
        measured.setdefault((measurement.model_id, measurement.verifier), []).append(measurement)
    rows = []
    for mined, drawn in happened:
        if not isinstance(drawn, PanelDrawn):
            continue
        contributor = market.names[market.web.models[drawn.model_id].contributor]
        for account in drawn.panel:
            seat = (drawn.model_id, account)
            row: Row = {
                "model_id": drawn.model_id,
                "task_id": drawn.task_id,
                "contributor": contributor,
                "verifier": market.names[account],
                "account": account,
                "time": mined.time,
                "block": mined.receipt.block,
                "fused_models": drawn.base_count + 1,
                "counted": seat in counted,
            }
            for measurement in measured.get((drawn.model_id, market.names[account]), []):
                row[f"fused_accuracy_{measurement.strategy}"] = measurement.accuracy
            if seat in committed:
                row["committed_time"] = committed[seat]
            if seat in counted:
                tally, event = counted[seat]
                row |= {"time": tally.time, "block": tally.receipt.block, "passed": event.passed}
                row |= _said(market, event)
            if seat in settled:
                end = settled[seat]
                row |= {"seat_outcome": str(end.outcome), "bond_burnt_wei": end.burnt}
            rows.append(row)
    return rows


def _said(market: Market, event: EvaluationCounted) -> Row:
    """Return what a counted evaluation says; the numbers that stand for words do not get into a column."""
    if event.fitness_bps == UNREADABLE:
        return {"verdict": "unreadable"}
    if event.fitness_bps == COPY:
        models = market.web.tasks[market.web.models[event.model_id].task_id].models
        original = [model.model_id for model in models if model.index == event.reference_bps]
        return {"verdict": "copy", "copy_of": original[0] if original else None}
    bps = {"fitness_bps": event.fitness_bps, "reference_bps": event.reference_bps}
    return {"verdict": "measured"} | bps


def _payments(market: Market, happened: Happened) -> list[Row]:
    roles: dict[str, list[str]] = {}
    for agent in market.participants:
        roles.setdefault(agent.address, []).append(agent.role)

    def role(event: Credited) -> str:
        """Who has two roles is paid for the one that earns."""
        own = roles.get(event.account, ["stranger"])
        return own[0] if len(own) == 1 else EARNS[event.reason]

    return [
        {
            "account": event.account,
            "name": market.names[event.account],
            "role": role(event),
            "amount_wei": event.amount,
            "reason": str(event.reason),
            "task_id": event.task_id,
            "model_id": event.model_id or None,
            "time": mined.time,
            "block": mined.receipt.block,
        }
        for mined, event in happened
        if isinstance(event, Credited)
    ]


def _transactions(market: Market) -> list[Row]:
    return [
        {
            "hash": "0x" + receipt.tx_hash.hex(),
            "time": mined.time,
            "block": receipt.block,
            "index": receipt.index,
            "sender": receipt.transaction.sender.address,
            "sender_name": receipt.transaction.sender.name,
            "to": receipt.transaction.to,
            "function": receipt.transaction.function,
            "value_wei": receipt.transaction.value_wei,
            "gas_used": receipt.gas_used,
            "gas_price_wei": receipt.gas_price_wei,
            "fee_wei": receipt.fee_wei,
            "status": int(receipt.succeeded),
            "error": str(mined.error) if mined.error else None,
        }
        for mined in market.mined
        for receipt in [mined.receipt]
    ]


def _events(market: Market) -> list[Row]:
    return [
        {
            "time": mined.time,
            "block": mined.receipt.block,
            "transaction_index": mined.receipt.index,
            "log_index": place,
            "event": type(event).__name__,
            "task_id": getattr(event, "task_id", None),
            "model_id": getattr(event, "model_id", None),
            "arguments": json.dumps(plain(event), sort_keys=True),
        }
        for mined in market.mined
        for place, event in enumerate(mined.events)
    ]


def plain(value: Any) -> Any:
    """Return a dataclass, or what stands in one, as JSON can hold it: bytes as hex, wei as exact integers."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Decimal):
        return int(value)
    return value


def _mean_accuracy(market: Market, model_id: int, strategy: str) -> float | None:
    found = [
        one.accuracy
        for one in market.journal.measurements
        if one.model_id == model_id and one.strategy == strategy
    ]
    return sum(found) / len(found) if found else None


def _block_at(market: Market, time: float) -> int:
    blocks = [mined.receipt.block for mined in market.mined if mined.time <= time]
    return max(blocks, default=0)
