"""What the baselines of ``baselines`` reach with models from files."""

import numpy as np

from ..cache import Cache
from ..evaluation import decoded, features_of
from ..forward import probabilities
from ..partition import Samples
from .jobs import LateFusionJob, LateFusionResult, RidgeJob, RidgeResult
from .readouts import fit_ridge, majority_vote, mean_of_knowing, mean_softmax


def late_fusion(job: LateFusionJob) -> LateFusionResult:
    """Combine the models' own outputs and count what they tell right.

    Raises:
        ModelFileError: A file cannot be trusted or does not fit.
        DataFileError: The samples bear labels that the task lacks.
    """
    networks = decoded(job.model_files, [job.samples], job.classes)
    labels = [network.spec.classes for network in networks]
    outputs = [probabilities(network.weights, job.samples.images, network.spec.body) for network in networks]

    def right(told: np.ndarray) -> float:
        return float(np.mean(told == job.samples.labels))

    return LateFusionResult(
        mean_softmax=right(mean_softmax(outputs, labels, job.classes).argmax(axis=1)),
        majority=right(majority_vote(outputs, labels, job.classes)),
        mean_of_knowing=right(mean_of_knowing(outputs, labels, job.classes).argmax(axis=1)),
    )


def ridge(job: RidgeJob, cache: Cache) -> RidgeResult:
    """Fit a ridge readout on the models' features and measure it.

    Raises:
        ModelFileError: A file cannot be trusted or does not fit.
        DataFileError: The data bear labels that the task lacks.
    """
    data = job.data
    networks = decoded(job.model_files, (data.train, data.test, data.verification), job.classes)

    def features(samples: Samples) -> list[np.ndarray]:
        return [features_of(network, samples, cache) for network in networks]

    readout = fit_ridge(
        features(data.train), data.train.labels, features(data.test), data.test.labels, job.classes
    )

    def accuracy(samples: Samples) -> float:
        return float(np.mean(readout.scores(features(samples)).argmax(axis=1) == samples.labels))

    return RidgeResult(
        accuracy=accuracy(data.verification),
        test_accuracy=accuracy(data.test),
        held_out_accuracy=accuracy(job.held_out) if job.held_out is not None else None,
        penalty=readout.penalty,
    )
