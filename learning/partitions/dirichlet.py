"""Dirichlet-distributed labels (Hsu, Qi & Brown 2019, arXiv:1909.06335, section 3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...errors import InputError
from ...seeds import generator
from .apportionment import draw, with_own_kind
from .pool import Pool

if TYPE_CHECKING:
    from ..partition import ShareRequest

LEAST_WEIGHT = 1e-9
"""Weight of a label that a tiny ``alpha`` all but excludes, by which those that run out are replaced."""


@dataclass(frozen=True)
class Dirichlet:
    """Everybody's training labels are drawn independently with probabilities ``q ~ Dir(alpha p)``.

    ``p`` is the pool's distribution of labels, so ``alpha`` is the whole concentration: what others call
    ``alpha`` for each of ten labels is a tenth of it. Testing and verification sets keep the training set's
    proportions. Of a label that runs out the other labels take the place. A newcomer changes others only
    where the two would have drawn the same image, or where a label runs out.

    Attributes:
        alpha: Above 0; near 0 everybody has one label, for large values all have the pool's distribution.
    """

    alpha: float

    def __post_init__(self) -> None:
        if not self.alpha > 0:
            raise InputError("alpha", self.alpha, "a number above 0")

    def deal(self, requests: "Sequence[ShareRequest]", pool: Pool) -> None:
        """Let each take her images; see ``Scheme``."""
        prior = pool.all / pool.all.sum()
        for request in requests:
            stream = generator(pool.seed, "dirichlet", request.who)
            weights = np.zeros(len(prior))
            weights[prior > 0] = stream.dirichlet(self.alpha * prior[prior > 0])
            left = pool.left
            # Of each label so much remains as the other two sets need of it.
            most = left * request.train // request.size
            train = draw(request.train, np.maximum(weights, LEAST_WEIGHT * prior), most, stream)
            counts = None if train is None else with_own_kind(request, train, left)
            if counts is None:
                pool.refuse(request)
            pool.take(request, counts)
