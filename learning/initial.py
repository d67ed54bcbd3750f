"""Weights before training, drawn without Keras so that they are the same under every version of it."""

import math

import numpy as np

from ..seeds import generator
from .networks import NetworkSpec


def initial_weights(spec: NetworkSpec, seed: int) -> dict[str, np.ndarray]:
    """Draw a network's initial weights.

    Args:
        spec: The network.
        seed: Its seed; every layer has a stream of its own.

    Returns:
        Float32 arrays by name: Glorot uniform kernels (Glorot & Bengio 2010, equation 16) and zero biases;
        a normalisation starts with factors of one.
    """
    weights = {}
    for name, shape in spec.weight_shapes.items():
        if name.endswith(("/bias", "/beta")):
            weights[name] = np.zeros(shape, np.float32)
        elif name.endswith("/gamma"):
            weights[name] = np.ones(shape, np.float32)
        else:
            field = math.prod(shape[:-2])
            limit = math.sqrt(6 / (field * (shape[-2] + shape[-1])))
            weights[name] = generator(seed, "weights", name).uniform(-limit, limit, shape).astype(np.float32)
    return weights
