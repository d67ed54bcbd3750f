"""The table ``tasks``: what each initiator asked for, what came of it, and what it cost her."""

from typing import Any

from ..agents import Market, MinedTransaction, Posting
from ..contracts import Credited, CreditReason, Event, ModelState, TaskClosed, TaskPosted, TaskToppedUp

Row = dict[str, Any]
OUTCOMES = {"rewarded": ModelState.REWARDED, "rejected": ModelState.REJECTED, "void": ModelState.VOID}


def task_rows(market: Market, happened: list[tuple[MinedTransaction, Event]]) -> list[Row]:
    """Return a row for each task on the contract, in the order of posting; strangers' have no name.

    ``cost_wei`` is what the contract paid for the task to others than its initiator and her planters.
    """
    own = {planter.address for planter in market.planters}
    postings = {posting.task_id: posting for one in market.initiators for posting in one.postings}
    rows: dict[int, Row] = {}
    for mined, event in happened:
        match event:
            case TaskPosted():
                rows[event.task_id] = _posted(market, mined, event) | _outcomes(market, event.task_id, own)
                rows[event.task_id] |= _integrated(postings.get(event.task_id))
            case TaskToppedUp():
                rows[event.task_id]["escrow_wei"] += event.amount
            case TaskClosed():
                closed = {"closed_time": mined.time, "closed_block": mined.receipt.block}
                rows[event.task_id] |= closed
            case Credited() if event.task_id in rows and event.reason is not CreditReason.REFUND:
                row = rows[event.task_id]
                if event.account not in {row["account"], *own}:
                    row["cost_wei"] += event.amount
            case _:
                pass
    return list(rows.values())


def _posted(market: Market, mined: MinedTransaction, event: TaskPosted) -> Row:
    terms = event.terms
    return {
        "task_id": event.task_id,
        "name": market.book.of(event.task_id).name if market.book.knows(event.task_id) else None,
        "initiator": market.names[event.initiator],
        "account": event.initiator,
        "time": mined.time,
        "block": mined.receipt.block,
        "deadline": market.time + market.seconds_until(terms.deadline),
        "fitness": str(terms.fitness),
        "strategy": market.book.of(event.task_id).strategy,
        "mafr": terms.mafr_bps / 10_000,
        "reward_wei": terms.model_reward_wei,
        "escrow_wei": event.escrow,
        "cost_wei": 0,
    }


def _outcomes(market: Market, task_id: int, planters: set[str]) -> Row:
    models = market.web.tasks[task_id].models
    states = [model.state for model in models if model.contributor not in planters]
    counts = {name: states.count(state) for name, state in OUTCOMES.items()}
    return {"announced": len(states), **counts, "planted": len(models) - len(states)}


def _integrated(posting: Posting | None) -> Row:
    if posting is None or posting.integrated is None:
        return {"integrated_models": []}
    whole = posting.integrated
    return {
        "integrated_time": posting.integrated_at,
        "integrated_cid": whole.cid,
        "integrated_models": list(whole.models),
        "verification_accuracy": whole.verification_accuracy,
        "held_out_accuracy": whole.held_out_accuracy,
        "held_out_images": whole.held_out_images,
    }
