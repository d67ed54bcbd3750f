"""What real markets' accuracies look like, in a few numbers: the surrogate draws from these."""

import json
import math
from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict, Field

from ...errors import InputError
from ..config import Strategy


class Spread(BaseModel):
    """A normal distribution: its mean and standard deviation."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    mean: float
    deviation: float = Field(ge=0)


class FusedCurve(BaseModel):
    """How a fused model's error falls with the width H of its hidden layer: floor + gain · H^-power.

    Attributes:
        floor: The error that no further model takes away.
        gain: With ``power``, how fast the rest falls.
        power: Exponent of the width H, the sum of all |l_i|.
        market: Standard deviation of the accuracy from one set of models to another.
        head: The same from one verifier's head to another's, on the same models and images, as a share of the
            error.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    floor: float = Field(ge=0, le=1)
    gain: float = Field(ge=0)
    power: float = Field(ge=0)
    market: float = Field(ge=0)
    head: float = Field(ge=0)

    def accuracy(self, width: float, chance: float) -> float:
        """Return the expected accuracy at a width of the hidden layer; without any it is chance."""
        if width < 1:
            return chance
        return max(chance, 1 - self.floor - self.gain * math.pow(width, -self.power))


class Curves(BaseModel):
    """One data set under one recipe.

    Attributes:
        source: The runs that the numbers are fitted to.
        local: A model's accuracy on images like its owner's, beyond the chance of which images these are.
        epochs: Epochs of a training.
        fused: By strategy.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    local: Spread
    epochs: Spread
    fused: dict[Strategy, FusedCurve]


@cache
def shipped_curves() -> dict[str, Curves]:
    """Return the curves that come with Verifuse, by ``data set/recipe``."""
    text = resources.files("verifuse.learning").joinpath("files/curves.json").read_text("utf-8")
    return {name: Curves.model_validate(numbers) for name, numbers in json.loads(text).items()}


def curves_of(data_set: str, recipe: str) -> Curves:
    """Return the curves of a data set under a recipe.

    Raises:
        InputError: None were fitted.
    """
    known = shipped_curves()
    try:
        return known[f"{data_set}/{recipe}"]
    except KeyError:
        allowed = f"keras, or a data set and recipe that curves were fitted to: {', '.join(sorted(known))}"
        raise InputError("learning", f"surrogate with {data_set}/{recipe}", allowed) from None
