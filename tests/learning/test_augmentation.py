"""Distortions change where pixels lie, never what they mean, and follow from their seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import rotate

from verifuse.errors import InputError
from verifuse.learning import Augmentation
from verifuse.learning.augmentation import distorted
from verifuse.seeds import generator

NONE = Augmentation(rotation=0, scale=0, stretch=0, shear=0, shift=0, elastic=0)


def only(**settings):
    return NONE.model_copy(update=settings)


def ramp(count, axis, side=28):
    """Images whose values grow by 8 a pixel along one axis, so that a value tells where it came from."""
    line = 8 * np.arange(side)
    plane = line[:, None] if axis == 0 else line[None, :]
    return np.broadcast_to(plane, (count, side, side)).astype(np.uint8)


def moved(images, settings, seed=1):
    """Return how far each pixel's source lies from it along the ramp, for pixels well inside."""
    found = distorted(images, settings, generator(seed, "test")).astype(float)
    return (found - images)[:, 8:20, 8:20] / 8


@settings(max_examples=20)
@given(
    count=st.integers(1, 3),
    side=st.sampled_from([8, 9, 28]),
    channels=st.sampled_from([None, 1, 3]),
    seed=st.integers(0, 2**32),
)
def test_without_strength_every_image_stays_as_it_is(count, side, channels, seed):
    shape = (count, side, side) if channels is None else (count, side, side, channels)
    images = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    found = distorted(images, NONE, generator(seed, "test"))
    assert found.dtype == np.uint8 and np.array_equal(found, images)
    again, other = (distorted(images, Augmentation(), generator(seed, "test", who)) for who in "aa")
    assert again.shape == shape and np.array_equal(again, other)


@pytest.mark.parametrize("axis", [0, 1])
def test_shifts_are_whole_images_moved_by_at_most_so_many_pixels(axis):
    found = moved(ramp(400, axis), only(shift=2.0))
    assert np.abs(found - found[:, :1, :1]).max() < 0.13  # one eighth of a pixel is lost in rounding
    places = found[:, 0, 0]
    assert np.abs(places).max() <= 2.1 and abs(places.mean()) < 0.2
    assert abs(places.std() - 2 / np.sqrt(3)) < 0.12


def test_stretching_changes_the_height_alone():
    assert np.abs(moved(ramp(50, 1), only(stretch=0.09))).max() == 0
    along = moved(ramp(50, 0), only(stretch=0.09))
    assert 0.3 < np.abs(along).max() <= 0.09 * 6 + 0.13


def test_the_elastic_field_has_simards_strength_and_is_smooth():
    found = moved(ramp(600, 1), only(elastic=34.0, smoothing=4.0))
    # uniform noise has variance 1/3, and a blur of deviation s leaves 1 / (4 pi s^2) of it
    expected = 34 * np.sqrt(1 / 3 / (4 * np.pi * 4**2))
    assert abs(found.std() - expected) < 0.05 * expected
    assert np.abs(np.diff(found, axis=2)).std() < 0.3 * expected


def test_rotations_are_rotations():
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 4:24, 12:16] = 200
    found = distorted(np.repeat(image, 30, axis=0), only(rotation=30.0), generator(3, "test"))
    angles = np.linspace(-30, 30, 121)
    candidates = np.stack([rotate(image[0].astype(float), angle, reshape=False, order=1) for angle in angles])
    differences = np.abs(found[:, None].astype(float) - candidates[None]).mean(axis=(2, 3)).min(axis=1)
    assert differences.max() < 1.5
    assert len({row.tobytes() for row in found}) == 30


def test_a_table_of_numbers_is_no_image():
    with pytest.raises(InputError, match="augmentation") as caught:
        distorted(np.zeros((3, 1, 13), np.uint8), Augmentation(), generator(1, "test"))
    assert "\n" not in str(caught.value)
