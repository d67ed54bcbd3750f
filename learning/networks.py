"""The networks contributors train, as plain descriptions: Table I and two small ones.

A description is all that travels with a model's weights. It is rebuilt by our own code and every size
is capped, so that a stranger's file can neither run code nor ask for unbounded memory or time.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from ..errors import InputError
from .graphs import Graph, Plan
from .keras_files import is_own_network, network_name, read_graph

MAX_PARAMETERS = 25_000_000
MAX_PRODUCTS = 500_000_000
MAX_VALUES = 4_000_000

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
    """A classifier: layers whose last gives the feature vector, then softmax.

    The layers are convolutions and a hidden layer, as in Table I, or a graph of one's own.

    Attributes:
        name: A short name such as ``cnn_1``.
        input_shape: Height, width and channels of an image.
        convolutions: In order from the image; none makes a dense network.
        hidden: Width of the layer ``features``, the paper's ``f_i``.
        classes: The labels the network tells apart, ascending; output ``j`` is label ``classes[j]``.
        graph: Layers of one's own instead of convolutions and the hidden layer; ``hidden`` is then the width
            of its features. A description without one does not mention it.
    """

    name: str = Field(pattern=r"^[a-z0-9_]{1,32}$")
    input_shape: tuple[_Side, _Side, _Channels]
    convolutions: tuple[Convolution, ...] = Field(max_length=8)
    hidden: int = Field(default=500, ge=1, le=4096)
    classes: tuple[_Label, ...] = Field(min_length=1, max_length=256)
    graph: Graph | None = None

    @model_serializer(mode="wrap")
    def _as_before_there_were_graphs(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        described = write(self)
        if self.graph is None:
            del described["graph"]
        return described

    @model_validator(mode="after")
    def _within_limits(self) -> Self:
        if tuple(sorted(set(self.classes))) != self.classes:
            raise ValueError("classes must ascend and not repeat")
        for convolution, (height, width, _) in zip(self.convolutions, self._planes(), strict=False):
            if convolution.pool and min(height, width) < 2:
                raise ValueError("an image is smaller than the pooling window")
        if self.graph is not None and self.convolutions:
            raise ValueError("a network has convolutions or a graph, not both")
        plan = self._plan
        if plan.width != self.hidden:
            raise ValueError(f"hidden must be {plan.width}, the width of the features")
        if plan.values > MAX_VALUES:
            raise ValueError(f"{plan.values} values an image; at most {MAX_VALUES} are allowed")
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

    @cached_property
    def _plan(self) -> Plan:
        """What comes before the last layer."""
        if self.graph is not None:
            return self.graph.plan(self.input_shape, most_values=MAX_VALUES)
        shapes: dict[str, tuple[int, ...]] = {}
        values = products = 0
        for number, (conv, (height, width, channels)) in enumerate(
            zip(self.convolutions, self._planes(), strict=False), start=1
        ):
            shapes[f"conv_{number}/kernel"] = (conv.kernel, conv.kernel, channels, conv.filters)
            shapes[f"conv_{number}/bias"] = (conv.filters,)
            values += height * width * conv.filters
            products += height * width * channels * conv.kernel**2 * conv.filters
        shapes["features/kernel"] = (self.flattened, self.hidden)
        shapes["features/bias"] = (self.hidden,)
        return Plan(self.hidden, shapes, values + self.hidden, products + self.flattened * self.hidden)

    @property
    def body(self) -> tuple[Convolution, ...] | Graph:
        """What the forward pass needs beside the weights: programs compiled for it serve every label set."""
        return self.convolutions if self.graph is None else self.graph

    @property
    def flattened(self) -> int:
        """Values that enter the hidden layer (Table I's reshaped vector)."""
        height, width, channels = list(self._planes())[-1]
        return height * width * channels

    @property
    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of every weight by name, in the order of the layers."""
        last = {"labels/kernel": (self.hidden, len(self.classes)), "labels/bias": (len(self.classes),)}
        return self._plan.weight_shapes | last

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return sum(math.prod(shape) for shape in self.weight_shapes.values())

    @property
    def products(self) -> int:
        """Multiplications of one forward pass over one image."""
        return self._plan.products + self.hidden * len(self.classes)


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
        "dense_wide": NetworkSpec(
            name="dense_wide", input_shape=(8, 8, 1), convolutions=(), hidden=500, classes=tuple(range(10))
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
"""Every network with a name: Table I, dense ones of 64 and 500 units, and ``tiny`` for 8×8 images."""


def network_spec(
    network: str | NetworkSpec,
    input_shape: Sequence[int],
    classes: Sequence[int],
    *,
    field: str = "network",
) -> NetworkSpec:
    """Return a network for images of one shape and the labels a contributor knows.

    Args:
        network: A key of ``NETWORKS``, the path of a user's own ``.keras`` or ``.json`` file, or a network
            for such images and other labels.
        input_shape: Shape of an image: (H, W) or (H, W, C).
        classes: The labels, in any order.
        field: The name to put into the error.

    Raises:
        InputError: The name is unknown, the file cannot be used, or the network cannot read such images.
    """
    shape = (*input_shape, 1) if len(input_shape) == 2 else tuple(input_shape)
    if isinstance(network, NetworkSpec):
        name, described = network.name, network.model_dump()
        if network.graph is not None and network.input_shape != shape:
            raise InputError(field, name, f"a network for {shape}; this one reads {network.input_shape}")
    elif is_own_network(network):
        name, graph = Path(network).name, read_graph(Path(network), shape, field=field)
        described = {"name": network_name(network), "convolutions": (), "graph": graph}
    elif network in NETWORKS:
        name, described = network, NETWORKS[network].model_dump()
    else:
        known = ", ".join(NETWORKS)
        raise InputError(field, network, f"known networks are {known}, or the path of a .keras or .json file")
    described |= {"input_shape": shape, "classes": tuple(sorted({int(label) for label in classes}))}
    try:
        graph = described.get("graph")
        if isinstance(graph, Graph):
            described["hidden"] = graph.plan(shape, most_values=MAX_VALUES).width
        return NetworkSpec.model_validate(described)
    except ValueError as error:
        raise InputError(field, name, f"it cannot be built for images of {shape}: {_reason(error)}") from None


def _reason(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc'])} {first['msg']}".strip()
    return str(error)
