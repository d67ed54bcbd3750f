"""Independent and identically distributed: everybody draws from the whole pool, blind to labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .pool import Pool

if TYPE_CHECKING:
    from ..partition import ShareRequest


@dataclass(frozen=True)
class IID:
    """Everybody takes the first images of her ranking, whatever they show.

    Testing and verification images of a label that her training set happens to lack are passed over. A
    newcomer changes others' images only where the two would have drawn the same one.
    """

    def deal(self, requests: "Sequence[ShareRequest]", pool: Pool) -> None:
        """Let each take her images; see ``Scheme``."""
        for request in requests:
            ranked = pool.ranked(request.who)
            train, rest = np.split(ranked, [request.train])
            rest = rest[np.isin(rest, train)]
            if len(train) < request.train or len(rest) < request.test + request.verification:
                pool.refuse(request)
            test, verification = np.split(rest[: request.size - request.train], [request.test])
            pool.take(request, np.stack([pool.counts(part) for part in (train, test, verification)]))
