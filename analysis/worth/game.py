"""A coalition game: who plays, and what each coalition is worth together."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from ...errors import InputError

MOST_PLAYERS = 24
"""Of a game that lists every coalition: 2^24 worths are 128 MiB."""


@dataclass(frozen=True, eq=False)
class Game:
    """A game that lists the worth of every coalition.

    Attributes:
        players: Their names, each another.
        values: float64 (2^n,): the worth of a coalition stands where the bits of its players are 1, the first
            player's being the lowest. ``values[0]`` is the worth of nobody, which need not be 0.
    """

    players: tuple[str, ...]
    values: np.ndarray

    def __post_init__(self):
        if not 1 <= len(self.players) <= MOST_PLAYERS or len(set(self.players)) != len(self.players):
            raise InputError("players", self.players, f"1 to {MOST_PLAYERS} names, each another")
        values = np.array(self.values, np.float64)
        if values.shape != (2 ** len(self.players),) or not np.isfinite(values).all():
            raise InputError("values", values.shape, f"{2 ** len(self.players)} numbers, one a coalition")
        values.flags.writeable = False
        object.__setattr__(self, "values", values)

    @classmethod
    def of(cls, players: Sequence[str], worth: Callable[[frozenset[str]], float]) -> Self:
        """Return the game in which a function tells the worth of each coalition, nobody's included."""
        names = tuple(players)
        values = [
            worth(frozenset(name for place, name in enumerate(names) if mask >> place & 1))
            for mask in range(2 ** len(names))
        ]
        return cls(names, np.asarray(values, np.float64))

    def worth(self, coalition: Iterable[str]) -> float:
        """Return what some of the players are worth together."""
        return float(self.values[sum(1 << self.players.index(name) for name in set(coalition))])

    @property
    def surplus(self) -> float:
        """What all are worth together beyond nobody: what there is to be shared."""
        return float(self.values[-1] - self.values[0])

    def __add__(self, other: "Game") -> "Game":
        """Return the game in which every coalition is worth what it is in both together."""
        if self.players != other.players:
            raise InputError("players", other.players, f"the same players: {', '.join(self.players)}")
        return Game(self.players, self.values + other.values)
