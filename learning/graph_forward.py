"""The forward pass of a network of one's own in plain JAX, equal to its Keras model."""

from collections.abc import Callable, Mapping
from functools import singledispatch

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from . import layers
from .convolution import convolve
from .graphs import FEATURES, IMAGE, Graph

Weights = Mapping[str, jax.Array | np.ndarray]

_FEW_CHANNELS = 4
_ACTIVATIONS: Mapping[str, Callable[[jax.Array], jax.Array]] = {
    "linear": lambda signal: signal,
    "relu": jax.nn.relu,
    "relu6": jax.nn.relu6,
    "leaky_relu": lambda signal: jax.nn.leaky_relu(signal, 0.2),  # Keras' slope, not JAX's
    "elu": jax.nn.elu,
    "selu": jax.nn.selu,
    "gelu": lambda signal: jax.nn.gelu(signal, approximate=False),
    "silu": jax.nn.silu,
    "sigmoid": jax.nn.sigmoid,
    "softplus": jax.nn.softplus,
    "softsign": jax.nn.soft_sign,
    "tanh": jnp.tanh,
}


def graph_features(weights: Weights, images: jax.Array, graph: Graph) -> jax.Array:
    """Return the feature vectors, float32 (N, width), of uint8 images (N, H, W[, C])."""
    image = images.astype(jnp.float32)
    signals = {IMAGE: image[..., None] if image.ndim == 3 else image}
    for layer in graph.layers:
        own = {
            name.rsplit("/", 1)[1]: jnp.asarray(array)
            for name, array in weights.items()
            if name.rsplit("/", 1)[0] == layer.name
        }
        signals[layer.name] = _apply(layer, own, *(signals[source] for source in layer.inputs))
    return signals[FEATURES]


@singledispatch
def _apply(layer: layers.Layer, own: Weights, *signals: jax.Array) -> jax.Array:
    raise NotImplementedError(type(layer).__name__)


@_apply.register
def _(layer: layers.Conv2D, own: Weights, signal: jax.Array) -> jax.Array:
    kernel = jnp.asarray(own["kernel"])
    if layer.strides == (1, 1) and kernel.shape[0] == kernel.shape[1] and signal.shape[-1] <= _FEW_CHANNELS:
        result = convolve(signal, kernel)
        if layer.padding == "valid":
            side = kernel.shape[0]
            first = (side - 1) // 2
            height, width = (length - side + 1 for length in signal.shape[1:3])
            result = result[:, first : first + height, first : first + width]
    else:
        result = _convolve(signal, kernel, layer)
    return _activated(result, own, layer.activation)


@_apply.register
def _(layer: layers.DepthwiseConv2D, own: Weights, signal: jax.Array) -> jax.Array:
    return _activated(_depthwise(signal, jnp.asarray(own["kernel"]), layer), own, layer.activation)


@_apply.register
def _(layer: layers.SeparableConv2D, own: Weights, signal: jax.Array) -> jax.Array:
    deep = _depthwise(signal, jnp.asarray(own["depthwise_kernel"]), layer)
    return _activated(deep @ own["pointwise_kernel"][0, 0], own, layer.activation)


@_apply.register
def _(layer: layers.Dense, own: Weights, signal: jax.Array) -> jax.Array:
    return _activated(signal @ own["kernel"], own, layer.activation)


@_apply.register
def _(layer: layers.MaxPooling2D, own: Weights, signal: jax.Array) -> jax.Array:
    windows = _windows(signal, layer)
    if windows is None:
        return _over_windows(signal, layer, -jnp.inf, lax.max)
    # One after the other along both axes: the gradient of this maximum is elementwise and cheap.
    for axis in (4, 2):
        rows = [
            lax.index_in_dim(windows, place, axis, keepdims=False) for place in range(windows.shape[axis])
        ]
        windows = rows[0]
        for row in rows[1:]:
            windows = jnp.maximum(windows, row)
    return windows


@_apply.register
def _(layer: layers.AveragePooling2D, own: Weights, signal: jax.Array) -> jax.Array:
    windows = _windows(signal, layer)
    if windows is not None:
        return windows.mean(axis=(2, 4))
    ones = jnp.ones((1, *signal.shape[1:3], 1), signal.dtype)
    return _over_windows(signal, layer, 0.0, lax.add) / _over_windows(ones, layer, 0.0, lax.add)


@_apply.register
def _(layer: layers.GlobalAveragePooling2D, own: Weights, signal: jax.Array) -> jax.Array:
    return signal.mean(axis=(1, 2))


@_apply.register
def _(layer: layers.GlobalMaxPooling2D, own: Weights, signal: jax.Array) -> jax.Array:
    return signal.max(axis=(1, 2))


@_apply.register
def _(layer: layers.Flatten, own: Weights, signal: jax.Array) -> jax.Array:
    return signal.reshape(len(signal), -1)


@_apply.register
def _(layer: layers.Reshape, own: Weights, signal: jax.Array) -> jax.Array:
    return signal.reshape(len(signal), *layer.output(signal.shape[1:]))


@_apply.register
def _(layer: layers.ZeroPadding2D, own: Weights, signal: jax.Array) -> jax.Array:
    return jnp.pad(signal, ((0, 0), *layer.padding, (0, 0)))


@_apply.register
def _(layer: layers.Rescaling, own: Weights, signal: jax.Array) -> jax.Array:
    return signal * layer.scale + layer.offset


@_apply.register
def _(layer: layers.Activation, own: Weights, signal: jax.Array) -> jax.Array:
    return _ACTIVATIONS[layer.activation](signal)


@_apply.register
def _(layer: layers.ReLU, own: Weights, signal: jax.Array) -> jax.Array:
    positive = jax.nn.relu(signal)
    return positive if layer.max_value is None else jnp.minimum(positive, layer.max_value)


@_apply.register
def _(layer: layers.LeakyReLU, own: Weights, signal: jax.Array) -> jax.Array:
    return jax.nn.leaky_relu(signal, layer.negative_slope)


@_apply.register
def _(layer: layers.LayerNormalization, own: Weights, signal: jax.Array) -> jax.Array:
    centred = signal - signal.mean(axis=-1, keepdims=True)
    normal = centred * lax.rsqrt((centred**2).mean(axis=-1, keepdims=True) + layer.epsilon)
    scaled = normal * own["gamma"] if layer.scale else normal
    return scaled + own["beta"] if layer.center else scaled


@_apply.register
def _(layer: layers.Dropout, own: Weights, signal: jax.Array) -> jax.Array:
    return signal


@_apply.register
def _(layer: layers.Add, own: Weights, *signals: jax.Array) -> jax.Array:
    total = signals[0]
    for signal in signals[1:]:
        total = total + signal
    return total


@_apply.register
def _(layer: layers.Concatenate, own: Weights, *signals: jax.Array) -> jax.Array:
    return jnp.concatenate(signals, axis=-1)


def _activated(signal: jax.Array, own: Weights, activation: str) -> jax.Array:
    return _ACTIVATIONS[activation](signal + own["bias"] if "bias" in own else signal)


def _convolve(signal: jax.Array, kernel: jax.Array, layer: layers.Windowed, groups: int = 1) -> jax.Array:
    return lax.conv_general_dilated(
        signal,
        kernel,
        layer.strides,
        layer.padding.upper(),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=groups,
    )


def _depthwise(signal: jax.Array, kernel: jax.Array, layer: layers.Windowed) -> jax.Array:
    height, width, channels, multiplier = kernel.shape
    return _convolve(signal, kernel.reshape(height, width, 1, channels * multiplier), layer, channels)


def _windows(signal: jax.Array, layer: layers.Pooling) -> jax.Array | None:
    """Return (N, rows, window height, columns, window width, C), or ``None`` if windows overlap."""
    count, height, width, channels = signal.shape
    tall, wide = layer.pool_size
    whole = height % tall == width % wide == 0
    if layer.strides != layer.pool_size or (layer.padding == "same" and not whole):
        return None
    rows, columns = height // tall, width // wide
    inside = signal[:, : rows * tall, : columns * wide]
    return inside.reshape(count, rows, tall, columns, wide, channels)


def _over_windows(
    signal: jax.Array,
    layer: layers.Pooling,
    start: float,
    combine: Callable[..., jax.Array],
) -> jax.Array:
    window, strides = (1, *layer.pool_size, 1), (1, *layer.strides, 1)
    return lax.reduce_window(signal, start, combine, window, strides, layer.padding.upper())
