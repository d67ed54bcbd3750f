"""Recipes for sets smaller than those that they were made for.

A recipe counts in epochs, and an epoch of a small set has few steps: 50 epochs of a head are 2,000 steps on
Table II's sample, and 50 on 30 images. Here epochs are stretched until nobody takes fewer steps than on Table
II's sets, so that a small set is judged by its images and not by a training cut short.
"""

import math

from ...learning import FusionConfig, TrainingConfig

TRAINING_IMAGES = 500
"""Training images of each of Table II's contributors."""

SAMPLE_IMAGES = 2000
"""Training images of Table II's verifiers."""


def stretched_training(config: TrainingConfig, images: int) -> TrainingConfig:
    """Return how to train on so many images: epochs, patience and hold as long in steps as on 500."""
    factor = _factor(images, TRAINING_IMAGES, config.batch)
    if factor == 1:
        return config
    counts = {name: getattr(config, name) for name in ("epochs", "patience", "hold")}
    return config.model_copy(update=_stretched(counts, factor))


def stretched_fusion(config: FusionConfig, images: int) -> FusionConfig:
    """Return how to fit heads to so many images, without their copies: as many steps as on 2,000."""
    copies = 1 + config.copies
    factor = _factor(images * copies, SAMPLE_IMAGES * copies, config.batch)
    if factor == 1:
        return config
    counts = {name: getattr(config, name) for name in ("epochs", "stage_one_epochs")}
    return config.model_copy(update=_stretched(counts, factor))


def _factor(images: int, reference: int, batch: int) -> float:
    return max(1.0, math.ceil(reference / batch) / math.ceil(images / batch))


def _stretched(counts: dict[str, int | None], factor: float) -> dict[str, int]:
    return {name: math.ceil(count * factor) for name, count in counts.items() if count is not None}
