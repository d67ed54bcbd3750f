"""Convolution, 2×2 maximum, bias and ReLU in one: the layer on which a training step's time is spent.

Bias and ReLU follow the maximum, on a quarter of the values: both are monotone, so the result is the same.
Going back, all that has to be known is which cell of a window won, one byte each, or that the ReLU closed;
Keras' pooling layer has a select-and-scatter there that costs more than its convolutions.

Images of few channels never get a full plane. The four cells of a window see the same patch, one pixel larger
than the kernel, through four shifted copies of it, so one convolution of stride 2 with four times the filters
gives all four, and its kernel gradient is four small matrix products over those patches. That is a fifth to
almost a half more multiplications and still wins, because with one channel the rest is what costs. Whole
training steps at batch 50 on one core with AVX-512, beside convolution and maximum one after the other: 1.1
times as fast for Table I's CNN 1 and 2, 1.6 and 2.8 times for CNN 4 and 5, whose first kernels have a side
of 10. The same for more channels is slower, and so are im2col throughout and bfloat16 where the CPU lacks it.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

from .convolution import convolve

_FEW_CHANNELS = 4
_LAYOUT = ("NHWC", "HWIO", "NHWC")
_CELLS = ((0, 0), (0, 1), (1, 0), (1, 1))

Winners = jax.Array
"""Which of ``_CELLS`` had the maximum, int8 (N, H/2, W/2, filters); -1 where the ReLU gave 0."""


def convolve_and_pool(signal: jax.Array, kernel: jax.Array, bias: jax.Array) -> jax.Array:
    """Return the activations after a convolution with ``same`` padding, a 2×2 maximum, bias and ReLU.

    Args:
        signal: (N, H, W, C); where a side is odd, the last row or column of the convolution is dropped.
        kernel: (side, side, C, filters).
        bias: (filters,).

    Returns:
        (N, H // 2, W // 2, filters).
    """
    if signal.shape[-1] <= _FEW_CHANNELS:
        return _few_channels(signal, kernel, bias)
    return _pool(signal.shape[1:3], convolve(signal, kernel), bias)


def _strongest(cells: list[jax.Array], bias: jax.Array) -> tuple[jax.Array, Winners]:
    above, below = (jnp.maximum(left, right) for left, right in (cells[:2], cells[2:]))
    sides = [jnp.where(right > left, jnp.int8(1), jnp.int8(0)) for left, right in (cells[:2], cells[2:])]
    found = jax.nn.relu(jnp.maximum(above, below) + bias)
    winners = jnp.where(below > above, sides[1] + jnp.int8(2), sides[0])
    # Without the barrier XLA finds the winners anew, from the full plane, wherever they are used.
    return lax.optimization_barrier((found, jnp.where(found > 0, winners, jnp.int8(-1))))


def _spread(winners: Winners, slope: jax.Array, sides: tuple[int, int]) -> jax.Array:
    """Return the slope of the full plane, (N, height, width, filters)."""
    count, rows, columns, filters = winners.shape
    cells = jnp.arange(4, dtype=jnp.int8).reshape(1, 1, 2, 1, 2, 1)
    chosen = winners[:, :, None, :, None] == cells
    plane = jnp.where(chosen, slope[:, :, None, :, None], 0.0).reshape(count, 2 * rows, 2 * columns, filters)
    return jnp.pad(plane, ((0, 0), (0, sides[0] % 2), (0, sides[1] % 2), (0, 0)))


def _bias_slope(winners: Winners, slope: jax.Array) -> jax.Array:
    return jnp.where(winners >= 0, slope, 0.0).sum((0, 1, 2))


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _pool(sides: tuple[int, int], plane: jax.Array, bias: jax.Array) -> jax.Array:
    return _pool_forward(sides, plane, bias)[0]


def _pool_forward(
    sides: tuple[int, int], plane: jax.Array, bias: jax.Array
) -> tuple[jax.Array, tuple[Winners]]:
    rows, columns = sides[0] // 2, sides[1] // 2
    even = plane[:, : 2 * rows, : 2 * columns]
    windows = even.reshape(len(plane), rows, 2, columns, 2, -1)
    found, winners = _strongest([windows[:, :, y, :, x] for y, x in _CELLS], bias)
    return found, (winners,)


def _pool_backward(
    sides: tuple[int, int], kept: tuple[Winners], slope: jax.Array
) -> tuple[jax.Array, jax.Array]:
    (winners,) = kept
    return lax.optimization_barrier(_spread(winners, slope, sides)), _bias_slope(winners, slope)


_pool.defvjp(_pool_forward, _pool_backward)


@jax.custom_vjp
def _few_channels(signal: jax.Array, kernel: jax.Array, bias: jax.Array) -> jax.Array:
    return _few_forward(signal, kernel, bias)[0]


def _few_forward(signal: jax.Array, kernel: jax.Array, bias: jax.Array) -> tuple[jax.Array, tuple]:
    side, _, channels, filters = kernel.shape
    shifted = [jnp.pad(kernel, ((y, 1 - y), (x, 1 - x), (0, 0), (0, 0))) for y, x in _CELLS]
    four = jnp.stack(shifted, axis=-2).reshape(side + 1, side + 1, channels, 4 * filters)
    planes = lax.conv_general_dilated(signal, four, (2, 2), _margins(signal, side), dimension_numbers=_LAYOUT)
    found, winners = _strongest(jnp.split(planes, 4, axis=-1), bias)
    return found, (signal, kernel, winners)


def _few_backward(kept: tuple, slope: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    signal, kernel, winners = kept
    side, _, channels, filters = kernel.shape
    patches = _patches(signal, side)
    to_kernel = jnp.zeros_like(kernel)
    for cell, (y, x) in enumerate(_CELLS):
        chosen = lax.optimization_barrier(jnp.where(winners == cell, slope, 0.0).reshape(-1, filters))
        product = (patches @ chosen).reshape(side + 1, side + 1, channels, filters)
        to_kernel += product[y : y + side, x : x + side]
    # XLA leaves this out where nobody asks, which is where the signal is the images.
    _, to_signal = jax.vjp(lambda values: convolve(values, kernel), signal)
    plane = _spread(winners, slope, signal.shape[1:3])
    return to_signal(plane)[0], to_kernel, _bias_slope(winners, slope)


_few_channels.defvjp(_few_forward, _few_backward)


def _margins(signal: jax.Array, side: int) -> list[tuple[int, int]]:
    """Return the padding, before and after, with which the patches lie two pixels apart."""
    before = (side - 1) // 2
    return [(before, length // 2 * 2 + side - 1 - before - length) for length in signal.shape[1:3]]


def _patches(signal: jax.Array, side: int) -> jax.Array:
    """Return what each window's patch holds, ((side + 1)² · C, N · H/2 · W/2)."""
    count, height, width, channels = signal.shape
    rows, columns = height // 2, width // 2
    zero = jnp.zeros((), signal.dtype)
    # One more where the patches' length is odd, so that even and odd places part evenly.
    sides = [(before, after + (side - 1) % 2, 0) for before, after in _margins(signal, side)]
    padded = lax.pad(signal, zero, [(0, 0, 0), *sides, (0, 0, 0)])
    high, wide = padded.shape[1] // 2, padded.shape[2] // 2
    parted = padded.reshape(count, high, 2, wide, 2, channels).transpose(2, 4, 5, 0, 1, 3)
    cells = [
        parted[y % 2, x % 2, :, :, y // 2 : y // 2 + rows, x // 2 : x // 2 + columns]
        for y in range(side + 1)
        for x in range(side + 1)
    ]
    return jnp.stack(cells).reshape((side + 1) ** 2 * channels, -1)
