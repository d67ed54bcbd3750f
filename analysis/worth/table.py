"""What each model of a run is worth beside what its contributor was paid."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...errors import InputError
from ...learning import Workbench
from ...scenarios import RunRecord
from ..rows import Row, rows
from .fused import LISTED_PLAYERS, Empty, FusedModels, Tell, Utility, fused_game, sample_fused
from .margins import arrival_marginals, leave_one_out
from .recorded import Which, recorded_models
from .semivalues import banzhaf, shapley

ORDERS = 100
"""Orders of arrival that are drawn for more than ``LISTED_PLAYERS`` models, unless others are asked for."""


def values(
    record: RunRecord,
    *,
    task: str | None = None,
    models: Which = "announced",
    utility: Utility = "accuracy",
    empty: Empty = "uniform",
    permutations: int | None = None,
    tolerance: float | None = None,
    seed: int = 0,
    heads: int = 1,
    workbench: Workbench | None = None,
    tell: Tell | None = None,
) -> pd.DataFrame:
    """Return what each model is worth by itself and to others, independently of any vote, and what it earned.

    v(S), the worth of a coalition S of models, is what their fusion tells of the images that nobody trained
    or voted on. Up to a dozen models every coalition is measured; beyond that, or where ``permutations`` asks
    for it, values are estimated from random orders of arrival.

    Columns, a row per model in the order of announcement: ``contributor``; ``model_id``; ``outcome``
    (``Rewarded``, ``Rejected``, ``Void``, or absent); ``shapley``, ``banzhaf``, ``leave_one_out`` and
    ``arrival_marginal`` (what it added to the models announced before it), in units of worth: fractions of
    the images, or nats; ``standard_error`` and ``banzhaf_standard_error``, what the drawing of orders leaves
    uncertain, 0 where every coalition was measured; ``paid_wei``, the model's reward; ``paid_share`` of what
    these models were paid, absent if that is nothing; ``shapley_share`` of the surplus v(all) - v(nobody),
    absent if that is nothing.

    ``frame.attrs`` tells the rest: ``worth_of_nobody``, ``worth_of_all``, ``utility``, ``empty``, ``images``
    measured on, ``coalitions`` measured, ``permutations`` drawn (0 if none were), and ``unreadable``, the
    numbers of the models that nobody can rebuild, which are worth nothing.

    Args:
        record: The run, with real learning.
        task: The task's name; absent, the first.
        models: Whether the ``announced`` models play or the ``rewarded`` ones alone.
        utility: ``accuracy``, or ``log_loss``.
        empty: What nobody is worth: ``uniform``, all labels equally likely, or ``commonest``, their shares
            among the images known.
        permutations: How many orders to draw, an even number from 4; absent, as many as are needed: none up
            to 12 models, 100 beyond.
        tolerance: Of orders that are cut off; see ``sample_values``.
        seed: Of the orders.
        heads: How many fusion heads each coalition gets; its worth is their mean.
        workbench: Where heads are fitted; absent, one of its own.
        tell: Told now and then how far it is.

    Raises:
        InputError: The run trained nothing or announced nothing, or an argument is not usable.
    """
    players, announced = recorded_models(
        record, task=task, which=models, utility=utility, empty=empty, heads=heads
    )
    if permutations is None and len(announced) > LISTED_PLAYERS:
        permutations = ORDERS
    if permutations is None and tolerance is not None:
        raise InputError("tolerance", tolerance, "none where every coalition is measured: draw permutations")
    if workbench is None:
        with Workbench() as bench:
            found = _found(players, bench, permutations, tolerance, seed, tell)
    else:
        found = _found(players, workbench, permutations, tolerance, seed, tell)
    frame = _frame(found, announced, _paid(record))
    frame.attrs = {
        "worth_of_nobody": found.nobody,
        "worth_of_all": found.everybody,
        "utility": utility,
        "empty": empty,
        "images": len(players.samples),
        "coalitions": found.coalitions,
        "permutations": permutations or 0,
        "unreadable": [
            row["model_id"] for row, fits in zip(announced, players.readable, strict=True) if not fits
        ],
    }
    return frame


@dataclass(frozen=True, eq=False)
class _Found:
    columns: dict[str, np.ndarray]
    nobody: float
    everybody: float
    coalitions: int


def _found(
    players: FusedModels,
    bench: Workbench,
    permutations: int | None,
    tolerance: float | None,
    seed: int,
    tell: Tell | None,
) -> _Found:
    if permutations is None:
        game = fused_game(players, bench, tell)
        none = np.zeros(len(players.names))
        columns = {
            "shapley": shapley(game),
            "banzhaf": banzhaf(game),
            "leave_one_out": leave_one_out(game),
            "arrival_marginal": arrival_marginals(game),
            "standard_error": none,
            "banzhaf_standard_error": none,
        }
        return _Found(columns, float(game.values[0]), float(game.values[-1]), len(game.values) - 1)
    drawn = sample_fused(players, bench, permutations, seed, tolerance=tolerance, tell=tell)
    columns = {
        "shapley": drawn.shapley,
        "banzhaf": drawn.banzhaf,
        "leave_one_out": drawn.leave_one_out,
        "arrival_marginal": drawn.arrival_marginal,
        "standard_error": drawn.standard_error,
        "banzhaf_standard_error": drawn.banzhaf_error,
    }
    return _Found(columns, drawn.empty, drawn.everybody, drawn.coalitions)


def _paid(record: RunRecord) -> dict[int, int]:
    """Return the wei that each model was rewarded with."""
    paid: dict[int, int] = {}
    for row in rows(record, "payments"):
        if row["reason"] == "ModelReward":
            paid[row["model_id"]] = paid.get(row["model_id"], 0) + row["amount_wei"]
    return paid


def _frame(found: _Found, announced: list[Row], paid: dict[int, int]) -> pd.DataFrame:
    earned = [paid.get(row["model_id"], 0) for row in announced]
    surplus = found.everybody - found.nobody
    table: list[dict[str, Any]] = []
    for place, (row, wei) in enumerate(zip(announced, earned, strict=True)):
        worths = {name: float(column[place]) for name, column in found.columns.items()}
        table.append(
            {
                "contributor": row["contributor"],
                "model_id": row["model_id"],
                "outcome": row["outcome"],
                **worths,
                "paid_wei": wei,
                "paid_share": wei / sum(earned) if sum(earned) else None,
                "shapley_share": worths["shapley"] / surplus if surplus else None,
            }
        )
    exact = pd.DataFrame(table, dtype=object)  # wei stay whole numbers
    return exact.astype(dict.fromkeys([*found.columns, "paid_share", "shapley_share"], float))
