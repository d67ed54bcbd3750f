"""What a player is worth at one place: to all others, or to those who came before."""

from collections.abc import Sequence

import numpy as np

from .game import Game


def leave_one_out(game: Game) -> np.ndarray:
    """Return what all lose without each player, float64 (n,); nothing for one whom another can replace."""
    everybody = len(game.values) - 1
    return np.asarray(
        [game.values[-1] - game.values[everybody ^ 1 << place] for place in range(len(game.players))]
    )


def arrival_marginals(game: Game, order: Sequence[int] | None = None) -> np.ndarray:
    """Return what each player adds to those who arrived before her, float64 (n,); they add up to the surplus.

    Args:
        game: The game.
        order: Places of all players in the order of arrival; absent, the order in which they stand.
    """
    found, mask = np.zeros(len(game.players)), 0
    for place in range(len(game.players)) if order is None else order:
        found[place] = game.values[mask | 1 << place] - game.values[mask]
        mask |= 1 << place
    return found
