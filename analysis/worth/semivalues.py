"""What a player is worth on average over the coalitions that it may join: Shapley's and Banzhaf's values.

Both are means of marginal contributions v(S + i) - v(S) over the coalitions S without i, and differ in the
weight of a coalition by its size (Dubey, Neyman & Weber 1981, doi:10.1287/moor.6.1.122).
"""

from math import comb

import numpy as np

from .game import Game


def shapley(game: Game) -> np.ndarray:
    """Return each player's Shapley value, float64 (n,): her mean marginal over all orders of arrival.

    The values add up to the game's surplus (Shapley 1953).
    """
    n = len(game.players)
    return _semivalue(game, [1 / (n * comb(n - 1, size)) for size in range(n)])


def banzhaf(game: Game) -> np.ndarray:
    """Return each player's Banzhaf value, float64 (n,): her mean marginal over all coalitions of the others.

    Of all semivalues its ranking suffers least from noise in the worths (Wang & Jia 2023,
    arXiv:2205.15466); the values need not add up to anything.
    """
    n = len(game.players)
    return _semivalue(game, [1 / 2 ** (n - 1)] * n)


def _semivalue(game: Game, weights: list[float]) -> np.ndarray:
    """Return the sums of marginals, weighted by the size of the coalition that is joined."""
    masks = np.arange(len(game.values))
    by_size = np.asarray(weights)
    found = []
    for place in range(len(game.players)):
        others = masks[masks >> place & 1 == 0]
        marginals = game.values[others | 1 << place] - game.values[others]
        found.append(by_size[np.bitwise_count(others)] @ marginals)
    return np.asarray(found)
