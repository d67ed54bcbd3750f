"""Shards of a pool that is sorted by label (McMahan et al. 2017, arXiv:1602.05629, section 3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...errors import InputError
from ...seeds import generator
from .apportionment import apportion, with_own_kind
from .pool import Pool

if TYPE_CHECKING:
    from ..partition import ShareRequest


@dataclass(frozen=True)
class Shards:
    """What is left of the pool is sorted by label and cut into shards; everybody gets a few at random.

    A shard is as large as the sizes asked for need it; most hold one label, some the end of one and the
    beginning of the next. Each participant ranks the shards by a stream of her own and takes the first that
    nobody before her took, so a newcomer changes others only where the two want the same shard or image.

    Attributes:
        each: Shards that everybody gets.
    """

    each: int

    def __post_init__(self) -> None:
        if self.each < 1:
            raise InputError("shards", self.each, "a number above 0")

    def deal(self, requests: "Sequence[ShareRequest]", pool: Pool) -> None:
        """Let each take her images; see ``Scheme``."""
        shards = self._cut(requests, pool)
        is_free = np.ones(len(shards), bool)
        for request in requests:
            order = generator(pool.seed, "shards", request.who).permutation(len(shards))
            mine = order[is_free[order]][: self.each]
            is_free[mine] = False
            pool.take(request, _split(request, shards[mine].sum(axis=0)))

    def _cut(self, requests: "Sequence[ShareRequest]", pool: Pool) -> np.ndarray:
        """Return how many images of each label each shard holds, shape (shards, classes)."""
        size = -(-max(request.size for request in requests) // self.each)
        left = np.repeat(np.arange(len(pool.all)), pool.left)
        number, wanted = len(left) // size, self.each * len(requests)
        if wanted > number:
            allowed = (
                f"{len(requests)} times {self.each} shards of {size} images are {wanted}, "
                f"the {pool.name} pool has {number}"
            )
            raise InputError(requests[0].named("shards"), self.each, allowed)
        return np.stack([pool.counts(shard) for shard in np.array_split(left, number)])


def _split(request: "ShareRequest", held: np.ndarray) -> np.ndarray:
    """Split the images of somebody's shards over her three sets; she trains on every label she holds."""
    first = np.minimum(held, 1)
    rest = request.train - int(first.sum())
    if rest < 0:
        allowed = f"at least {first.sum()}, an image of each label in the shards of {request.who}"
        raise InputError(request.named("train"), request.train, allowed)
    more = apportion(rest, held, held - first)
    assert more is not None, "the shards hold all that is asked for"
    counts = with_own_kind(request, first + more, held)
    assert counts is not None, "what is left of the shards is of labels that she trains on"
    return counts
