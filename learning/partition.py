"""Who gets which images: everybody's disjoint share by the scheme of her group, and its file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Self

import numpy as np

from ..errors import InputError
from .datasets import DataSet, array_digest
from .partitions import Labels, Pool, Scheme
from .partitions.pool import PARTS
from .tensor_files import DataFileError, pack, read_header, unpack

MAX_IMAGES = 1_000_000
MAX_PIXELS = 256 * 256 * 4
LABELS = Labels()


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

    @cached_property
    def labels(self) -> tuple[int, ...]:
        """The labels that she knows: those of the training set, ascending."""
        return tuple(np.unique(self.train.labels).tolist())

    def to_bytes(self) -> bytes:
        """Return the three sets as one safetensors file; the same bytes for the same data."""
        tensors = {}
        for part in PARTS:
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
        return cls(*(Samples(tensors[f"{part}/images"], tensors[f"{part}/labels"]) for part in PARTS))


def _expected_data(found: Mapping[str, tuple[np.dtype, tuple[int, ...]]]):
    """Return the only layout of arrays that the declared image shapes leave possible."""
    expected: dict[str, tuple[np.dtype, tuple[int, ...]]] = {}
    byte = np.dtype(np.uint8)
    image_shape = found.get("train/images", (byte, ()))[1][1:]
    if len(image_shape) not in (2, 3) or not 0 < int(np.prod(image_shape, dtype=object)) <= MAX_PIXELS:
        raise DataFileError(f"images of shape {image_shape}; (H, W) or (H, W, C) is expected")
    for part in PARTS:
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
        labels: The labels she knows, where her group's scheme is ``Labels``.
        train: Number of training images.
        test: Number of testing images.
        verification: Number of verification images.
        pool: ``"train"`` for computing contributors, ``"test"`` for the verifiers' common set.
        field: Where the request stands in the user's configuration, for errors.
        scheme: How her group's images are dealt out.
        group: Name of her group: those of one group and scheme are dealt their images together.
    """

    who: str
    labels: tuple[int, ...]
    train: int
    test: int
    verification: int
    pool: Literal["train", "test"] = "train"
    field: str = ""
    scheme: Scheme = LABELS
    group: str = ""

    @property
    def size(self) -> int:
        """Number of images in all."""
        return self.train + self.test + self.verification

    def named(self, part: str) -> str:
        """Return the full name of one of the request's fields."""
        return f"{self.field or self.who}.{part}"


@dataclass(frozen=True, eq=False)
class Partition:
    """Every participant's ``shares`` by name, and ``held_out``: the test pool that nobody got."""

    shares: Mapping[str, PrivateData]
    held_out: Samples


def partition(data_set: DataSet, requests: Sequence[ShareRequest], seed: int) -> Partition:
    """Deal the images out, group after group: no image twice.

    Args:
        data_set: Where the images come from.
        requests: In the order of claims.
        seed: The run's seed.

    Returns:
        The shares, each in shuffled order, and the held-out rest.

    Raises:
        InputError: Labels the data lack, repeated names, or more images than are left.
    """
    train, test = Pool(data_set, "train", seed), Pool(data_set, "test", seed)
    groups: dict[tuple[str, str, Scheme], list[ShareRequest]] = {}
    names: set[str] = set()
    for request in requests:
        if request.who in names:
            raise InputError(request.named("name"), request.who, "every participant needs a name of her own")
        names.add(request.who)
        groups.setdefault((request.pool, request.group, request.scheme), []).append(request)
    for (pool, _, scheme), members in groups.items():
        scheme.deal(members, train if pool == "train" else test)
    from_train, from_test = (
        {who: PrivateData(*(_samples(pool, rows) for rows in drawn)) for who, drawn in pool.taken.items()}
        for pool in (train, test)
    )
    shares = from_train | from_test
    return Partition({request.who: shares[request.who] for request in requests}, _samples(test, test.free))


def _samples(pool: Pool, rows: np.ndarray) -> Samples:
    return Samples(pool.images[rows], pool.labels[rows])
