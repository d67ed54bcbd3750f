"""Two classifiers on the same images: what their difference is worth.

Both make their mistakes on nearly the same images, so the error of their difference comes from the
differences image by image; it is smaller than what the two accuracies' own errors suggest.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np


@dataclass(frozen=True)
class PairedDifference:
    """A mean difference over images.

    Attributes:
        mean: Of the differences.
        deviation: Their standard deviation.
        images: Their number.
    """

    mean: float
    deviation: float
    images: int

    @property
    def standard_error(self) -> float:
        """Of the mean; for rights and wrongs it is the one of McNemar's test with the mean not taken as 0."""
        return self.deviation / math.sqrt(self.images)

    @property
    def z(self) -> float:
        """The mean in standard errors; 0 where nothing differs."""
        if not self.deviation:
            return math.copysign(math.inf, self.mean) if self.mean else 0.0
        return self.mean / self.standard_error


def paired_difference(later: np.ndarray, earlier: np.ndarray) -> PairedDifference:
    """Return the difference of two classifiers' rights or losses on the same images, each (N,), N > 1."""
    differences = np.asarray(later, np.float64) - np.asarray(earlier, np.float64)
    return PairedDifference(float(differences.mean()), float(differences.std(ddof=1)), len(differences))


def images_needed(gain: float, deviation: float, *, power: float = 0.8, level: float = 0.05) -> int:
    """Return how many images show a gain.

    Args:
        gain: Mean difference to be seen, not 0.
        deviation: Standard deviation of the differences image by image.
        power: Probability of seeing it.
        level: Of the two-sided test by the normal distribution.
    """
    normal = NormalDist()
    quantiles = normal.inv_cdf(1 - level / 2) + normal.inv_cdf(power)
    return math.ceil((quantiles * deviation / gain) ** 2)
