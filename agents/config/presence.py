"""When people come, how long they stay, and whether they come back.

Every draw belongs to one person: a Poisson process is the sum of its members' own gaps, and each stay is
drawn for itself. So one more member leaves the times of those before her as they were.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from pydantic import Field, model_validator

from ...seeds import generator
from .base import Settings, refusal

HOUR = 3600.0
ARRIVALS, STAYS = ("start_every", "starts", "per_hour"), ("stay", "mean_stay")
EXCLUSIVE = (ARRIVALS, STAYS)
"""Keys of which one says it all: a group that has one of them takes none of the others from its table."""


class PresenceKeys(Settings):
    """When people come and go; without any of these they come at once and stay.

    Attributes:
        first_start: Second at which the first comes, or from which a Poisson process runs.
        start_every: Seconds between the arrivals of one and the next.
        starts: Each one's second of arrival, on top of ``first_start``, instead.
        per_hour: Mean number of arrivals in an hour, as a Poisson process, instead.
        stay: Seconds that each stays, who then leaves in an orderly way; absent, to the end.
        mean_stay: Mean of the seconds that each stays, drawn from an exponential distribution, instead.
        back_after: Seconds after which whoever has left comes back; absent, never.
    """

    first_start: float = Field(default=0.0, ge=0, le=10**9)
    start_every: float = Field(default=0.0, ge=0, le=10**6)
    starts: tuple[float, ...] | None = Field(default=None, min_length=1)
    per_hour: float | None = Field(default=None, gt=0, le=10**6)
    stay: float | None = Field(default=None, gt=0, le=10**9)
    mean_stay: float | None = Field(default=None, gt=0, le=10**9)
    back_after: float | None = Field(default=None, gt=0, le=10**9)

    @model_validator(mode="after")
    def _one_key_says_it(self) -> Self:
        if self.starts is not None and min(self.starts) < 0:
            raise refusal("starts", list(self.starts), "seconds of 0 or more")
        if self.starts is not None and self.per_hour is not None:
            raise refusal("per_hour", self.per_hour, "left out where starts says when each comes")
        if self.stay is not None and self.mean_stay is not None:
            raise refusal("mean_stay", self.mean_stay, "left out where stay says how long each stays")
        if self.back_after is not None and not self.goes:
            raise refusal("back_after", self.back_after, "left out where nobody leaves: see stay and leaves")
        return self

    @property
    def vanishes_at(self) -> str | None:
        """The stage of her work at which each vanishes, in the words of her role."""
        return getattr(self, "leaves", None)

    @property
    def goes(self) -> bool:
        """Whether anybody leaves before the end."""
        return any(value is not None for value in (self.stay, self.mean_stay, self.vanishes_at))

    @property
    def gap(self) -> float:
        """Seconds between an arrival and the next, on the mean of a Poisson process."""
        if self.starts is not None:
            return 0.0
        return self.start_every if self.per_hour is None else HOUR / self.per_hour


@dataclass
class Visit:
    """One stay of one participant in one role.

    Attributes:
        name: Who.
        role: As what.
        number: Which of her visits, from 1.
        arrived: Simulated second.
        block: The newest then.
        left: Simulated second; ``None`` if she was there to the end.
        left_block: The newest block then.
        reason: ``stay`` if her time was over, else the stage at which she vanished, or ``removed``.
        doing: What she was doing.
    """

    name: str
    role: str
    number: int
    arrived: float
    block: int
    left: float | None = None
    left_block: int | None = None
    reason: str | None = None
    doing: str | None = None


def arrivals(people: Iterable[tuple[str, int, PresenceKeys]], seed: int) -> dict[str, float]:
    """Return the simulated second at which everybody arrives first, by name.

    Args:
        people: Name, place in the group and the group's settings, group after group.
        seed: The run's.
    """
    found: dict[str, float] = {}
    clock = 0.0
    for name, place, keys in people:
        if keys.per_hour is not None:
            clock = keys.first_start if place == 0 else clock
            clock += float(generator(seed, "gap before the arrival", name).exponential(keys.gap))
            found[name] = clock
        elif keys.starts is not None:
            found[name] = keys.first_start + keys.starts[place % len(keys.starts)]
        else:
            found[name] = keys.first_start + place * keys.start_every
    return found


def stay(keys: PresenceKeys, seed: int, name: str, visit: int) -> float | None:
    """Return for how many seconds somebody stays on one of her visits, or ``None`` for as long as can be."""
    if keys.mean_stay is None:
        return keys.stay
    return float(generator(seed, "stay", f"{name}, visit {visit}").exponential(keys.mean_stay))
