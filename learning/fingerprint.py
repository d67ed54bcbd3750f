"""A model's fingerprint: 256 bits that a plagiarist cannot change for free.

Computed from the features f_i alone, on public images that anybody can draw again, so that it needs no sample
and tells nothing about one:

1. The features of 128 smooth random images are standardised unit by unit, and units that rarely fire count
   for less; so scaling a unit changes nothing.
2. Their centred Gram matrix K (Kornblith et al. 2019, arXiv:1905.00414, section 3) does not know the order of
   the units, nor what head is put on them.
3. K (K + ridge)^-1 lifts what is a model's own above the few directions that all models of like images share.
4. What the Gram matrices of the pixels and of untrained networks explain of it is subtracted.
5. The signs of 256 projections on random vectors are the bits; the distance of two fingerprints measures the
   angle between what is left (Charikar 2002, doi:10.1145/509907.509965).
"""

from functools import lru_cache

import numpy as np
from scipy.ndimage import gaussian_filter

from ..seeds import generator
from .forward import feature_vectors
from .initial import initial_weights
from .model_files import TrainedNetwork
from .networks import Convolution, NetworkSpec
from .tensor_files import ModelFileError

PROBE_IMAGES = 128
BITS = 256

_SEED = 0
_BLOB = 1 / 14  # standard deviation of the smoothing, as a share of the side
_RIDGE = 5  # in units of K's mean eigenvalue
_CONSTANT = 1e-5  # spread of a unit, as a share of its largest value, that counts as rounding
_UNTRAINED = (((8, 5), (8, 5)), ((8, 10), (8, 5)))  # (filters, kernel) of each layer
_UNTRAINED_SEEDS = 6

Shape = tuple[int, int, int]


def fingerprint(network: TrainedNetwork) -> bytes:
    """Return a model's fingerprint, 32 bytes.

    Equal for models whose features are equal up to order and positive factors; compare with
    ``fingerprint_distance``.

    Raises:
        ModelFileError: The features overflow, or tell none of the public images apart.
    """
    shape = network.spec.input_shape
    known, projections = _surroundings(shape)
    pattern = _pattern(_features(network, probe_images(shape)))
    own = pattern - known @ (known.T @ pattern)
    return np.packbits(projections @ own > 0).tobytes()


@lru_cache(maxsize=4)
def probe_images(shape: Shape) -> np.ndarray:
    """Return the public images of one shape, uint8 (128, H, W, C): bright blobs on black."""
    height, width, channels = shape
    draws = generator(_SEED, "fingerprint", "images").normal(size=(PROBE_IMAGES, height, width, channels))
    smooth = gaussian_filter(draws, (0, height * _BLOB, width * _BLOB, 0))
    smooth /= np.sqrt(np.mean(smooth**2, axis=(1, 2), keepdims=True))
    images = np.rint(np.clip(127 * smooth, 0, 255)).astype(np.uint8)
    images.flags.writeable = False
    return images


@lru_cache(maxsize=4)
def _surroundings(shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    """Return what all models of one image shape share, as orthonormal columns, and the projections.

    Returns:
        Float64 arrays (pairs, 14) and (256, pairs); pairs are the 8,128 of 128 images.
    """
    images = probe_images(shape)
    networks = [_untrained(shape, layers, seed) for layers in _UNTRAINED for seed in range(_UNTRAINED_SEEDS)]
    patterns = [
        np.ones(PROBE_IMAGES * (PROBE_IMAGES - 1) // 2),
        _pattern_of_gram(_gram(images.reshape(PROBE_IMAGES, -1) / 255)),
        *(_pattern(_features(network, images)) for network in networks),
    ]
    known, _ = np.linalg.qr(np.stack(patterns, axis=1))
    signs = generator(_SEED, "fingerprint", "projections").integers(0, 2, (BITS, len(known)))
    return known, signs * 2.0 - 1.0


def _untrained(shape: Shape, layers: tuple[tuple[int, int], ...], seed: int) -> TrainedNetwork:
    pool = min(shape[:2]) >= 2 ** len(layers)
    convolutions = tuple(Convolution(filters=filters, kernel=side, pool=pool) for filters, side in layers)
    spec = NetworkSpec(name="untrained", input_shape=shape, convolutions=convolutions, classes=(0,))
    return TrainedNetwork(spec, initial_weights(spec, seed))


def _features(network: TrainedNetwork, images: np.ndarray) -> np.ndarray:
    return feature_vectors(network.weights, images, network.spec.body).astype(np.float64)


def _pattern(features: np.ndarray) -> np.ndarray:
    """Return steps 1 to 3 for features (128, width): the upper triangle, of length 1 and mean 0."""
    if not np.isfinite(features).all():
        raise ModelFileError("its features overflow on the images that fingerprints are made from")
    spread = features.std(axis=0)
    alive = spread > _CONSTANT * np.abs(features).max(axis=0)
    if not alive.any():
        raise ModelFileError("its features tell none of the images apart that fingerprints are made from")
    fires = (features != 0).mean(axis=0)
    centred = features[:, alive] - features[:, alive].mean(axis=0)
    return _pattern_of_gram(_gram(centred / spread[alive] * np.sqrt(fires[alive])))


def _gram(vectors: np.ndarray) -> np.ndarray:
    centred = vectors - vectors.mean(axis=0)
    return centred @ centred.T


def _pattern_of_gram(gram: np.ndarray) -> np.ndarray:
    ridge = _RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
    lifted = np.linalg.solve(gram + ridge, gram)
    upper = lifted[np.triu_indices(len(gram), 1)]
    upper = upper - upper.mean()
    return upper / np.linalg.norm(upper)
