"""All figures of many runs, with every run opened once."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..frames import Keys, frame_of
from .budget import Budget, budget_rows
from .cartel import Panel, panel_rows
from .decisions import Decision, decision_rows
from .margins import Evaluation, evaluation_rows
from .payoffs import HONEST, Payoff, payoff_rows
from .source import Source, samples
from .welfare import Welfare, welfare_row

Rows = list[tuple[Keys, Any]]


@dataclass(frozen=True, eq=False)
class Books:
    """The frames of a sweep or of several runs; each is what the function of its name returns.

    Attributes:
        payoffs: A row a participant and run.
        budgets: A row a task and run.
        welfare: A row a run.
        decisions: A row an announced model.
        evaluations: A row a counted measurement.
        panels: A row a drawn panel, where some verifiers are not honest; else none.
    """

    payoffs: pd.DataFrame
    budgets: pd.DataFrame
    welfare: pd.DataFrame
    decisions: pd.DataFrame
    evaluations: pd.DataFrame
    panels: pd.DataFrame


def keep_books(
    source: Source, *, value_per_point_wei: int = 0, cartel: Collection[str] | None = None
) -> Books:
    """Return all frames of runs, which are read one after the other.

    Args:
        source: A run, several, or the folder of a sweep.
        value_per_point_wei: What a percentage point of accuracy above guessing is worth to an initiator.
        cartel: Behaviours or names of verifiers who belong together; by default all who are not honest.

    Raises:
        InputError: The source is none of these.
    """
    rows: dict[type, Rows] = {kind: [] for kind in (Payoff, Budget, Welfare, Decision, Evaluation, Panel)}
    for sample in samples(source):
        people = list(payoff_rows(sample))
        rows[Payoff] += people
        rows[Budget] += budget_rows(sample)
        rows[Welfare].append(welfare_row(sample, value_per_point_wei, [row for _, row in people]))
        rows[Decision] += decision_rows(sample)
        rows[Evaluation] += evaluation_rows(sample)
        if cartel is not None or any("verifier" in row.role and row.behaviour != HONEST for _, row in people):
            rows[Panel] += panel_rows(sample, cartel)
    return Books(*(frame_of(kind, found) for kind, found in rows.items()))
