"""What others in the visitor's seat would have earned: the same market, played by a rule."""

from collections.abc import Callable
from dataclasses import dataclass

from ...learning import Workbench
from .entry import FULL_BPS
from .game import Game
from .tasks import SEED, SeatTask
from .views import Phase, Purse


def honest(game: Game) -> None:
    """Measure, and report what was measured."""
    if game.phase is Phase.SEATED:
        game.measure()
        return
    measured = game.snapshot().measured
    assert measured is not None, "nothing else is asked of who measures"
    game.report(measured.fitness_bps)


def says_yes(game: Game) -> None:
    """Report 100 % without a look."""
    game.report(FULL_BPS)


def silent(game: Game) -> None:
    """Report nothing."""
    game.stay_silent()


RULES: dict[str, Callable[[Game], None]] = {
    "honest": honest,
    "yes, unmeasured": says_yes,
    "silent": silent,
}
"""How somebody else would play, by name: what to do whenever the seat is asked."""


@dataclass(frozen=True)
class Rival:
    """What a rule brought whoever followed it.

    Attributes:
        rule: The rule's name.
        purse: What she owned in the end.
        earnings: By how many wei she was richer after each model, from 0; the last is the end.
        work_seconds: Simulated seconds of measuring.
    """

    rule: str
    purse: Purse
    earnings: tuple[int, ...]
    work_seconds: float


def play_by(rule: str, task: SeatTask, workbench: Workbench, *, seed: int = SEED) -> Rival:
    """Play a whole game by a rule."""
    game = Game(task, workbench, seed=seed)
    try:
        while game.phase is not Phase.OVER:
            for _ in game.play():
                pass
            if game.phase is Phase.DECIDED:
                game.go_on()
            elif game.phase is not Phase.OVER:
                RULES[rule](game)
        end = game.snapshot()
    finally:
        game.close()
    return Rival(rule, end.purse, end.earnings, end.work_seconds)
