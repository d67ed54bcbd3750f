"""A network of one's own up to its features: allowed layers in an order in which each reads earlier ones.

So there is no cycle, and no layer is passed twice. Every size follows from the image's before anything is
allocated or compiled.
"""

import hashlib
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .layers import AnyLayer, Shape

IMAGE = "image"
FEATURES = "features"
LABELS = "labels"
MAX_LAYERS = 64


@dataclass(frozen=True)
class Plan:
    """What a network takes for images of one shape, without its last layer.

    Attributes:
        width: Width of the feature vector.
        weight_shapes: Shape of every weight by name, in the order of the layers.
        values: Numbers that all layers together put out for one image.
        products: Multiplications for one image, roughly.
    """

    width: int
    weight_shapes: dict[str, Shape]
    values: int
    products: int


class Graph(BaseModel):
    """Layers from the raw pixels, 0 to 255, to the feature vector: the last layer is called ``features``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    layers: tuple[AnyLayer, ...] = Field(min_length=1, max_length=MAX_LAYERS)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:  # asked for at every step of a compiled program; the same in every process
        return int.from_bytes(hashlib.sha256(self.model_dump_json().encode()).digest()[:7])

    @model_validator(mode="after")
    def _each_reads_earlier_ones(self) -> Self:
        known, unread = {IMAGE}, set()
        for layer in self.layers:
            if layer.name in (*known, LABELS):
                raise ValueError(f"the name {layer.name!r} is taken; another layer needs another name")
            for source in layer.inputs:
                if source not in known:
                    raise ValueError(f"layer {layer.name!r} reads {source!r}, which is no earlier layer")
            unread -= set(layer.inputs)
            known.add(layer.name)
            unread.add(layer.name)
        if self.layers[-1].name != FEATURES:
            raise ValueError(f"the layer before the labels must be called {FEATURES!r}")
        for name in sorted(unread - {FEATURES}):
            raise ValueError(f"layer {name!r} does not lead to {FEATURES!r}")
        return self

    def plan(self, image_shape: Shape, *, most_values: int) -> Plan:
        """Compute every size.

        Args:
            image_shape: (H, W, C).
            most_values: The most numbers that all layers together may put out for one image.

        Raises:
            ValueError: A layer cannot read what it is given, the features are no vector, or there are too
                many values; the message names the layer.
        """
        shapes: dict[str, Shape] = {IMAGE: image_shape}
        weights: dict[str, Shape] = {}
        values = products = 0
        for layer in self.layers:
            given = [shapes[source] for source in layer.inputs]
            try:
                shapes[layer.name] = _output(layer, given)
            except ValueError as error:
                raise ValueError(f"layer {layer.name!r}: {error}") from None
            values += math.prod(shapes[layer.name])
            if values > most_values:
                raise ValueError(
                    f"up to layer {layer.name!r} an image takes {values} values of {most_values}"
                )
            products += layer.products(*given)
            for name, shape in layer.weights(*given).items():
                weights[f"{layer.name}/{name}"] = shape
        features = shapes[FEATURES]
        if len(features) != 1:
            raise ValueError(f"the layer {FEATURES!r} gives shape {features}; a vector is needed")
        return Plan(features[0], weights, values, products)


def _output(layer: AnyLayer, given: list[Shape]) -> Shape:
    for shape in given:
        if len(shape) not in layer.ranks:
            raise ValueError(f"{layer.kind} cannot read the shape {shape}")
    return layer.output(*given)
