"""Visitors' games on one server: each is played by one thread at a time, and there is room for so many."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache

from ...errors import VerifuseError
from ..shared_bench import Cancelled, SharedBench, Tell, VisitorBench, Work, the_bench
from .game import Game
from .rivals import RULES, Rival, play_by
from .tasks import SEED, TASKS, SeatTask
from .views import Signed, Snapshot

MOST_GAMES = 40

Move = Callable[[Game], None]


class SeatTaken(VerifuseError):
    """The game was closed: by the visitor, or because newer visitors needed the room."""


class Sitting:
    """One visitor's game and her door to the server's learning; it can be closed from any thread.

    Args:
        house: Where she sits.
        task: Which market she takes a seat in.
        tell: Is told what is waited for.
        seed: The game's.
    """

    def __init__(self, house: "House", task: SeatTask, tell: Tell, *, seed: int = SEED):
        self.task = task
        self.seed = seed
        self._house = house
        self._bench = VisitorBench(house.bench, tell)
        self._turn = threading.Lock()
        self._game: Game | None = None
        self.is_closed = False

    def play(self, move: Move | None = None) -> Iterator[Snapshot]:
        """Make a move, if one is given, and let time pass until the next; the first call opens the market.

        Raises:
            InputError: The move is not what is asked for now.
            SeatTaken: The game was closed.
        """
        try:
            with self._turn:
                self._still_here()
                self._house.touch(self)
                if self._game is None:
                    self._game = Game(self.task, self._bench, seed=self.seed)
                if move is not None:
                    move(self._game)
                yield self._game.snapshot()
                for snapshot in self._game.play():
                    yield snapshot
                    self._still_here()
                yield self._game.snapshot()
        except Cancelled:
            self._still_here()  # who cancels has left
            raise
        finally:
            if self.is_closed:
                self.close()

    def rivals(self) -> tuple[Rival, ...]:
        """Return what others would have earned in her seat."""
        return tuple(self._house.rival(rule, self.task, self.seed, self._bench) for rule in RULES)

    def preview(self, fitness_bps: int) -> Signed:
        """Return what she would sign to report an evaluation."""
        with self._turn:
            self._still_here()
            assert self._game is not None, "nothing can be typed before a game is on"
            return self._game.preview(fitness_bps)

    def close(self) -> None:
        """Leave. Whatever the game is waiting for is cancelled; calling twice does no harm."""
        self.is_closed = True
        self._bench.close()
        if self._turn.acquire(blocking=False):  # else whoever plays closes it in a moment
            try:
                game, self._game = self._game, None
                if game is not None:
                    game.close()
            finally:
                self._turn.release()
            self._house.leave(self)

    def _still_here(self) -> None:
        if self.is_closed:
            raise SeatTaken("this game was closed, as others needed the room; take a seat again")


class House:
    """All games of a server. The one that was left alone longest makes way when there are too many.

    Args:
        bench: Where models are trained and fused.
        most: How many games there is room for.
    """

    def __init__(self, bench: SharedBench, *, most: int = MOST_GAMES):
        self.bench = bench
        self._most = most
        self._lock = threading.Lock()
        self._sittings: list[Sitting] = []
        self._rivals: dict[tuple[str, str, int], Rival] = {}

    @property
    def games(self) -> int:
        """How many are open."""
        return len(self._sittings)

    def sit_down(self, task: SeatTask, tell: Tell, *, seed: int = SEED) -> Sitting:
        """Give a visitor a seat."""
        sitting = Sitting(self, task, tell, seed=seed)
        with self._lock:
            self._sittings.append(sitting)
            going, self._sittings = self._sittings[: -self._most], self._sittings[-self._most :]
        for one in going:
            one.close()
        return sitting

    def touch(self, sitting: Sitting) -> None:
        """Know that somebody is still there."""
        with self._lock, suppress(ValueError):
            self._sittings.remove(sitting)
            self._sittings.append(sitting)

    def leave(self, sitting: Sitting) -> None:
        """Forget a game that was closed."""
        with self._lock, suppress(ValueError):
            self._sittings.remove(sitting)

    def rival(self, rule: str, task: SeatTask, seed: int, bench: VisitorBench) -> Rival:
        """Return what a rule brings; the same for everybody, so it is played once."""
        key = rule, task.key, seed
        if key not in self._rivals:
            self._rivals[key] = play_by(rule, task, bench, seed=seed)
        return self._rivals[key]

    def warm(self) -> None:
        """Play every task honestly once, so that all that visitors may train or measure is remembered."""
        bench = VisitorBench(self.bench, _tell_nobody)
        try:
            for task in TASKS.values():
                self.rival("honest", task, SEED, bench)
        finally:
            bench.close()


def _tell_nobody(work: Work) -> None:
    """Nobody waits."""


@cache
def the_house() -> House:
    """Return the one that all visitors of this process are in."""
    return House(the_bench())
