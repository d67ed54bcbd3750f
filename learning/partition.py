"""Who gets which images: Table II's disjoint, balanced shares, and their files.

Each participant ranks a whole pool by a stream of her own and takes, label by label, the first images
that nobody before her took. So a newcomer changes the shares of others only where the two would have
drawn the same image.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Self

import numpy as np

from ..errors import InputError
from ..seeds import generator
from .datasets import DataSet, array_digest
from .tensor_files import DataFileError, pack, read_header, unpack

MAX_IMAGES = 1_000_000
MAX_PIXELS = 256 * 256 * 4
_PARTS = ("train", "test", "verification")


@dataclass(frozen=True, eq=False)
class Samples:
    """Labelled images: uint8 ``images`` (N, H, W) or (N, H, W, C), and uint8 ``labels`` (N,)."""

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over shapes and values, in hexadecimal."""
        return array_digest(self.images, self.labels)


@dataclass(frozen=True, eq=False)
class PrivateData:
    """One participant's three sets, as in a row of Table II."""

    train: Samples
    test: Samples
    verification: Samples

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the three sets, in hexadecimal."""
        parts = (self.train, self.test, self.verification)
        return array_digest(*(array for part in parts for array in (part.images, part.labels)))

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Shape of one image: (H, W) or (H, W, C)."""
        return self.train.images.shape[1:]

    def to_bytes(self) -> bytes:
        """Return the three sets as one safetensors file; the same bytes for the same data."""
        tensors = {}
        for part in _PARTS:
            samples: Samples = getattr(self, part)
            tensors[f"{part}/images"], tensors[f"{part}/labels"] = samples.images, samples.labels
        return pack("data", {}, tensors)

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Rebuild the sets from bytes of unknown origin.

        Raises:
            DataFileError: The bytes are malformed, too large, or the sets do not fit together.
        """
        _, found = read_header(blob, "data", DataFileError)
        tensors = unpack(blob, _expected_data(found), DataFileError)
        return cls(*(Samples(tensors[f"{part}/images"], tensors[f"{part}/labels"]) for part in _PARTS))


def _expected_data(found: Mapping[str, tuple[np.dtype, tuple[int, ...]]]):
    """Return the only layout of arrays that the declared image shapes leave possible."""
    expected: dict[str, tuple[np.dtype, tuple[int, ...]]] = {}
    byte = np.dtype(np.uint8)
    image_shape = found.get("train/images", (byte, ()))[1][1:]
    if len(image_shape) not in (2, 3) or not 0 < int(np.prod(image_shape, dtype=object)) <= MAX_PIXELS:
        raise DataFileError(f"images of shape {image_shape}; (H, W) or (H, W, C) is expected")
    for part in _PARTS:
        shape = found.get(f"{part}/images", (byte, (0,)))[1]
        if not 0 < shape[0] <= MAX_IMAGES:
            raise DataFileError(f"{shape[0]} {part} images; 1 to {MAX_IMAGES} are expected")
        expected[f"{part}/images"] = (byte, (shape[0], *image_shape))
        expected[f"{part}/labels"] = (byte, (shape[0],))
    return expected


@dataclass(frozen=True)
class ShareRequest:
    """What one participant is to get: a row of Table II.

    Attributes:
        who: Unique name, such as ``contributor-1``; seeds her draw.
        labels: The labels she knows.
        train: Number of training images.
        test: Number of testing images.
        verification: Number of verification images.
        pool: ``"train"`` for computing contributors, ``"test"`` for the verifiers' common set.
        field: Where the request stands in the user's configuration, for errors.
    """

    who: str
    labels: tuple[int, ...]
    train: int
    test: int
    verification: int
    pool: Literal["train", "test"] = "train"
    field: str = ""

    def named(self, part: str) -> str:
        """Return the full name of one of the request's fields."""
        return f"{self.field or self.who}.{part}"


@dataclass(frozen=True, eq=False)
class Partition:
    """Every participant's ``shares`` by name, and ``held_out``: the test pool that nobody got."""

    shares: Mapping[str, PrivateData]
    held_out: Samples


def partition(data_set: DataSet, requests: Sequence[ShareRequest], seed: int) -> Partition:
    """Deal the images out: no image twice, each set balanced over its labels (counts differ by at most one).

    Args:
        data_set: Where the images come from.
        requests: In the order of claims.
        seed: The run's seed.

    Returns:
        The shares, each in shuffled order, and the held-out rest.

    Raises:
        InputError: Labels the data lack, repeated names, or more images than are left.
    """
    pools = {"train": (data_set.x_train, data_set.y_train), "test": (data_set.x_test, data_set.y_test)}
    free = {name: np.ones(len(labels), bool) for name, (_, labels) in pools.items()}
    shares: dict[str, PrivateData] = {}
    for request in requests:
        _check(request, data_set, shares)
        images, labels = pools[request.pool]
        drawn = _draw(request, labels, free[request.pool], seed)
        shares[request.who] = PrivateData(*(Samples(images[rows], labels[rows]) for rows in drawn))
    rest = free["test"]
    return Partition(shares, Samples(data_set.x_test[rest], data_set.y_test[rest]))


def _check(request: ShareRequest, data_set: DataSet, shares: Mapping[str, PrivateData]) -> None:
    if request.who in shares:
        raise InputError(request.named("name"), request.who, "every participant needs a name of her own")
    known = f"{data_set.name} has the labels 0 to {data_set.classes - 1}, each to be named once"
    inside = all(0 <= label < data_set.classes for label in request.labels)
    if not request.labels or not inside or len(set(request.labels)) != len(request.labels):
        raise InputError(request.named("labels"), list(request.labels), known)
    for part in _PARTS:
        count = getattr(request, part)
        if count < len(request.labels):
            raise InputError(request.named(part), count, f"at least {len(request.labels)}, one image a label")


def _draw(request: ShareRequest, labels: np.ndarray, free: np.ndarray, seed: int) -> list[np.ndarray]:
    """Return the row numbers of the three sets and mark them as taken in ``free``."""
    stream = generator(seed, "partition", request.who)
    ranked = stream.permutation(len(labels))
    ranked = ranked[free[ranked]]
    queues = {label: ranked[labels[ranked] == label] for label in sorted(request.labels)}
    drawn = []
    for part in _PARTS:
        whole, extra = divmod(getattr(request, part), len(queues))
        rows = []
        for place, (label, queue) in enumerate(queues.items()):
            count = whole + (place < extra)
            if count > len(queue):
                allowed = f"label {label} needs {count} images, the {request.pool} pool has {len(queue)} left"
                raise InputError(request.named(part), getattr(request, part), allowed)
            rows.append(queue[:count])
            queues[label] = queue[count:]
        drawn.append(stream.permutation(np.concatenate(rows)))
    free[np.concatenate(drawn)] = False
    return drawn
