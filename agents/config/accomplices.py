"""People whom a behaviour's options name: a name that nobody has would change nothing, so it is refused."""

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .base import Settings, refusal
from .members import Member, each_with_behaviour

if TYPE_CHECKING:
    from .market import MarketConfig

PEOPLE: tuple[str, ...] = ("contributors", "verifiers", "initiators")
"""Among whom to look for a name, as an option's type says: ``Annotated[str, "verifiers"]``. Of contributors
and verifiers a group's name stands for all of it."""


def refuse_who_is_not_there(config: "MarketConfig") -> None:
    """Refuse a behaviour's options that name people whom the market does not have.

    Raises:
        PydanticCustomError: Naming the option, its value and what is allowed.
    """
    there = (_names(config.contributors.members), _names(config.pool), list(config.initiators))
    known = dict(zip(PEOPLE, there, strict=True))
    for where, options in _options(config):
        for field, info in type(options).model_fields.items():
            for people in (one for one in PEOPLE if one in info.metadata):
                value = getattr(options, field)
                for name in (value,) if isinstance(value, str) else value or ():
                    if name not in known[people]:
                        near = difflib.get_close_matches(name, known[people], n=1)
                        hint = f"; did you mean {near[0]!r}?" if near else ""
                        allowed = f"one of the {people}: {', '.join(known[people][:10])}{hint}"
                        raise refusal(f"{where}.options.{field}", name, allowed)


def _options(config: "MarketConfig") -> Iterator[tuple[str, Settings]]:
    for where, table in each_with_behaviour(config):
        options = table.chosen_options()
        if options is not None:
            yield where, options


def _names(members: tuple[Member, ...]) -> list[str]:
    """Return the groups and, behind them, everybody."""
    return list(dict.fromkeys([one.group for one in members] + [one.name for one in members]))
