"""What all studies' settings have in common."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from ..agents.config.base import Settings, refusal

Seed = Annotated[int, Field(ge=0, lt=2**63)]


class StudySettings(Settings):
    """Base of a study's settings.

    Attributes:
        seeds: One repetition each; intervals are over them.
    """

    seeds: tuple[Seed, ...] = Field(default=(1, 2, 3, 4, 5), min_length=1)

    @model_validator(mode="after")
    def _seeds_differ(self) -> Self:
        if len(set(self.seeds)) != len(self.seeds):
            raise refusal("seeds", list(self.seeds), "each seed once")
        return self
