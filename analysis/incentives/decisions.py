"""What the vote decided about each model, and how often it was wrong."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ...errors import InputError
from ..frames import Keys, OfRun, frame_of, groups, where
from .payoffs import HONEST, behaviour_of
from .source import Sample, Source, samples


@dataclass(frozen=True)
class Decision(OfRun):
    """What became of one announced model; planted tests are left out.

    Attributes:
        task: Name of the task.
        model_id: The model.
        contributor: Whose it is.
        behaviour: How she behaves.
        honest: Whether she is honest: the simplest truth about whether the model deserves its reward.
        outcome: ``Rewarded``, ``Rejected``, ``Void``, or ``open`` if it never was decided.
        reports: Evaluations that were counted.
        passes: Votes for it.
    """

    task: str
    model_id: int
    contributor: str
    behaviour: str
    honest: bool
    outcome: str
    reports: int
    passes: int


@dataclass(frozen=True)
class Mistakes:
    """How often decisions go against a truth; intervals are Wilson's, as if models were independent.

    Models of one run share verifiers and base, so that intervals are rather too narrow where runs are few.

    Attributes:
        deserving: Models that deserve their reward.
        refused: Those of them that were rejected or void.
        false_reject: That share; absent if none deserves.
        false_reject_low: Lower end of its 95 % interval.
        false_reject_high: Upper end.
        undeserving: Models that do not deserve it.
        paid: Those of them that were rewarded.
        false_accept: That share; absent if all deserve.
        false_accept_low: Lower end of its 95 % interval.
        false_accept_high: Upper end.
    """

    deserving: int
    refused: int
    false_reject: float | None
    false_reject_low: float | None
    false_reject_high: float | None
    undeserving: int
    paid: int
    false_accept: float | None
    false_accept_low: float | None
    false_accept_high: float | None


def decisions(source: Source) -> pd.DataFrame:
    """Return a row a model that was announced, with the columns of ``Decision``.

    Args:
        source: A run, several, or the folder of a sweep.

    Raises:
        InputError: It is none of these.
    """
    return frame_of(Decision, (row for sample in samples(source) for row in decision_rows(sample)))


def decision_rows(sample: Sample) -> Iterator[tuple[Keys, Decision]]:
    """Give the rows of one run."""
    tasks = {row["task_id"]: row["name"] or str(row["task_id"]) for row in sample.rows("tasks")}
    behaves = {row["name"]: behaviour_of(row) for row in sample.rows("participants")}
    for model in sample.rows("models"):
        if model["announced"] and not model["planted"]:
            behaviour = behaves[model["contributor"]]
            yield (
                sample.keys,
                Decision(
                    **sample.place,
                    task=tasks[model["task_id"]],
                    model_id=model["model_id"],
                    contributor=model["contributor"],
                    behaviour=behaviour,
                    honest=behaviour == HONEST,
                    outcome=model["outcome"] or "open",
                    reports=model["reports"] or 0,
                    passes=model["passes"] or 0,
                ),
            )


def mistakes(decisions: pd.DataFrame, truth: str = "honest", by: Sequence[str] = ()) -> pd.DataFrame:
    """Return how often a model was paid that does not deserve it, and how often one was not that does.

    Columns are those of ``by`` and of ``Mistakes``.

    Args:
        decisions: As ``decisions`` returns them, perhaps with a column of your own. Models that never were
            decided do not count.
        truth: A column of truth values: whether the model deserves its reward.
        by: Columns of the decisions that are kept apart, such as a key, or ``behaviour``.

    Raises:
        InputError: There is no such column.
    """
    for column in (truth, *by):
        if column not in decisions.columns:
            raise InputError("decisions", column, f"a column of {', '.join(decisions.columns)}")
    decided = where(decisions, decisions["outcome"] != "open")
    rows: list[tuple[dict[str, Any], Mistakes]] = []
    for values, own in groups(decided, by):
        told = Counter(zip(map(bool, own[truth]), (one == "Rewarded" for one in own["outcome"]), strict=True))
        good, bad = told[True, True] + told[True, False], told[False, True] + told[False, False]
        refused, paid = told[True, False], told[False, True]
        row = Mistakes(good, refused, *rate(refused, good), bad, paid, *rate(paid, bad))
        rows.append((values, row))
    return frame_of(Mistakes, rows)


def rate(count: int, total: int) -> tuple[float | None, float | None, float | None]:
    """Return a share and both ends of its 95 % interval by Wilson; absent of nothing."""
    if not total:
        return None, None, None
    from scipy.stats import binomtest  # slow to import

    interval = binomtest(count, total).proportion_ci(method="wilson")
    return count / total, float(interval.low), float(interval.high)
