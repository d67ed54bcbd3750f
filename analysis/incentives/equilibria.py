"""Which behaviours hold each other in place, and where a population of learners drifts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...seeds import generator
from ..frames import frame_of
from ..series import estimate
from .game import ETHER, SymmetricGame

CLOSE = 1e-6


@dataclass(frozen=True)
class PureEquilibrium:
    """Whether everybody playing one behaviour is an equilibrium, checked deviation by deviation.

    Attributes:
        behaviour: What everybody plays.
        value_wei: Mean net payoff then.
        best_deviation: The other behaviour that pays a single deviator best.
        gain_wei: Its mean gain.
        low_wei: Lower end of the gain's 95 % interval, paired by seed; absent for a single seed.
        high_wei: Upper end.
        is_equilibrium: Whether no deviation gains in the mean.
        stability: Share of resamples of the seeds in which it is one.
    """

    behaviour: str
    value_wei: float
    best_deviation: str
    gain_wei: float
    low_wei: float | None
    high_wei: float | None
    is_equilibrium: bool
    stability: float


@dataclass(frozen=True)
class Equilibrium:
    """A symmetric Nash equilibrium of the mean game, pure or mixed.

    Attributes:
        number: Which one, from 1.
        behaviour: One of the behaviours.
        share: The probability with which everybody plays it, or its share of a population.
        value_wei: What everybody gets.
    """

    number: int
    behaviour: str
    share: float
    value_wei: float


@dataclass(frozen=True)
class Drift:
    """A population under the replicator dynamics.

    Attributes:
        start: Which start, from 1.
        time: In units in which payoffs differ by one between the best and the worst cell of the game.
        behaviour: One of the behaviours.
        share: Of the population.
    """

    start: int
    time: float
    behaviour: str
    share: float


def pure_equilibria(game: SymmetricGame, *, resamples: int = 500) -> pd.DataFrame:
    """Return a row a behaviour, with the columns of ``PureEquilibrium``.

    Args:
        game: Of at least two behaviours.
        resamples: How many bootstrap samples of seeds ``stability`` is counted in.
    """
    k, seeds = len(game.behaviours), len(game.seeds)
    draws = generator(0, "bootstrap", "equilibria").integers(0, seeds, (resamples, seeds))
    means = game.samples[draws].mean(axis=1)
    rows = []
    for place, behaviour in enumerate(game.behaviours):
        gains = game.matrix[:, place] - game.matrix[place, place]
        best = max((other for other in range(k) if other != place), key=lambda other: gains[other])
        gain = estimate([float(one) for one in game.samples[:, best, place] - game.samples[:, place, place]])
        low, high = gain.ends
        stays = (means[:, :, place] <= means[:, place, place][:, None]).all(axis=1)
        row = PureEquilibrium(
            behaviour=behaviour,
            value_wei=float(game.matrix[place, place]) * ETHER,
            best_deviation=game.behaviours[best],
            gain_wei=gain.mean * ETHER,
            low_wei=None if low is None else low * ETHER,
            high_wei=None if high is None else high * ETHER,
            is_equilibrium=bool(gains.max() <= 0),
            stability=float(stays.mean()),
        )
        rows.append(({}, row))
    return frame_of(PureEquilibrium, rows)


def equilibria(game: SymmetricGame) -> pd.DataFrame:
    """Return the symmetric equilibria that nashpy's support enumeration finds in the mean game.

    Columns are those of ``Equilibrium``. In a degenerate game, such as one in which two behaviours pay the
    same, there are infinitely many, and only some are listed.
    """
    import warnings

    from nashpy import Game  # slow to import

    matrix = _scaled(game)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # that it is degenerate, as said above
        pairs = list(Game(matrix, matrix.T).support_enumeration())
    found = [np.asarray(one) for one, other in pairs if np.allclose(one, other, atol=CLOSE)]
    rows = []
    for number, shares in enumerate(found, start=1):
        value = float(shares @ game.matrix @ shares) * ETHER
        for behaviour, share in zip(game.behaviours, shares, strict=True):
            rows.append(({}, Equilibrium(number, behaviour, float(share), value)))
    return frame_of(Equilibrium, rows)


def replicator(
    game: SymmetricGame,
    starts: Sequence[Sequence[float]] | None = None,
    *,
    time: float = 40.0,
    points: int = 81,
) -> pd.DataFrame:
    """Return where populations drift in which behaviours spread that pay more than the mean, by nashpy.

    The replicator dynamics of Taylor and Jonker 1978, doi:10.1016/0025-5564(78)90077-9.

    Args:
        game: The game.
        starts: Shares of the behaviours at time 0; by default all alike, and each once at nine tenths.
        time: How long.
        points: Times with a row, from 0 on.

    Returns:
        The columns of ``Drift``.
    """
    from nashpy import Game  # slow to import

    k = len(game.behaviours)
    times = np.linspace(0.0, time, points)
    if starts is None:
        most = [[0.9 if one == other else 0.1 / max(1, k - 1) for other in range(k)] for one in range(k)]
        starts = [[1 / k] * k, *most]
    rows = []
    for number, start in enumerate(starts, start=1):
        path = Game(_scaled(game)).replicator_dynamics(y0=np.array(start, float), timepoints=times)
        for moment, shares in zip(times, path, strict=True):
            for behaviour, share in zip(game.behaviours, shares, strict=True):
                rows.append(({}, Drift(number, float(moment), behaviour, float(share))))
    return frame_of(Drift, rows)


def _scaled(game: SymmetricGame) -> np.ndarray:
    """Return the mean game stretched to 0 … 1: the same equilibria, and the same drift at another speed."""
    matrix = game.matrix
    spread = float(np.ptp(matrix))
    return (matrix - matrix.min()) / spread if spread else np.zeros_like(matrix)
