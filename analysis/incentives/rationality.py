"""Individual rationality: does who is honest gain by taking part?"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from ..frames import frame_of, groups, keys_of, where
from ..series import estimate
from .means import per_run
from .payoffs import HONEST, Payoff

ASKED = ("contributor", "verifier", "contributor and verifier", "oracle")
"""Roles that earn; an initiator pays, and what she gains is a model: see ``welfare``."""


@dataclass(frozen=True)
class Participation:
    """Whether honest parties of a role gain by taking part, against staying away.

    Attributes:
        runs: Runs with such a participant.
        members: Participants in all these runs.
        gain_wei: Mean net payoff less the outside option, over runs.
        low_wei: Lower end of its 95 % interval by Student's t; absent for a single run.
        high_wei: Upper end.
        losers: Share of participants who were worse off than outside.
        verdict: ``gains`` if the whole interval lies above zero, ``loses`` if below, else ``open``.
    """

    runs: int
    members: int
    gain_wei: float
    low_wei: float | None
    high_wei: float | None
    losers: float
    verdict: str


def individual_rationality(
    payoffs: pd.DataFrame, *, outside_wei: int = 0, roles: Sequence[str] = ASKED
) -> pd.DataFrame:
    """Return a row a point and role that somebody honest plays there.

    Columns are the keys that differ between runs, ``role``, and those of ``Participation``.

    Args:
        payoffs: As ``payoffs`` returns them.
        outside_wei: What a participant would have had by staying away.
        roles: Roles that are asked for.
    """
    honest = where(payoffs, payoffs["behaviour"] == HONEST)
    asked = where(honest, honest["role"].isin(list(roles)))
    apart = [*keys_of(payoffs, Payoff), "role"]
    rows = []
    for values, group in groups(asked, apart):
        found = estimate([mean - outside_wei for mean in per_run(group)])
        low, high = found.ends
        losers = sum(net < outside_wei for net in group["net_wei"]) / len(group)
        word = found.verdict("gains", "loses")
        row = Participation(found.runs, len(group), found.mean, low, high, losers, word)
        rows.append((values, row))
    return frame_of(Participation, rows)
