"""Named sets of hyper-parameters for training and fusion.

``plain`` takes the paper at its words: Table I's step size, early stop on the contributor's own testing
data, heads on the sample as it is. ``augmented`` adds nothing but distorted copies of the same images, and
the longer schedule that they allow; its choices were fixed before anybody looked at verification data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from .config import Augmentation, FusionConfig, TrainingConfig

RecipeName = Literal["plain", "augmented"]


@dataclass(frozen=True)
class Recipe:
    """How contributors train and how verifiers fuse."""

    training: TrainingConfig
    fusion: FusionConfig

    def completed(self, part: Literal["training", "fusion"], given: Any) -> Any:
        """Return settings as given, with the recipe's values where they say nothing."""
        return _merged(getattr(self, part).model_dump(exclude_none=True), given)

    def without_own(self, part: Literal["training", "fusion"], given: Any) -> Any:
        """Return what is given beyond the recipe's own values."""
        return _beyond(getattr(self, part).model_dump(mode="json", exclude_none=True), given)


def _merged(values: Any, given: Any) -> Any:
    if not isinstance(given, Mapping) or not isinstance(values, Mapping):
        return given
    inner = {key: _merged(values.get(key, {}), one) for key, one in given.items() if isinstance(one, Mapping)}
    return {**values, **given, **inner}


def _beyond(values: Mapping[str, Any], given: Any) -> Any:
    if not isinstance(given, Mapping):
        return given
    found = {}
    for key, one in given.items():
        own = values.get(key)
        rest = _beyond(own, one) if isinstance(own, Mapping) else one
        if rest != own and rest != {}:
            found[key] = rest
    return found


RECIPES: Mapping[RecipeName, Recipe] = MappingProxyType(
    {
        "plain": Recipe(TrainingConfig(), FusionConfig()),
        "augmented": Recipe(
            TrainingConfig(
                learning_rate=1e-3, epochs=300, warmup_steps=50, decay="cosine", augmentation=Augmentation()
            ),
            FusionConfig(batch=500, epochs=30, stage_one_epochs=5, copies=19),
        ),
    }
)
"""Every recipe by its name."""
