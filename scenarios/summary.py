"""What a run came to, in a few numbers."""

from typing import Any

import pyarrow as pa

from ..agents import Market


def summarise(market: Market, tables: dict[str, pa.Table]) -> dict[str, Any]:
    """Return a finished market's headline figures; amounts are whole wei.

    ``initiator_cost_wei`` is what wallets of initiators and of planted tests' accounts lost: rewards, fees of
    verifiers and oracle, and gas. ``models`` counts contributors' models, and planted tests under ``planted``
    alone; ``burnt_wei`` are bonds that nobody gets any more, ``stranded_wei`` stakes whose owners vanished
    without leaving the pool. ``tasks`` says the same of each task; what cannot be added up, fused accuracies
    and the integrated model, is the first task's.
    """
    models = sorted(tables["models"].to_pylist(), key=lambda row: row["model_id"] or 0)
    seats = tables["evaluations"].to_pylist()
    tasks = [_task(row, models, seats) for row in tables["tasks"].to_pylist() if row["name"] is not None]
    alone = {task["task_id"] for task in tables["tasks"].to_pylist() if task["fitness"] == "standalone"}
    first = tasks[0] if tasks else _NO_TASK
    participants = {row["name"]: row for row in tables["participants"].to_pylist()}
    hers = [row for row in participants.values() if row["role"] in ("initiator", "planter")]
    return {
        "finished": market.is_finished,
        "learning": market.config.learning,
        "simulated_seconds": market.time,
        "blocks": market.chain.block_number - market.first_block,
        "transactions": tables["transactions"].num_rows,
        "failed_transactions": sum(row["status"] == 0 for row in tables["transactions"].to_pylist()),
        "models": _counts(models),
        "mean_local_accuracy": _mean_local(models),
        "mean_standalone_accuracy": _mean_standalone(
            [model for model in models if model["task_id"] in alone], seats
        ),
        "final_fused_accuracy_I": first["final_fused_accuracy_I"],
        "final_fused_accuracy_II": first["final_fused_accuracy_II"],
        "initiator_cost_wei": int(sum(row["balance_start_wei"] - row["balance_end_wei"] for row in hers)),
        "fees_wei": int(sum(row["fees_wei"] for row in participants.values())),
        "staked_wei": int(sum(row["staked_wei"] for row in participants.values())),
        "burnt_wei": int(sum(row["burnt_wei"] for row in participants.values())),
        "stranded_wei": market.stranded_wei,
        "contract_balance_end_wei": market.chain.balance(market.contract.address),
        "contract": market.contract.address,
        "integrated_model": first["integrated_model"],
        "tasks": tasks,
    }


_NO_TASK = dict.fromkeys(("final_fused_accuracy_I", "final_fused_accuracy_II", "integrated_model"))
Rows = list[dict[str, Any]]


def _task(task: dict[str, Any], everybodys: Rows, seats: Rows) -> dict[str, Any]:
    models = [row for row in everybodys if row["task_id"] == task["task_id"]]
    own = [row for row in models if not row["planted"]]
    is_alone = task["fitness"] == "standalone"
    return {
        "task_id": task["task_id"],
        "name": task["name"],
        "initiator": task["initiator"],
        "models": _counts(models),
        "mean_local_accuracy": _mean_local(models),
        "mean_standalone_accuracy": _mean_standalone(models, seats) if is_alone else None,
        "final_fused_accuracy_I": _last([row["fused_accuracy_I"] for row in own]),
        "final_fused_accuracy_II": _last([row["fused_accuracy_II"] for row in own]),
        "cost_wei": int(task["cost_wei"]),
        "integrated_model": None
        if task["integrated_cid"] is None
        else {
            "cid": task["integrated_cid"],
            "models": task["integrated_models"],
            "strategy": task["strategy"],
            "verification_accuracy": task["verification_accuracy"],
            "held_out_accuracy": task["held_out_accuracy"],
            "held_out_images": task["held_out_images"],
        },
    }


def _counts(models: Rows) -> dict[str, int]:
    own = [row for row in models if not row["planted"]]
    outcomes = [row["outcome"] for row in own if row["announced"]]
    return {
        "trained": sum(not row["reused"] for row in own),
        "announced": len(outcomes),
        "rewarded": outcomes.count("Rewarded"),
        "rejected": outcomes.count("Rejected"),
        "void": outcomes.count("Void"),
        "never_announced": len(own) - len(outcomes),
        "planted": len(models) - len(own),
    }


def _mean_local(models: Rows) -> float | None:
    """Return the mean of contributors' own accuracies, each training counted once."""
    own = [row["local_accuracy"] for row in models if not row["planted"] and not row["reused"]]
    return _mean([accuracy for accuracy in own if accuracy is not None])


def _mean_standalone(models: Rows, seats: Rows) -> float | None:
    """Return the mean of what panels measured of contributors' models alone, where tasks ask for that."""
    own = {row["model_id"] for row in models if not row["planted"]}
    return _mean(
        [
            row["fitness_bps"] / 10_000
            for row in seats
            if row["fitness_bps"] is not None and row["model_id"] in own
        ]
    )


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _last(values: list[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    return found[-1] if found else None
