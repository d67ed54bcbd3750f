"""Membership inference: how well a stranger tells a model's training images from others of the same labels.

Two attacks give each image a score, the higher the more like a member:

- *loss threshold* (Yeom et al. 2018, arXiv:1709.01604): members have smaller losses;
- *shadow-calibrated* (Watson et al. 2022, arXiv:2111.08440): a small loss counts only where other models find
  the image hard. The others are shadow models, trained alike on images of the same labels that are nobody's.
  The likelihood-ratio attack (Carlini et al. 2022, arXiv:2112.03570) fits a normal distribution to them in
  place of a mean, for which it needs dozens of shadows.

An attack shows that something leaks; a weak one does not show that nothing does. Better attacks may exist,
and these look at one image at a time, through its loss alone.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ...seeds import generator

FALSE_POSITIVES = 0.01
"""The false positive rate at which an attacker who must not cry wolf is measured."""


@dataclass(frozen=True)
class Ranged:
    """A number and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Exposure:
    """How well an attack works.

    Attributes:
        auc: Probability that a random member scores higher than a random other, ties counted half; 0.5 is
            chance.
        advantage: True minus false positive rate at a threshold that was chosen on other images: the images
            are split in two, each half is told by the other half's best threshold. Chosen and measured on the
            same images it would be above 0 by chance alone.
        found: True positive rate where at most ``FALSE_POSITIVES`` of the others are taken for members; by
            chance it is that same rate.
    """

    auc: Ranged
    advantage: Ranged
    found: Ranged


def threshold_scores(losses: np.ndarray) -> np.ndarray:
    """Return the loss-threshold attack's scores for losses (N,)."""
    return -np.asarray(losses, np.float64)


def calibrated_scores(losses: np.ndarray, shadow_losses: np.ndarray) -> np.ndarray:
    """Return the shadow-calibrated attack's scores.

    Args:
        losses: The attacked model's, (N,).
        shadow_losses: The shadow models' on the same images, (shadows, N).
    """
    return np.mean(np.asarray(shadow_losses, np.float64), axis=0) - losses


def exposure(members: np.ndarray, others: np.ndarray, seed: int = 0, resamples: int = 1000) -> Exposure:
    """Measure an attack by its scores.

    Args:
        members: Scores of training images, at least two.
        others: Scores of images that the model never saw, at least two; as many, so that guessing is fair.
        seed: Of the split into halves and of the bootstrap.
        resamples: Bootstrap samples behind the intervals (percentiles; members and others are drawn apart).

    Raises:
        InputError: There are fewer than two scores, or some are not finite.
    """
    halves = []
    for name, scores in (("members", members), ("others", others)):
        scores = np.asarray(scores, np.float64)
        if scores.ndim != 1 or len(scores) < 2 or not np.isfinite(scores).all():
            raise InputError(name, scores.shape, "at least two finite scores, one an image")
        halves.append(np.array_split(generator(seed, "halves", name).permutation(scores), 2))
    draws = generator(seed, "bootstrap")
    found = [_figures(*halves)]
    found += [_figures(*_again(halves, draws)) for _ in range(resamples)]
    low, high = np.percentile(found[1:] or found, [2.5, 97.5], axis=0)
    return Exposure(*(Ranged(*map(float, triple)) for triple in zip(found[0], low, high, strict=True)))


def auc(members: np.ndarray, others: np.ndarray) -> float:
    """Return the probability that a member's score is above another's, ties counted half (Mann–Whitney)."""
    ordered = np.sort(others)
    below, upto = (np.searchsorted(ordered, members, side) for side in ("left", "right"))
    return float(np.mean(below + upto) / (2 * len(others)))


def best_threshold(members: np.ndarray, others: np.ndarray) -> float:
    """Return the score from which on to say *member*, for the largest advantage on these images."""
    candidates = np.append(np.unique(np.concatenate([members, others])), np.inf)
    return float(candidates[np.argmax(_share_from(members)(candidates) - _share_from(others)(candidates))])


def advantage(members: np.ndarray, others: np.ndarray, threshold: float) -> float:
    """Return true minus false positive rate if *member* is said from a threshold on."""
    return float(np.mean(members >= threshold) - np.mean(others >= threshold))


def found_at(members: np.ndarray, others: np.ndarray, false_positives: float = FALSE_POSITIVES) -> float:
    """Return the largest true positive rate at a false positive rate of at most ``false_positives``."""
    allowed = int(false_positives * len(others))
    return float(np.mean(members > np.sort(others)[len(others) - 1 - allowed]))


Halves = list[np.ndarray]


def _figures(members: Halves, others: Halves) -> tuple[float, float, float]:
    told = [
        advantage(members[1 - half], others[1 - half], best_threshold(members[half], others[half]))
        for half in (0, 1)
    ]
    together = np.concatenate(members), np.concatenate(others)
    return auc(*together), sum(told) / 2, found_at(*together)


def _again(halves: list[Halves], draws: np.random.Generator) -> list[Halves]:
    return [[draws.choice(half, len(half)) for half in pair] for pair in halves]


def _share_from(scores: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    ordered = np.sort(scores)
    return lambda thresholds: 1 - np.searchsorted(ordered, thresholds, "left") / len(ordered)
