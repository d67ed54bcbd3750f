"""The forward pass in plain JAX, equal to the Keras model's and several times faster on a CPU.

The maximum over each 2×2 window is taken over reshaped axes, one after the other: its gradient is
elementwise, where Keras' pooling layer has a select-and-scatter that costs more than the convolutions.
Bias and ReLU follow the pooling, on a quarter of the values: both are monotone, so the result is the same.
"""

from collections.abc import Callable, Mapping
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from .convolution import convolve
from .networks import Convolution

Weights = Mapping[str, jax.Array | np.ndarray]
Convolutions = tuple[Convolution, ...]

CHUNK = 100


def features(weights: Weights, images: jax.Array, convolutions: Convolutions) -> jax.Array:
    """Return the feature vectors ``f_i``, float32 (N, hidden), of uint8 images (N, H, W[, C])."""
    signal = images.astype(jnp.float32) / 255
    if signal.ndim == 3:
        signal = signal[..., None]
    for number, convolution in enumerate(convolutions, start=1):
        kernel, bias = (jnp.asarray(weights[f"conv_{number}/{part}"]) for part in ("kernel", "bias"))
        signal = convolve(signal, kernel)
        if convolution.pool:
            signal = _halved(signal)
        signal = jax.nn.relu(signal + bias)
    flat = signal.reshape(len(signal), -1)
    return jax.nn.relu(flat @ weights["features/kernel"] + weights["features/bias"])


def logits(weights: Weights, images: jax.Array, convolutions: Convolutions) -> jax.Array:
    """Return what the softmax is taken of, float32 (N, number of known classes)."""
    return features(weights, images, convolutions) @ weights["labels/kernel"] + weights["labels/bias"]


def _halved(signal: jax.Array) -> jax.Array:
    count, height, width, channels = signal.shape
    even = signal[:, : height // 2 * 2, : width // 2 * 2]
    windows = even.reshape(count, height // 2, 2, width // 2, 2, channels)
    rows = jnp.maximum(windows[:, :, 0], windows[:, :, 1])
    return jnp.maximum(rows[:, :, :, 0], rows[:, :, :, 1])


@partial(jax.jit, static_argnums=2)
def _features(weights: Weights, images: jax.Array, convolutions: Convolutions) -> jax.Array:
    return features(weights, images, convolutions)


@partial(jax.jit, static_argnums=2)
def _probabilities(weights: Weights, images: jax.Array, convolutions: Convolutions) -> jax.Array:
    return jax.nn.softmax(logits(weights, images, convolutions))


def feature_vectors(weights: Weights, images: np.ndarray, convolutions: Convolutions) -> np.ndarray:
    """Return the feature vectors of any number of uint8 images, float32 (N, hidden)."""
    return _in_chunks(lambda part: _features(weights, part, convolutions), images)


def probabilities(weights: Weights, images: np.ndarray, convolutions: Convolutions) -> np.ndarray:
    """Return the known classes' probabilities of any number of uint8 images, float32 (N, classes)."""
    return _in_chunks(lambda part: _probabilities(weights, part, convolutions), images)


def _in_chunks(function: Callable[[np.ndarray], jax.Array], images: np.ndarray) -> np.ndarray:
    """Apply a function to equal chunks, the last one padded: bounded memory and one compilation."""
    if len(images) <= CHUNK:
        return np.asarray(function(images))
    results = []
    for start in range(0, len(images), CHUNK):
        part = images[start : start + CHUNK]
        short = CHUNK - len(part)
        padded = np.concatenate([part, np.zeros((short, *part.shape[1:]), part.dtype)]) if short else part
        results.append(np.asarray(function(padded))[: len(part)])
    return np.concatenate(results)
