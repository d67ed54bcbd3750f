"""How many a market holds: the crowd in which who is honest still gains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ...errors import InputError
from ..frames import frame_of, groups, keys_of, where
from ..series import Estimate, estimate
from .means import per_run
from .payoffs import HONEST, Payoff


@dataclass(frozen=True)
class Crowd:
    """The largest crowd in which a member gains, at one setting.

    Attributes:
        crowd: The largest number for which the mean net payoff is above the outside option, with no smaller
            number for which it is not; 0 if there is none.
        gain_wei: A member's mean gain in it; absent if there is none.
        low_wei: Lower end of its 95 % interval by Student's t.
        high_wei: Upper end.
        next_gain_wei: Mean gain at the next number that was run; absent if the largest number still gains.
    """

    crowd: int
    gain_wei: float | None
    low_wei: float | None
    high_wei: float | None
    next_gain_wei: float | None


def equilibrium_participation(
    payoffs: pd.DataFrame,
    key: str = "contributors.count",
    *,
    role: str = "contributor",
    outside_wei: int = 0,
    by: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return how many honest members each setting holds, if parties join as long as it pays.

    Columns are the keys of ``by`` and those of ``Crowd``.

    Args:
        payoffs: As ``payoffs`` returns them, of a sweep over the number of members.
        key: The key with that number.
        role: Whose payoffs count.
        outside_wei: What a member would have had elsewhere.
        by: Keys that are kept apart; all others by default, such as ``task.reward``.

    Raises:
        InputError: The payoffs have no such key.
    """
    keys = keys_of(payoffs, Payoff)
    if key not in keys:
        raise InputError("key", key, f"a key that differs: {', '.join(keys) or 'none does'}")
    apart = [name for name in keys if name != key] if by is None else list(by)
    honest = where(payoffs, payoffs["behaviour"] == HONEST)
    rows = []
    for values, group in groups(where(honest, honest["role"] == role), apart):
        gains = {
            int(told[key]): estimate([mean - outside_wei for mean in per_run(runs)])
            for told, runs in groups(group, [key])
        }
        rows.append((values, _crowd(gains)))
    return frame_of(Crowd, rows)


def _crowd(gains: Mapping[int, Estimate]) -> Crowd:
    held = 0
    for count in sorted(gains):
        if gains[count].mean <= 0:
            return Crowd(held, *_told(gains.get(held)), gains[count].mean)
        held = count
    return Crowd(held, *_told(gains.get(held)), None)


def _told(gain: Estimate | None) -> tuple[float | None, float | None, float | None]:
    return (None, None, None) if gain is None else (gain.mean, *gain.ends)
