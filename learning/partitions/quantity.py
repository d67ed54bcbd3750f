"""Skewed sizes (Li et al. 2022, arXiv:2102.02079, section 3: quantity skew); labels as they come."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ...errors import InputError
from ...seeds import generator
from .apportionment import apportion
from .iid import IID
from .pool import PARTS, Pool

if TYPE_CHECKING:
    from ..partition import ShareRequest

LEAST = 10
"""Images of each set that everybody has whatever her luck, or what she asks for if that is less."""


@dataclass(frozen=True)
class Quantity:
    """The group's images are kept in number and split with proportions ``Dir(alpha, ..., alpha)``.

    Everybody first has ``LEAST`` images of each set, then her part of the rest: the same part of training,
    testing and verification images. Which images these are is left to chance, as with ``IID``. Each draws
    her weight from a stream of her own, so a newcomer leaves the others' ratios to each other as they were,
    but changes all sizes.

    Attributes:
        alpha: Above 0; near 0 one has nearly all, for large values all have alike.
    """

    alpha: float

    def __post_init__(self) -> None:
        if not self.alpha > 0:
            raise InputError("alpha", self.alpha, "a number above 0")

    def deal(self, requests: "Sequence[ShareRequest]", pool: Pool) -> None:
        """Let each take her images; see ``Scheme``."""
        weights = self._weights(requests, pool.seed)
        sizes = {part: _sizes([getattr(one, part) for one in requests], weights) for part in PARTS}
        IID().deal(
            [
                replace(request, **{part: int(sizes[part][place]) for part in PARTS})
                for place, request in enumerate(requests)
            ],
            pool,
        )

    def _weights(self, requests: "Sequence[ShareRequest]", seed: int) -> np.ndarray:
        """Return gamma variables divided by their sum, in logarithms, for tiny ones underflow."""
        logs = []
        for request in requests:
            stream = generator(seed, "quantity", request.who)
            logs.append(np.log(stream.standard_gamma(self.alpha + 1)) + np.log(stream.random()) / self.alpha)
        weights = np.exp(np.array(logs) - max(logs))
        return weights / weights.sum()


def _sizes(asked: list[int], weights: np.ndarray) -> np.ndarray:
    least = np.minimum(asked, LEAST)
    rest = sum(asked) - int(least.sum())
    more = apportion(rest, np.maximum(weights, np.finfo(float).tiny), np.full(len(asked), rest))
    assert more is not None, "each may have all of the rest"
    return least + more
