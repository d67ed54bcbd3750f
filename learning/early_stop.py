"""When a training ends whose length nobody fixed: by the contributor's own testing data.

*Improving* means a mean cross-entropy on the testing data that is lower by at least ``least_gain``. Their
accuracy moves in steps of 1/200 for Table II's 200 images and stands still long before the network stops
learning; the loss does not. The verification data take no part in any choice.
"""

from typing import Any

import numpy as np

from .config import TrainingConfig


class EarlyStop:
    """Hears of every epoch, remembers the best weights, and knows when to stop.

    Args:
        weights: Those at the start, which count until others are better.
        config: Patience, least gain and how long a threshold must hold.
        threshold: Own-test accuracy at which training ends once it has held; ``None`` waits for patience.

    Attributes:
        weights: Those that count: where the threshold held, or else those of the lowest loss so far.
        accuracy: Their own-test accuracy.
        reached: Whether the threshold has held.
    """

    def __init__(self, weights: Any, config: TrainingConfig, threshold: float | None):
        self._config, self._threshold = config, threshold
        self._lowest, self._waited, self._held = np.inf, 0, 0
        self.weights = weights
        self.accuracy = 0.0
        self.reached = False

    @property
    def over(self) -> bool:
        """Whether training has ended."""
        return self.reached or self._waited >= self._config.patience

    def hear(self, weights: Any, loss: float, accuracy: float) -> None:
        """Take note of an epoch's weights and what they reach on the own testing data."""
        above = self._threshold is not None and accuracy >= self._threshold
        self._held = self._held + 1 if above else 0
        self.reached = self._held >= self._config.hold
        if self.reached:
            self.weights, self.accuracy = weights, accuracy
        elif loss < self._lowest - self._config.least_gain:
            self.weights, self.accuracy, self._lowest, self._waited = weights, accuracy, loss, 0
        else:
            self._waited += 1
