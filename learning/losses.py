"""What a model's loss is on each of some samples."""

import numpy as np
from scipy.special import logsumexp

from .forward import feature_vectors
from .jobs import LossesJob
from .model_files import decode_model
from .outputs import outputs_of


def losses_of(job: LossesJob) -> np.ndarray:
    """Return the cross-entropy of a model on each sample, float64 (N,).

    In double precision: members' losses are so small that float32 would make ties of them.
    """
    network = decode_model(job.model_file)
    outputs = outputs_of(job.samples, network.spec)
    features = feature_vectors(network.weights, job.samples.images, network.spec.body).astype(np.float64)
    scores = features @ network.weights["labels/kernel"] + network.weights["labels/bias"]
    return np.asarray(logsumexp(scores, axis=1)) - scores[np.arange(len(scores)), outputs]
