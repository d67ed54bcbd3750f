"""Whether one classifier is better than another: image by image, and over seeds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...analysis.series import Estimate, estimate
from ...learning import Measured

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Paired:
    """Two classifiers on the same images.

    Attributes:
        gain: Accuracy of the later one less that of the earlier one.
        p_value: Of McNemar's exact test, two-sided: how likely so uneven a split of the images that only one
            of them tells right would be if both were equally good.
    """

    gain: float
    p_value: float

    @property
    def is_better(self) -> bool:
        """Whether the later one is better beyond chance."""
        return self.gain > 0 and self.p_value < SIGNIFICANT


def mcnemar(earlier: Measured, later: Measured) -> Paired:
    """Compare two classifiers (McNemar 1947, doi:10.1007/BF02295996, in its exact form).

    Args:
        earlier: One classifier's images.
        later: The other's: the same images in the same order.
    """
    from scipy.stats import binomtest  # slow to import

    won = int(np.sum(later.right & ~earlier.right))
    lost = int(np.sum(earlier.right & ~later.right))
    p_value = float(binomtest(won, won + lost).pvalue) if won + lost else 1.0
    return Paired((won - lost) / len(later.right), p_value)


def tells_apart(values: Sequence[float]) -> bool:
    """Whether the 95 % interval of a mean over seeds leaves out zero."""
    found: Estimate = estimate(list(values))
    return found.half_width is not None and abs(found.mean) > found.half_width
