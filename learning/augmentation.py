"""New images from old ones: small random affine and elastic distortions (Simard, Steinkraus & Platt 2003).

P. Y. Simard, D. Steinkraus, J. C. Platt, *Best practices for convolutional neural networks applied to visual
document analysis*, ICDAR 2003, doi:10.1109/ICDAR.2003.1227801, section 2. Every pixel of a new image is read
from a place in the old one: an affine map of its own place, moved on by a random field that is smooth because
uniform noise was blurred. All images of a call are distorted at once, each by draws of its own.
"""

from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np

from ..errors import InputError
from .config import Augmentation

SIDE = 28
"""Lengths in ``Augmentation`` are pixels of images of this side; other images get them to scale."""

SMALLEST_SIDE = 8


def distorted(images: np.ndarray, settings: Augmentation, draws: np.random.Generator) -> np.ndarray:
    """Return a distorted copy of every image, shaped and typed like ``images``.

    Args:
        images: uint8 (N, H, W) or (N, H, W, C); what lies outside counts as 0.
        settings: How strong the distortions are.
        draws: Where the randomness comes from.

    Raises:
        InputError: The images are too small to be distorted, as tables of numbers are.
    """
    count, height, width = images.shape[:3]
    if min(height, width) < SMALLEST_SIDE:
        allowed = f"none for images of {height} by {width}: both sides need {SMALLEST_SIDE} pixels at least"
        raise InputError("augmentation", "distortions", allowed)
    maps = _affine_maps(count, settings, draws)
    shifts = _uniform(draws, (count, 2)) * np.asarray([height, width], np.float32) * (settings.shift / SIDE)
    fields = _elastic_fields(count, height, width, settings, draws)
    planes = images.reshape(count, height, width, -1)
    return np.asarray(_read(planes, maps, shifts, fields)).reshape(images.shape)


def _uniform(draws: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return draws.random(shape, np.float32) * 2 - 1


def _affine_maps(count: int, settings: Augmentation, draws: np.random.Generator) -> np.ndarray:
    """Return the maps from new to old places relative to the centre, (N, 2, 2) in the order y, x."""
    angle, scale, stretch, shear = _uniform(draws, (4, count))
    angle = angle * np.float32(np.deg2rad(settings.rotation))
    x_scale = 1 + scale * np.float32(settings.scale)
    y_scale = x_scale + stretch * np.float32(settings.stretch)
    shear = shear * np.float32(settings.shear)
    cos, sin = np.cos(angle), np.sin(angle)
    rows = [y_scale * cos, x_scale * (sin + shear * cos), -y_scale * sin, x_scale * (cos - shear * sin)]
    return np.stack(rows, axis=1).reshape(count, 2, 2)


def _elastic_fields(
    count: int, height: int, width: int, settings: Augmentation, draws: np.random.Generator
) -> np.ndarray:
    """Return how far each place is moved on, in pixels along y and x, (N, 2, H, W)."""
    noise = _uniform(draws, (count, 2, height, width))
    along_x = noise.reshape(-1, width) @ _blur(width, settings.smoothing * width / SIDE).T
    turned = np.ascontiguousarray(along_x.reshape(-1, height, width).swapaxes(1, 2)).reshape(-1, height)
    smooth = (turned @ _blur(height, settings.smoothing * height / SIDE).T).reshape(count, 2, width, height)
    # Blurred over fewer pixels, noise keeps more of its spread: so the strength falls with both sides.
    return smooth.swapaxes(2, 3) * np.float32(settings.elastic * height * width / SIDE**2)


@lru_cache(maxsize=16)
def _blur(side: int, deviation: float) -> np.ndarray:
    """Return the matrix of a Gaussian blur of a line, (side, side); what lies outside counts as 0."""
    places = np.arange(side)
    far = np.arange(-4 * side, 4 * side + 1)
    whole = np.exp(-0.5 * (far / deviation) ** 2).sum()
    matrix = np.exp(-0.5 * ((places[:, None] - places[None, :]) / deviation) ** 2) / whole
    return matrix.astype(np.float32)


@jax.jit
def _read(planes: jax.Array, maps: jax.Array, shifts: jax.Array, fields: jax.Array) -> jax.Array:
    """Read every pixel of the new images between the four next to its place in the old ones."""
    count, height, width, channels = planes.shape
    y, x = jnp.arange(height) - (height - 1) / 2, jnp.arange(width) - (width - 1) / 2
    centred = jnp.stack(jnp.meshgrid(y, x, indexing="ij")).reshape(2, -1)
    middle = jnp.asarray([(height - 1) / 2, (width - 1) / 2])[:, None]
    places = maps @ centred + middle + shifts[:, :, None] + fields.reshape(count, 2, -1)
    # A margin of zeros around the image; places beyond it read from it.
    padded = jnp.pad(planes, ((0, 0), (1, 1), (1, 1), (0, 0))).reshape(count, -1, channels)
    most = jnp.asarray([height + 0.999, width + 0.999])[:, None]
    places = jnp.clip(places + 1, 0.0, most)
    corner = jnp.floor(places).astype(jnp.int32)
    part = (places - corner)[..., None]
    start = corner[:, 0] * (width + 2) + corner[:, 1]

    def at(offset: int) -> jax.Array:
        return jnp.take_along_axis(padded, (start + offset)[..., None], axis=1, mode="clip").astype(
            jnp.float32
        )

    above = at(0) * (1 - part[:, 1]) + at(1) * part[:, 1]
    below = at(width + 2) * (1 - part[:, 1]) + at(width + 3) * part[:, 1]
    value = above * (1 - part[:, 0]) + below * part[:, 0]
    return jnp.round(value).astype(jnp.uint8).reshape(planes.shape)
