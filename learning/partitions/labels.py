"""Label sets as in Table II: everybody's sets are balanced over the labels that she is said to know."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...errors import InputError
from .pool import PARTS, Pool

if TYPE_CHECKING:
    from ..datasets import DataSet
    from ..partition import ShareRequest


@dataclass(frozen=True)
class Labels:
    """Everybody gets the labels that her request names, in numbers that differ by at most one.

    A newcomer changes no counts; others' images change where the two would have drawn the same one.
    """

    def deal(self, requests: "Sequence[ShareRequest]", pool: Pool) -> None:
        """Let each take her images; see ``Scheme``."""
        for request in requests:
            pool.take(request, _balanced(request, pool.data_set))


def _balanced(request: "ShareRequest", data_set: "DataSet") -> np.ndarray:
    known = f"{data_set.name} has the labels 0 to {data_set.classes - 1}, each to be named once"
    inside = all(0 <= label < data_set.classes for label in request.labels)
    if not request.labels or not inside or len(set(request.labels)) != len(request.labels):
        raise InputError(request.named("labels"), list(request.labels), known)
    counts = np.zeros((len(PARTS), data_set.classes), np.int64)
    for row, part in zip(counts, PARTS, strict=True):
        size = getattr(request, part)
        if size < len(request.labels):
            raise InputError(request.named(part), size, f"at least {len(request.labels)}, one image a label")
        whole, extra = divmod(size, len(request.labels))
        row[sorted(request.labels)] = [whole + (place < extra) for place in range(len(request.labels))]
    return counts
