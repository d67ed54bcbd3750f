"""The keys by which a scenario says how participants decide."""

from pathlib import PurePath
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import model_validator

from ..behaviours.naming import (
    HONEST,
    Role,
    behaviour_class,
    is_own,
    is_own_file,
    options_of,
    runs_own_code,
)
from .base import Settings

if TYPE_CHECKING:
    from ..behaviours.base import Behaviour


class BehaviourKeys(Settings):
    """How those whom a table is about decide.

    Attributes:
        behaviour: How each decides: a behaviour that is shipped (``verifuse behaviours`` lists them), or
            a class of one's own as ``file.py:Class``, relative to the file that says it, or ``module:Class``.
        options: The behaviour's own options, as ``docs/reference/behaviours.md`` has them; absent, its
            defaults. A group has them from its table only together with the behaviour.
    """

    role: ClassVar[Role]

    behaviour: str = HONEST
    options: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _behaviour_is_known(self) -> Self:
        self.chosen_options()
        return self

    @property
    def kind(self) -> "type[Behaviour] | None":
        """The behaviour's class; ``None`` if it is one's own and that is not looked at."""
        if is_own(self.behaviour) and not runs_own_code():
            return None
        return behaviour_class(self.role, self.behaviour)

    def chosen_options(self) -> Settings | None:
        """Return the behaviour's options, checked; ``None`` if there are none or they are not looked at."""
        is_plain = self.behaviour == HONEST and not self.options
        if is_plain or (is_own(self.behaviour) and not runs_own_code()):
            return None
        return options_of(self.role, self.behaviour, self.options or {})

    @property
    def behaviour_name(self) -> str:
        """The behaviour's name as records have it: of a file of one's own, without the folders it lies in."""
        if not is_own_file(self.behaviour):
            return self.behaviour
        path, _, attribute = self.behaviour.rpartition(":")
        return f"{PurePath(path).name}:{attribute}"

    def with_options(self) -> Self:
        """Return the same with every option that was left to the behaviour's default filled in."""
        options = self.chosen_options()
        if options is None:
            return self
        filled = options.model_dump(mode="json", exclude_none=True)  # TOML has no word for None
        return self.model_copy(update={"options": filled or None})
