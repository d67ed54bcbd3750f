"""What one model alone calls images."""

import numpy as np

from .forward import probabilities
from .jobs import LabellingJob
from .model_files import check_together, decode_model


def labels_by(job: LabellingJob) -> np.ndarray:
    """Return the label that a model gives each image, uint8 (N,): of those that it knows, the likeliest.

    Raises:
        ModelFileError: The file cannot be trusted or does not fit the images.
    """
    network = decode_model(job.model_file)
    check_together([network.spec], job.samples.images.shape[1:], 256)
    scores = probabilities(network.weights, job.samples.images, network.spec.body)
    return np.asarray(network.spec.classes, np.uint8)[scores.argmax(axis=1)]
