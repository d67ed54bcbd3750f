"""What the studies of a scenario's learning have in common: its recipes, and keys that change it."""

import json
from collections.abc import Mapping, Sequence
from typing import Self

from pydantic import Field, model_validator

from ...agents.config.base import refusal
from ...errors import InputError
from ...learning import RecipeName
from ...scenarios import load
from ..settings import StudySettings
from .case import Case


class CaseSettings(StudySettings):
    """Base of the settings of a study of a scenario's learning.

    Attributes:
        recipes: How contributors train and verifiers fuse, one after the other.
        overrides: ``key=value`` texts that change the scenario.
    """

    recipes: tuple[RecipeName, ...] = Field(default=("plain", "augmented"), min_length=1)
    overrides: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _recipes_differ(self) -> Self:
        if len(set(self.recipes)) != len(self.recipes):
            raise refusal("recipes", list(self.recipes), "each recipe once")
        return self


def open_case(source: str, own: Mapping[str, str | int], overrides: Sequence[str], seed: int) -> Case:
    """Return a scenario's learning.

    Args:
        source: The scenario's name or path.
        own: What the study itself sets, by key.
        overrides: What else is changed.
        seed: Of every draw.

    Raises:
        InputError: The scenario or an override cannot be used, an override meddles with what is the study's
            own, a network does not fit the images, or no images are held out.
    """
    for override in overrides:
        key = override.partition("=")[0].strip()
        if key == "seed" or key in own:
            raise InputError("overrides", override, f"{key} is the study's own; its settings say it")
    texts = [f"{key}={json.dumps(value)}" for key, value in own.items()]
    case = Case(load(source, [*overrides, *texts], seed=seed).resolved())
    if len(case.held_out) < 2:
        raise InputError(
            "verifiers", len(case.held_out), "at least 2 test images must be left to be held out"
        )
    _ = case.trainings  # made when first asked for, and refused then if a network does not fit
    return case
