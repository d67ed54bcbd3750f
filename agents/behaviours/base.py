"""What all behaviours have in common: options of their own, a seed, and a name."""

from typing import Any, ClassVar

import numpy as np

from ...seeds import generator
from ..config.base import Settings


class NoOptions(Settings):
    """A behaviour that asks for nothing."""


class Behaviour:
    """How a participant decides; the base class of each role is the honest one.

    A participant asks its behaviour at each decision. To write one of your own, derive from a role's base
    class, override the decisions that differ, and name your class in the scenario:
    ``behaviour = "my_file.py:Mine"``.

    Attributes:
        Options: The class of its options: a frozen pydantic model, filled from the scenario's ``options``.
        works_without_networks: Whether it means something with ``learning = "surrogate"``.
        options: What the scenario says.
        seed: The run's.
        who: The name of the participant that it decides for.
        place: Hers in her group, from 0.
        me: The participant herself, from when she is in the market on; ``me.market`` is the market.
    """

    Options: ClassVar[type[Settings]] = NoOptions
    works_without_networks: ClassVar[bool] = True

    options: Any
    me: Any

    def __init__(self, options: Settings, *, seed: int = 0, who: str = "", place: int = 0):
        self.options = options
        self.seed = seed
        self.who = who
        self.place = place

    def dice(self, purpose: str, *, of: str = "") -> np.random.Generator:
        """Return random draws of her own for a purpose; asked again, the same from their beginning.

        Args:
            purpose: What they are for; each purpose has draws of its own.
            of: What they are about, such as a task, if each has draws of its own.
        """
        return generator(self.seed, f"behaviour: {purpose}", f"{self.who}, {of}" if of else self.who)
