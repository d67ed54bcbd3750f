"""What all behaviours have in common: options of their own, and a name."""

from typing import ClassVar

from ..config.base import Settings


class NoOptions(Settings):
    """A behaviour that asks for nothing."""


class Behaviour:
    """How a participant decides; the base class of each role is the honest one.

    A participant asks its behaviour at each decision. To write one of your own, derive from a role's base
    class, override the decisions that differ, and name your class in the scenario:
    ``behaviour = "my_module:Mine"``.

    Attributes:
        Options: The class of its options: a frozen pydantic model, filled from the scenario's ``options``.
        options: What the scenario says.
    """

    Options: ClassVar[type[Settings]] = NoOptions

    def __init__(self, options: Settings):
        self.options = options
