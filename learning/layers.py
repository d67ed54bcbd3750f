"""The layers that a network of one's own may have: their attributes, and what each needs before it is built.

Names of classes and attributes are Keras', so that a layer can be read from a Keras file and rebuilt as a
Keras layer. Shapes are those of one image's values, without the batch.
"""
# ruff: noqa: D102 (what an overridden method returns stands at ``Layer``)

import math
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Shape = tuple[int, ...]

ActivationName = Literal[
    "linear",
    "relu",
    "relu6",
    "leaky_relu",
    "elu",
    "selu",
    "gelu",
    "silu",
    "sigmoid",
    "softplus",
    "softsign",
    "tanh",
]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
_Side = Annotated[int, Field(ge=1, le=64)]
_Pair = tuple[_Side, _Side]
_Margin = Annotated[int, Field(ge=0, le=64)]
_Width = Annotated[int, Field(ge=1, le=4096)]
_Factor = Annotated[float, Field(ge=-1e6, le=1e6)]
_Padding = Literal["valid", "same"]


class Layer(BaseModel):
    """What all layers have in common.

    Attributes:
        name: Unique in a network.
        inputs: Names of the layers that it reads, or ``image``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    ranks: ClassVar[tuple[int, ...]] = (1, 2, 3)

    name: Name
    inputs: tuple[Name, ...] = Field(min_length=1, max_length=1)

    def output(self, *shapes: Shape) -> Shape:
        """Return the shape of what comes out.

        Raises:
            ValueError: Such inputs do not fit.
        """
        return shapes[0]

    def weights(self, *shapes: Shape) -> dict[str, Shape]:
        """Return the shape of every weight by Keras' name for it."""
        return {}

    def products(self, *shapes: Shape) -> int:
        """Return roughly how many multiplications one image takes."""
        return math.prod(self.output(*shapes))

    @property
    def keras_arguments(self) -> dict[str, object]:
        """What the Keras layer of the same name is made with."""
        return self.model_dump(exclude={"kind", "inputs"})


class Windowed(Layer):
    """A layer that moves a window over an image."""

    ranks: ClassVar[tuple[int, ...]] = (3,)

    strides: _Pair = (1, 1)
    padding: _Padding = "valid"

    def _plane(self, shape: Shape, window: _Pair) -> _Pair:
        sides = []
        for side, width, step in zip(shape, window, self.strides, strict=False):
            sides.append(-(-side // step) if self.padding == "same" else (side - width) // step + 1)
        if min(sides) < 1:
            raise ValueError(f"an image of {shape[0]} × {shape[1]} is smaller than the window")
        return sides[0], sides[1]


class _Activated(Layer):
    activation: ActivationName = "linear"
    use_bias: bool = True

    def _bias(self, width: int) -> dict[str, Shape]:
        return {"bias": (width,)} if self.use_bias else {}


class Conv2D(Windowed, _Activated):
    """A convolution."""

    kind: Literal["Conv2D"] = "Conv2D"
    filters: _Width
    kernel_size: _Pair

    def output(self, *shapes: Shape) -> Shape:
        return (*self._plane(shapes[0], self.kernel_size), self.filters)

    def weights(self, *shapes: Shape) -> dict[str, Shape]:
        return {"kernel": (*self.kernel_size, shapes[0][2], self.filters), **self._bias(self.filters)}

    def products(self, *shapes: Shape) -> int:
        return math.prod(self.output(*shapes)) * math.prod(self.kernel_size) * shapes[0][2]


class _Depthwise(Windowed, _Activated):
    kernel_size: _Pair
    depth_multiplier: int = Field(default=1, ge=1, le=16)

    @model_validator(mode="after")
    def _strides_are_square(self) -> Self:
        if self.strides[0] != self.strides[1]:
            raise ValueError("both strides must be the same")
        return self

    def _depthwise(self, shape: Shape) -> tuple[Shape, Shape, int]:
        """Return shapes of output and kernel, and the products."""
        channels = shape[2] * self.depth_multiplier
        output = (*self._plane(shape, self.kernel_size), channels)
        kernel = (*self.kernel_size, shape[2], self.depth_multiplier)
        return output, kernel, math.prod(output) * math.prod(self.kernel_size)


class DepthwiseConv2D(_Depthwise):
    """A convolution of each channel alone."""

    kind: Literal["DepthwiseConv2D"] = "DepthwiseConv2D"

    def output(self, *shapes: Shape) -> Shape:
        return self._depthwise(shapes[0])[0]

    def weights(self, *shapes: Shape) -> dict[str, Shape]:
        output, kernel, _ = self._depthwise(shapes[0])
        return {"kernel": kernel, **self._bias(output[2])}

    def products(self, *shapes: Shape) -> int:
        return self._depthwise(shapes[0])[2]


class SeparableConv2D(_Depthwise):
    """A convolution of each channel alone, then one of a single pixel over all of them."""

    kind: Literal["SeparableConv2D"] = "SeparableConv2D"
    filters: _Width

    def output(self, *shapes: Shape) -> Shape:
        return (*self._depthwise(shapes[0])[0][:2], self.filters)

    def weights(self, *shapes: Shape) -> dict[str, Shape]:
        output, kernel, _ = self._depthwise(shapes[0])
        pointwise = (1, 1, output[2], self.filters)
        return {"depthwise_kernel": kernel, "pointwise_kernel": pointwise, **self._bias(self.filters)}

    def products(self, *shapes: Shape) -> int:
        output, _, products = self._depthwise(shapes[0])
        return products + math.prod(output) * self.filters


class Pooling(Windowed):
    """One number for each window; windows lie side by side unless strides say otherwise."""

    pool_size: _Pair = (2, 2)

    @model_validator(mode="before")
    @classmethod
    def _strides_are_the_window(cls, values: object) -> object:
        if isinstance(values, dict) and values.get("strides") is None and "pool_size" in values:
            return {**values, "strides": values["pool_size"]}
        return values

    def output(self, *shapes: Shape) -> Shape:
        return (*self._plane(shapes[0], self.pool_size), shapes[0][2])

    def products(self, *shapes: Shape) -> int:
        return math.prod(self.output(*shapes)) * math.prod(self.pool_size)


class MaxPooling2D(Pooling):
    """The maximum of each window."""

    kind: Literal["MaxPooling2D"] = "MaxPooling2D"


class AveragePooling2D(Pooling):
    """The mean of each window."""

    kind: Literal["AveragePooling2D"] = "AveragePooling2D"


class _Global(Layer):
    ranks: ClassVar[tuple[int, ...]] = (3,)

    def output(self, *shapes: Shape) -> Shape:
        return shapes[0][2:]

    def products(self, *shapes: Shape) -> int:
        return math.prod(shapes[0])


class GlobalAveragePooling2D(_Global):
    """Each channel's mean."""

    kind: Literal["GlobalAveragePooling2D"] = "GlobalAveragePooling2D"


class GlobalMaxPooling2D(_Global):
    """Each channel's maximum."""

    kind: Literal["GlobalMaxPooling2D"] = "GlobalMaxPooling2D"


class Dense(_Activated):
    """A matrix product over the last axis."""

    kind: Literal["Dense"] = "Dense"
    units: _Width

    def output(self, *shapes: Shape) -> Shape:
        return (*shapes[0][:-1], self.units)

    def weights(self, *shapes: Shape) -> dict[str, Shape]:
        return {"kernel": (shapes[0][-1], self.units), **self._bias(self.units)}

    def products(self, *shapes: Shape) -> int:
        return math.prod(shapes[0]) * self.units


class Flatten(Layer):
    """All values in one row."""

    kind: Literal["Flatten"] = "Flatten"

    def output(self, *shapes: Shape) -> Shape:
        return (math.prod(shapes[0]),)


class Reshape(Layer):
    """The same values in another shape; one side may be -1, which is then what is left."""

    kind: Literal["Reshape"] = "Reshape"
    target_shape: tuple[Annotated[int, Field(ge=-1, le=10**7)], ...] = Field(min_length=1, max_length=3)

    def output(self, *shapes: Shape) -> Shape:
        size, known = math.prod(shapes[0]), math.prod(side for side in self.target_shape if side != -1)
        open_sides = self.target_shape.count(-1)
        if known < 1 or open_sides > 1 or size % known or (not open_sides and size != known):
            raise ValueError(f"{size} values do not fit the shape {self.target_shape}")
        return tuple(size // known if side == -1 else side for side in self.target_shape)


class ZeroPadding2D(Layer):
    """Zeros around an image: above and below, left and right."""

    ranks: ClassVar[tuple[int, ...]] = (3,)
    kind: Literal["ZeroPadding2D"] = "ZeroPadding2D"
    padding: tuple[tuple[_Margin, _Margin], tuple[_Margin, _Margin]]

    def output(self, *shapes: Shape) -> Shape:
        height, width, channels = shapes[0]
        return height + sum(self.padding[0]), width + sum(self.padding[1]), channels


class Rescaling(Layer):
    """Every value times ``scale``, plus ``offset``."""

    kind: Literal["Rescaling"] = "Rescaling"
    scale: _Factor
    offset: _Factor = 0.0


class Activation(Layer):
    """A function of every value."""

    kind: Literal["Activation"] = "Activation"
    activation: ActivationName


class ReLU(Layer):
    """The positive part, cut off at ``max_value`` if there is one."""

    kind: Literal["ReLU"] = "ReLU"
    max_value: Annotated[float, Field(gt=0, le=1e6)] | None = None


class LeakyReLU(Layer):
    """The positive part, and ``negative_slope`` times the negative one."""

    kind: Literal["LeakyReLU"] = "LeakyReLU"
    negative_slope: float = Field(default=0.3, ge=0, le=1)


class LayerNormalization(Layer):
    """Mean 0 and variance 1 over the last axis, then scaled and moved by weights."""

    kind: Literal["LayerNormalization"] = "LayerNormalization"
    epsilon: float = Field(default=1e-3, ge=1e-12, le=1)
    center: bool = True
    scale: bool = True

    def weights(self, *shapes: Shape) -> dict[str, Shape]:
        names = [name for name, used in (("gamma", self.scale), ("beta", self.center)) if used]
        return dict.fromkeys(names, shapes[0][-1:])


class Dropout(Layer):
    """Nothing, here: it changes no prediction, and training here drops no values."""

    kind: Literal["Dropout"] = "Dropout"
    rate: float = Field(ge=0, lt=1)


class _Merging(Layer):
    inputs: tuple[Name, ...] = Field(min_length=2, max_length=16)


class Add(_Merging):
    """The sum of layers of the same shape."""

    kind: Literal["Add"] = "Add"

    def output(self, *shapes: Shape) -> Shape:
        if len(set(shapes)) > 1:
            raise ValueError(f"shapes {', '.join(map(str, shapes))} are not the same")
        return shapes[0]


class Concatenate(_Merging):
    """Layers side by side along the last axis."""

    kind: Literal["Concatenate"] = "Concatenate"

    def output(self, *shapes: Shape) -> Shape:
        if len({shape[:-1] for shape in shapes}) > 1:
            raise ValueError(f"shapes {', '.join(map(str, shapes))} differ not only in the last side")
        return (*shapes[0][:-1], sum(shape[-1] for shape in shapes))


AnyLayer = Annotated[
    Conv2D
    | DepthwiseConv2D
    | SeparableConv2D
    | MaxPooling2D
    | AveragePooling2D
    | GlobalAveragePooling2D
    | GlobalMaxPooling2D
    | Dense
    | Flatten
    | Reshape
    | ZeroPadding2D
    | Rescaling
    | Activation
    | ReLU
    | LeakyReLU
    | LayerNormalization
    | Dropout
    | Add
    | Concatenate,
    Field(discriminator="kind"),
]
"""Any layer that is allowed."""
