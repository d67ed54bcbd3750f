"""Vanishes in the middle of her work."""

from typing import Literal

from pydantic import Field

from ...config.base import Settings
from .honest import Honest


class LeaverOptions(Settings):
    """When, and how surely.

    Attributes:
        stage: Where she vanishes: half-way through ``training`` or ``uploading``; when the announcement is
            sent (``announcing``) or mined (``announced``); when the panel is ``drawn``; when the model is
            ``evaluated``.
        chance: How probably she does; each leaver's own throw of the dice.
    """

    stage: Literal["training", "uploading", "announcing", "announced", "drawn", "evaluated"] = "announced"
    chance: float = Field(default=1.0, ge=0, le=1)


class Leaver(Honest):
    """Works honestly up to a stage and is not heard of again, unless ``back_after`` brings her back.

    From ``announced`` on that saves her the gas of the draw and of the query, which those pay who want their
    fees, and a sealed model's panel never gets its key. Stragglers and drop-outs are the usual case in
    federated learning (Bonawitz et al., arXiv:1902.01046); here it is what the contract's deadlines are for:
    nobody who vanishes can freeze funds.
    """

    Options = LeaverOptions

    def leaves(self, stage: str) -> bool:
        """Whether this is the stage, and the dice say so."""
        return stage == self.options.stage and self.dice("vanish").random() < self.options.chance
