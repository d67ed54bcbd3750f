"""How unequally a role is paid: Gini's coefficient."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..frames import Keys, OfRun, frame_of, groups, keys_of, where
from .payoffs import Payoff


@dataclass(frozen=True)
class Inequality(OfRun):
    """How a role's payments are spread over its members in one run.

    Attributes:
        role: The role.
        members: Who play it.
        paid: Those who earned anything.
        gini: Of what they earned: 0 if all earned the same, (n − 1) / n if one of n earned everything.
            Absent if nobody earned anything.
        top_share: Share of it that went to who earned most.
    """

    role: str
    members: int
    paid: int
    gini: float | None
    top_share: float | None


def inequality(
    payoffs: pd.DataFrame, *, roles: Sequence[str] = ("contributor", "verifier"), what: str = "earned_wei"
) -> pd.DataFrame:
    """Return a row a run and role, with the columns of ``Inequality``.

    Args:
        payoffs: As ``payoffs`` returns them.
        roles: Which roles.
        what: The amount, which is never below zero.
    """
    keys = keys_of(payoffs, Payoff)
    rows: list[tuple[Keys, Inequality]] = []
    for told, own in groups(where(payoffs, payoffs["role"].isin(list(roles))), ["run", "role"]):
        first, amounts = own.to_dict("records")[0], list(own[what])
        total = sum(amounts)
        row = Inequality(
            run=told["run"],
            point=first["point"],
            seed=first["seed"],
            role=told["role"],
            members=len(amounts),
            paid=sum(amount > 0 for amount in amounts),
            gini=gini(amounts),
            top_share=max(amounts) / total if total else None,
        )
        rows.append(({key: first[key] for key in keys}, row))
    return frame_of(Inequality, rows)


def gini(amounts: Sequence[float]) -> float | None:
    """Return Gini's coefficient: half the mean absolute difference of two members, in units of the mean.

    Args:
        amounts: At least one, none below zero.

    Returns:
        ``None`` if all are zero.
    """
    ordered = np.sort(np.array([float(one) for one in amounts]))
    n, total = len(ordered), float(ordered.sum())
    if not total:
        return None
    ranks = np.arange(1, n + 1)
    return max(0.0, float((2 * ranks - n - 1) @ ordered / (n * total)))
