"""What fusion has to beat: votes of the models themselves, and a linear readout in closed form.

Late fusion needs no training at all: every model's own softmax outputs, over the labels it declares, are
combined. The ridge readout is the least that can be learned on the features ``fc`` that fusion heads see.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..partition import PrivateData, Samples

PENALTIES = tuple(10.0 ** (power / 2) for power in range(-12, 5))
"""Ridge penalties to choose from, in units of the features' mean squared singular value."""

Labels = Sequence[Sequence[int]]


def mean_softmax(outputs: Sequence[np.ndarray], labels: Labels, classes: int) -> np.ndarray:
    """Return the mean of the models' probabilities, float64 (N, d); a class unknown to a model counts as 0.

    Args:
        outputs: Each model's softmax outputs for the same images, (N, number of its labels).
        labels: The labels of each model, in the order of its outputs.
        classes: Number of classes d.
    """
    return _spread(outputs, labels, classes)[0].mean(axis=0)


def majority_vote(outputs: Sequence[np.ndarray], labels: Labels, classes: int) -> np.ndarray:
    """Return the label that most models name, whole numbers (N,); ``mean_softmax`` decides between equals."""
    every = _spread(outputs, labels, classes)[0]
    votes = np.eye(classes)[every.argmax(axis=2)].sum(axis=0)
    return (votes + every.mean(axis=0) / 2).argmax(axis=1)  # a mean is at most 1, a vote's half


def mean_of_knowing(outputs: Sequence[np.ndarray], labels: Labels, classes: int) -> np.ndarray:
    """Return, for every class, the mean over the models that know it, float64 (N, d); 0 where none does."""
    every, known = _spread(outputs, labels, classes)
    return every.sum(axis=0) / np.maximum(known.sum(axis=0), 1)


def _spread(outputs: Sequence[np.ndarray], labels: Labels, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return all probabilities over all classes, (models, N, d), and who knows what, (models, d)."""
    every = np.zeros((len(outputs), len(outputs[0]), classes))
    known = np.zeros((len(outputs), classes))
    for place, (found, own) in enumerate(zip(outputs, labels, strict=True)):
        every[place][:, list(own)] = found
        known[place, list(own)] = 1
    return every, known


@dataclass(frozen=True, eq=False)
class RidgeReadout:
    """A linear readout of features.

    Attributes:
        weights: float64, (sum of feature widths, d).
        bias: float64, (d,).
        penalty: The penalty that was chosen, as it stands beside the sum of squared errors.
    """

    weights: np.ndarray
    bias: np.ndarray
    penalty: float

    def scores(self, features: Sequence[np.ndarray]) -> np.ndarray:
        """Return the scores of images, float64 (N, d), from each model's features of them."""
        return np.concatenate(features, axis=1) @ self.weights + self.bias


def fit_ridge(
    features: Sequence[np.ndarray],
    targets: np.ndarray,
    test_features: Sequence[np.ndarray],
    test_targets: np.ndarray,
    classes: int,
    penalties: Sequence[float] = PENALTIES,
) -> RidgeReadout:
    """Fit one-hot targets by least squares with a penalty on the squared weights, not on the bias.

    Each model's features are divided by their root mean square, as a fusion head's are. One decomposition
    serves all penalties: of the features' products (dual) where there are fewer images than features, else
    of their covariance.

    Args:
        features: Each model's features of the training images, (N, width_i).
        targets: The training images' labels, (N,).
        test_features: The same of the images that choose the penalty.
        test_targets: Their labels.
        classes: Number of classes d.
        penalties: To choose from, in units of the mean squared singular value; the most test images told
            right wins, then the smallest squared error.
    """
    widths = [block.shape[1] for block in features]
    scales = [float(np.sqrt(np.mean(np.square(block, dtype=np.float64)))) or 1.0 for block in features]
    scale = np.repeat(scales, widths)
    fc = np.concatenate(features, axis=1) / scale
    goal = np.eye(classes)[targets]
    centre, level = fc.mean(axis=0), goal.mean(axis=0)
    fc, goal = fc - centre, goal - level
    dual = len(fc) < fc.shape[1]
    values, vectors = np.linalg.eigh(fc @ fc.T if dual else fc.T @ fc)
    values = np.maximum(values, 0)
    unit = float(values.mean()) or 1.0
    turned = vectors.T @ (goal if dual else fc.T @ goal)
    tests = np.concatenate(test_features, axis=1) / scale - centre
    basis = (tests @ fc.T if dual else tests) @ vectors
    test_goal = np.eye(classes)[test_targets] - level

    def quality(penalty: float) -> tuple[float, float]:
        scores = basis @ (turned / (values + penalty)[:, None])
        right = np.mean((scores + level).argmax(axis=1) == test_targets)
        return float(right), -float(np.square(scores - test_goal).sum())

    best = max((unit * penalty for penalty in penalties), key=quality)
    solved = vectors @ (turned / (values + best)[:, None])
    weights = fc.T @ solved if dual else solved
    return RidgeReadout(weights / scale[:, None], level - centre @ weights, best)


def union(parts: Sequence[PrivateData]) -> PrivateData:
    """Return the data of several as one party's, set by set and in order: what a central server holds."""

    def joined(samples: Sequence[Samples]) -> Samples:
        images = np.concatenate([part.images for part in samples])
        return Samples(images, np.concatenate([part.labels for part in samples]))

    return PrivateData(
        joined([part.train for part in parts]),
        joined([part.test for part in parts]),
        joined([part.verification for part in parts]),
    )
