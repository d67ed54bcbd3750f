"""A pool of images that a scheme deals from; whatever the scheme, no image is taken twice.

Each participant ranks the whole pool by a stream of her own and takes, label by label, the first images
that nobody before her took. So a newcomer changes the shares of others only where the two would have
drawn the same image.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NoReturn, Protocol

import numpy as np

from ...errors import InputError
from ...seeds import generator

if TYPE_CHECKING:
    from ..datasets import DataSet
    from ..partition import ShareRequest

PARTS = ("train", "test", "verification")


class Scheme(Protocol):
    """Decides how many images of each label everybody in a group gets."""

    def deal(self, requests: "Sequence[ShareRequest]", pool: "Pool") -> None:
        """Let each of a group take her images from the pool, in the order of claims.

        Raises:
            InputError: There are too few images.
        """
        ...


class Pool:
    """Labelled images, and who took which.

    Args:
        data_set: Where they come from.
        name: Which of its two pools it is.
        seed: The run's seed.

    Attributes:
        images: All of them, shape (N, H, W) or (N, H, W, C).
        labels: Each image's label, shape (N,).
        all: How many images there are of each label, shape (classes,).
        free: Whether nobody took an image yet, shape (N,).
        taken: Row numbers of each participant's three sets, by her name.
    """

    def __init__(self, data_set: "DataSet", name: Literal["train", "test"], seed: int):
        self.data_set = data_set
        self.name = name
        self.seed = seed
        is_train = name == "train"
        self.images = data_set.x_train if is_train else data_set.x_test
        self.labels = data_set.y_train if is_train else data_set.y_test
        self.all = self.counts(self.labels)
        self.free = np.ones(len(self.labels), bool)
        self.taken: dict[str, list[np.ndarray]] = {}

    @property
    def left(self) -> np.ndarray:
        """How many images of each label nobody took yet, shape (classes,)."""
        return self.counts(self.labels[self.free])

    def counts(self, labels: np.ndarray) -> np.ndarray:
        """Return how often each label occurs, shape (classes,)."""
        return np.bincount(labels, minlength=self.data_set.classes)

    def ranked(self, who: str) -> np.ndarray:
        """Return the labels of the images that are left, in the order in which a participant ranks them."""
        return self.labels[self._ranking(generator(self.seed, "partition", who))]

    def take(self, request: "ShareRequest", counts: np.ndarray) -> None:
        """Give a participant her images: the first of each label in her ranking, each set then shuffled.

        Args:
            request: Who she is.
            counts: Images of each label in each set, shape (3, classes).

        Raises:
            InputError: A label has too few images left.
        """
        stream = generator(self.seed, "partition", request.who)
        ranked = self._ranking(stream)
        known = np.flatnonzero(counts.any(axis=0)).tolist()
        queues = {label: ranked[self.labels[ranked] == label] for label in known}
        drawn = []
        for part, wanted in zip(PARTS, counts.tolist(), strict=True):
            rows = []
            for label, queue in queues.items():
                count = wanted[label]
                if count > len(queue):
                    allowed = (
                        f"label {label} needs {count} images, the {self.name} pool has {len(queue)} left"
                    )
                    raise InputError(request.named(part), getattr(request, part), allowed)
                rows.append(queue[:count])
                queues[label] = queue[count:]
            drawn.append(stream.permutation(np.concatenate(rows)))
        self.free[np.concatenate(drawn)] = False
        self.taken[request.who] = drawn

    def refuse(self, request: "ShareRequest") -> NoReturn:
        """Refuse a request that asks for more images than are left."""
        needed = f"{request.who} needs {request.size} images in all"
        allowed = f"{needed}, the {self.name} pool has {self.free.sum()} left"
        raise InputError(request.named("train"), request.train, allowed)

    def _ranking(self, stream: np.random.Generator) -> np.ndarray:
        rows = stream.permutation(len(self.labels))
        return rows[self.free[rows]]
