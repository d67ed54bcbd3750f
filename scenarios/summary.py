"""What a run came to, in a few numbers."""

from typing import Any

import pyarrow as pa

from ..agents import Market


def summarise(market: Market, tables: dict[str, pa.Table]) -> dict[str, Any]:
    """Return a finished market's headline figures; amounts are whole wei.

    ``initiator_cost_wei`` is what her wallet and those of her planted tests' accounts lost: rewards, fees of
    verifiers and oracle, and gas. ``models`` counts contributors' models, and planted tests under ``planted``
    alone; ``burnt_wei`` are bonds that nobody gets any more, ``stranded_wei`` stakes whose owners vanished
    without leaving the pool.
    """
    everything = sorted(tables["models"].to_pylist(), key=lambda row: row["model_id"] or 0)
    models = [row for row in everything if not row["planted"]]
    participants = {row["name"]: row for row in tables["participants"].to_pylist()}
    integrated = market.initiator.integrated
    hers = [row for row in participants.values() if row["role"] in ("initiator", "planter")]
    outcomes = [row["outcome"] for row in models if row["announced"]]
    return {
        "finished": market.is_finished,
        "simulated_seconds": market.time,
        "blocks": market.chain.block_number - market.first_block,
        "transactions": tables["transactions"].num_rows,
        "failed_transactions": sum(row["status"] == 0 for row in tables["transactions"].to_pylist()),
        "models": {
            "trained": len(models),
            "announced": len(outcomes),
            "rewarded": outcomes.count("Rewarded"),
            "rejected": outcomes.count("Rejected"),
            "void": outcomes.count("Void"),
            "never_announced": len(models) - len(outcomes),
            "planted": len(everything) - len(models),
        },
        "mean_local_accuracy": _mean(
            [row["local_accuracy"] for row in models if row["local_accuracy"] is not None]
        ),
        "mean_standalone_accuracy": _mean_standalone(market, models, tables["evaluations"].to_pylist()),
        "final_fused_accuracy_I": _last([row["fused_accuracy_I"] for row in models]),
        "final_fused_accuracy_II": _last([row["fused_accuracy_II"] for row in models]),
        "initiator_cost_wei": int(sum(row["balance_start_wei"] - row["balance_end_wei"] for row in hers)),
        "fees_wei": int(sum(row["fees_wei"] for row in participants.values())),
        "staked_wei": int(sum(row["staked_wei"] for row in participants.values())),
        "burnt_wei": int(sum(row["burnt_wei"] for row in participants.values())),
        "stranded_wei": market.stranded_wei,
        "contract_balance_end_wei": market.chain.balance(market.contract.address),
        "contract": market.contract.address,
        "integrated_model": integrated
        and {
            "cid": integrated.cid,
            "models": list(integrated.models),
            "strategy": integrated.strategy,
            "verification_accuracy": integrated.verification_accuracy,
            "held_out_accuracy": integrated.held_out_accuracy,
            "held_out_images": integrated.held_out_images,
        },
    }


def _mean_standalone(
    market: Market, models: list[dict[str, Any]], seats: list[dict[str, Any]]
) -> float | None:
    """Return the mean of what panels measured of contributors' models alone, where tasks ask for that."""
    if market.config.task.fitness != "standalone":
        return None
    own = {row["model_id"] for row in models}
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
