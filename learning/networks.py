"""The networks contributors train, as plain descriptions: Table I and two small ones.

A description is all that travels with a model's weights. It is rebuilt by our own code and every size
is capped, so that a stranger's file can neither run code nor ask for unbounded memory or time.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..errors import InputError

MAX_PARAMETERS = 25_000_000
MAX_PRODUCTS = 500_000_000

_Side = Annotated[int, Field(ge=1, le=256)]
_Channels = Annotated[int, Field(ge=1, le=4)]
_Label = Annotated[int, Field(ge=0, le=255)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Convolution(_Frozen):
    """A convolution with ``same`` padding and ReLU.

    Attributes:
        filters: Number of kernels.
        kernel: Side of each square kernel in pixels.
        pool: Whether a 2×2 maximum pooling follows (an odd last row or column is dropped).
    """

    filters: int = Field(ge=1, le=256)
    kernel: int = Field(ge=1, le=32)
    pool: bool = False


class NetworkSpec(_Frozen):
    """A classifier: convolutions, a hidden layer whose output is the feature vector, softmax.

    Attributes:
        name: A short name such as ``cnn_1``.
        input_shape: Height, width and channels of an image.
        convolutions: In order from the image; none makes a dense network.
        hidden: Width of the layer ``features``, the paper's ``f_i``.
        classes: The labels the network tells apart, ascending; output ``j`` is label ``classes[j]``.
    """

    name: str = Field(pattern=r"^[a-z0-9_]{1,32}$")
    input_shape: tuple[_Side, _Side, _Channels]
    convolutions: tuple[Convolution, ...] = Field(max_length=8)
    hidden: int = Field(default=500, ge=1, le=4096)
    classes: tuple[_Label, ...] = Field(min_length=1, max_length=256)

    @model_validator(mode="after")
    def _within_limits(self) -> Self:
        if tuple(sorted(set(self.classes))) != self.classes:
            raise ValueError("classes must ascend and not repeat")
        for convolution, (height, width, _) in zip(self.convolutions, self._planes(), strict=False):
            if convolution.pool and min(height, width) < 2:
                raise ValueError("an image is smaller than the pooling window")
        if self.parameters > MAX_PARAMETERS:
            raise ValueError(f"{self.parameters} weights; at most {MAX_PARAMETERS} are allowed")
        if self.products > MAX_PRODUCTS:
            raise ValueError(f"{self.products} products an image; at most {MAX_PRODUCTS} are allowed")
        return self

    def _planes(self) -> Iterator[tuple[int, int, int]]:
        """Yield height, width and channels before each convolution and after the last."""
        height, width, channels = self.input_shape
        yield height, width, channels
        for convolution in self.convolutions:
            side = 2 if convolution.pool else 1
            height, width, channels = height // side, width // side, convolution.filters
            yield height, width, channels

    @property
    def flattened(self) -> int:
        """Values that enter the hidden layer (Table I's reshaped vector)."""
        height, width, channels = list(self._planes())[-1]
        return height * width * channels

    @property
    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of every weight by name, in the order of the layers."""
        shapes: dict[str, tuple[int, ...]] = {}
        for number, (conv, plane) in enumerate(zip(self.convolutions, self._planes(), strict=False), start=1):
            shapes[f"conv_{number}/kernel"] = (conv.kernel, conv.kernel, plane[2], conv.filters)
            shapes[f"conv_{number}/bias"] = (conv.filters,)
        shapes["features/kernel"] = (self.flattened, self.hidden)
        shapes["features/bias"] = (self.hidden,)
        shapes["labels/kernel"] = (self.hidden, len(self.classes))
        shapes["labels/bias"] = (len(self.classes),)
        return shapes

    @property
    def parameters(self) -> int:
        """Number of weights."""
        total = 0
        for shape in self.weight_shapes.values():
            size = 1
            for side in shape:
                size *= side
            total += size
        return total

    @property
    def products(self) -> int:
        """Multiplications of one forward pass over one image."""
        total = self.hidden * (self.flattened + len(self.classes))
        for conv, (height, width, channels) in zip(self.convolutions, self._planes(), strict=False):
            total += height * width * channels * conv.kernel**2 * conv.filters
        return total


def _table_i(name: str, *layers: tuple[int, int]) -> NetworkSpec:
    convolutions = tuple(
        Convolution(filters=filters, kernel=kernel, pool=place < 2)
        for place, (filters, kernel) in enumerate(layers)
    )
    return NetworkSpec(
        name=name, input_shape=(28, 28, 1), convolutions=convolutions, classes=tuple(range(10))
    )


TABLE_I: Mapping[str, NetworkSpec] = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            _table_i("cnn_1", (32, 5), (16, 5), (8, 2)),
            _table_i("cnn_2", (64, 5), (32, 5), (16, 2)),
            _table_i("cnn_3", (32, 5), (32, 10), (16, 4)),
            _table_i("cnn_4", (16, 10), (16, 10), (12, 5)),
            _table_i("cnn_5", (16, 10), (16, 5), (8, 5)),
        )
    }
)
"""The five networks of the paper's Table I, for 28×28 grey images and all ten digits."""

NETWORKS: Mapping[str, NetworkSpec] = MappingProxyType(
    {
        **TABLE_I,
        "dense": NetworkSpec(
            name="dense", input_shape=(8, 8, 1), convolutions=(), hidden=64, classes=tuple(range(10))
        ),
        "tiny": NetworkSpec(
            name="tiny",
            input_shape=(8, 8, 1),
            convolutions=(Convolution(filters=8, kernel=3, pool=True),),
            hidden=64,
            classes=tuple(range(10)),
        ),
    }
)
"""Every network with a name: Table I, and ``dense`` and ``tiny`` for 8×8 images and quick trials."""


def network_spec(
    name: str, input_shape: Sequence[int], classes: Sequence[int], *, field: str = "network"
) -> NetworkSpec:
    """Return a named network for images of one shape and the labels a contributor knows.

    Args:
        name: A key of ``NETWORKS``.
        input_shape: Shape of an image: (H, W) or (H, W, C).
        classes: The labels, in any order.
        field: The name to put into the error.

    Raises:
        InputError: The name is unknown or the network cannot read such images.
    """
    if name not in NETWORKS:
        raise InputError(field, name, f"known networks are {', '.join(NETWORKS)}")
    shape = (*input_shape, 1) if len(input_shape) == 2 else tuple(input_shape)
    try:
        return NetworkSpec.model_validate(
            {
                **NETWORKS[name].model_dump(),
                "input_shape": shape,
                "classes": tuple(sorted({int(label) for label in classes})),
            }
        )
    except ValueError as error:
        raise InputError(field, name, f"it cannot be built for images of {shape}: {_reason(error)}") from None


def _reason(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc'])} {first['msg']}".strip()
    return str(error)
