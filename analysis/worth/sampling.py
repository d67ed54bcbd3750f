"""Values of games too large to list: from random orders of arrival, with standard errors.

Each order is drawn together with its reverse: who comes late in one comes early in the other, so that the
errors of the two partly cancel (antithetic sampling; Mitchell et al. 2022, arXiv:2104.12199). The
standard error is that of a mean over such pairs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

from ...errors import InputError
from ...seeds import generator

Worths = Callable[[Sequence[int]], Sequence[float]]
"""Tells the worths of coalitions by their bit masks, all at once; 0 is nobody."""


@dataclass(frozen=True, eq=False)
class SampledValues:
    """Estimates for each of n players.

    Attributes:
        shapley: float64 (n,); without truncation they add up to the surplus.
        standard_error: Of those.
        banzhaf: The same orders, each marginal weighted by how likely a random coalition has the size of the
            one that is joined; without truncation unbiased, but less precise.
        banzhaf_error: Standard errors of those.
        leave_one_out: Exact.
        arrival_marginal: Exact, in the order of the players.
        empty: The worth of nobody.
        everybody: The worth of all.
        orders: How many orders were drawn.
        coalitions: How many different coalitions had to be measured.
    """

    shapley: np.ndarray
    standard_error: np.ndarray
    banzhaf: np.ndarray
    banzhaf_error: np.ndarray
    leave_one_out: np.ndarray
    arrival_marginal: np.ndarray
    empty: float
    everybody: float
    orders: int
    coalitions: int


def sample_values(
    players: int, worths: Worths, orders: int, seed: int = 0, *, tolerance: float | None = None
) -> SampledValues:
    """Estimate the values of a game.

    Args:
        players: How many there are, n.
        worths: Of coalitions; asked for all at once, or, with a tolerance, once for each size.
        orders: How many orders of arrival to draw, an even number from 4.
        seed: Of the draw; the first orders of a larger draw are those of a smaller one.
        tolerance: Once a coalition's worth is as near to everybody's, those who arrive later in the order
            count as adding nothing, and are not measured (truncated Monte Carlo; Ghorbani & Zou 2019,
            arXiv:1904.02868, algorithm 1). Where nobody does harm, that takes no more than the tolerance from
            a value; absent, nothing is cut off.

    Raises:
        InputError: There are no players, too few orders or an odd number, or the tolerance is negative.
    """
    if players < 1:
        raise InputError("players", players, "at least 1")
    if orders < 4 or orders % 2:
        raise InputError("permutations", orders, "an even number from 4: each is drawn with its reverse")
    if tolerance is not None and not tolerance >= 0:
        raise InputError("tolerance", tolerance, "a difference of worths from 0, or none")
    known: dict[int, float] = {}

    def measure(masks: Sequence[int]) -> None:
        new = [mask for mask in dict.fromkeys(masks) if mask not in known]
        known.update(zip(new, worths(new), strict=True) if new else ())

    drawn = _orders(players, orders, seed)
    everybody = (1 << players) - 1
    arrivals = _prefixes(range(players))
    without = [everybody ^ 1 << place for place in range(players)]
    prefixes = [_prefixes(order) for order in drawn.tolist()]
    if tolerance is None:
        measure([everybody, 0, *arrivals, *without, *(mask for one in prefixes for mask in one)])
        reached = [[known[mask] for mask in (0, *one)] for one in prefixes]
    else:
        measure([everybody, 0, *arrivals, *without])
        reached = _truncated(prefixes, known, measure, tolerance)
    marginals = np.zeros((orders, players))
    np.put_along_axis(marginals, drawn, np.diff(np.asarray(reached), axis=1), axis=1)
    shares = np.asarray([comb(players - 1, size) / 2 ** (players - 1) for size in range(players)])
    weights = np.zeros((orders, players))
    np.put_along_axis(weights, drawn, np.broadcast_to(players * shares, drawn.shape), axis=1)
    shapley, error = _mean_of_pairs(marginals)
    banzhaf, banzhaf_error = _mean_of_pairs(marginals * weights)
    return SampledValues(
        shapley=shapley,
        standard_error=error,
        banzhaf=banzhaf,
        banzhaf_error=banzhaf_error,
        leave_one_out=np.asarray([known[everybody] - known[mask] for mask in without]),
        arrival_marginal=np.diff([known[mask] for mask in (0, *arrivals)]),
        empty=known[0],
        everybody=known[everybody],
        orders=orders,
        coalitions=len(known.keys() - {0}),
    )


def _orders(players: int, orders: int, seed: int) -> np.ndarray:
    """Return orders of arrival, (orders, n), each followed by its reverse."""
    draws = generator(seed, "orders of arrival")
    half = np.asarray([draws.permutation(players) for _ in range(orders // 2)])
    return np.stack([half, half[:, ::-1]], axis=1).reshape(orders, players)


def _prefixes(order: Sequence[int]) -> list[int]:
    """Return the bit masks of those who are there after each arrival."""
    masks, mask = [], 0
    for place in order:
        mask |= 1 << place
        masks.append(mask)
    return masks


def _truncated(
    prefixes: Sequence[Sequence[int]],
    known: dict[int, float],
    measure: Callable[[Sequence[int]], None],
    tolerance: float,
) -> list[list[float]]:
    """Return the worths after each arrival; within the tolerance of everybody's, they stay what they are."""
    reached = [[known[0]] for _ in prefixes]
    everybody = known[prefixes[0][-1]]
    for size in range(len(prefixes[0])):
        open_ = [row for row, worths in enumerate(reached) if abs(everybody - worths[-1]) > tolerance]
        measure([prefixes[row][size] for row in open_])
        for worths in reached:
            worths.append(worths[-1])
        for row in open_:
            reached[row][-1] = known[prefixes[row][size]]
    return reached


def _mean_of_pairs(found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    pairs = found.reshape(-1, 2, found.shape[1]).mean(axis=1)
    return pairs.mean(axis=0), pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs))
