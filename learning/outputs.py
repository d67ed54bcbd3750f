"""Whether samples fit a network, and which of its outputs each label is."""

import numpy as np

from ..errors import InputError
from .networks import NetworkSpec
from .partition import Samples


def outputs_of(samples: Samples, spec: NetworkSpec) -> np.ndarray:
    """Return each sample's place among the network's outputs, int32 (N,).

    Raises:
        InputError: The images do not fit the network, or bear labels that it does not know.
    """
    shape = samples.images.shape[1:]
    if (*shape, 1)[:3] != spec.input_shape:
        raise InputError("data", shape, f"network {spec.name} reads images of {spec.input_shape}")
    unknown = sorted(set(np.unique(samples.labels).tolist()) - set(spec.classes))
    if unknown:
        raise InputError("data", unknown, f"the network knows the labels {list(spec.classes)}")
    return np.searchsorted(np.asarray(spec.classes), samples.labels).astype(np.int32)
