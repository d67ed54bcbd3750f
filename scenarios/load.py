"""From a TOML file and ``key=value`` overrides to a scenario, or to one line that says what is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import InputError
from .kinds import refuse_what_is_no_number
from .layers import (
    EXTENDS,
    Layered,
    find_files,
    give_way_to_behaviour,
    give_way_to_recipe,
    read_layers,
    shipped,
)
from .overrides import apply_override, first_refusal
from .schema import Scenario

__all__ = ["from_table", "load", "named", "shipped"]


def load(source: str | Path, overrides: Sequence[str] = (), *, seed: int | None = None) -> Scenario:
    """Read a scenario.

    The paths of a reward rule and of networks are relative to the file that names them, or to the current
    folder if an override does.

    Args:
        source: A shipped scenario's name or the path of a TOML file.
        overrides: ``key=value`` texts such as ``task.mafr=0.8``; values are written as in TOML.
        seed: Overrides the scenario's seed.

    Returns:
        The scenario; ``resolved`` fills in what follows from the rest, such as the escrow.

    Raises:
        InputError: The file, a key or a value cannot be used; the message names them and what is allowed.
    """
    layered = _read(source, overrides, seed)
    try:
        return from_table(layered.table)
    except InputError as error:
        raise layered.located(error) from None


def from_table(table: Mapping[str, Any]) -> Scenario:
    """Check a scenario given as nested tables; see ``load``."""
    refuse_what_is_no_number(table)
    try:
        return Scenario.model_validate(dict(table))
    except ValidationError as error:
        raise first_refusal(error, Scenario, "a scenario", also=(EXTENDS,)) from None


@contextmanager
def named(source: str | Path, overrides: Sequence[str] = ()) -> Iterator[None]:
    """Let refusals of settings name the file that they stand in, also those that come after loading.

    A data set that has too few images, say, is only found out when a market opens.
    """
    try:
        yield
    except InputError as error:
        if error.source or error.field.partition(".")[0] not in Scenario.model_fields:
            raise
        raise _read(source, overrides).located(error) from None


def _read(source: str | Path, overrides: Sequence[str], seed: int | None = None) -> Layered:
    layered = read_layers(str(source))
    changed: dict[str, Any] = {}
    for override in overrides:
        apply_override(changed, override)
        key = override.partition("=")[0].strip()
        if key == EXTENDS:
            raise InputError("override", override, f"a key to change; {EXTENDS} stands in a scenario's file")
        layered.came_from_the_command_line(key)
    give_way_to_recipe(layered.table, changed.get("recipe"))
    give_way_to_behaviour(layered.table, changed)
    for override in overrides:
        apply_override(layered.table, override)
    find_files(layered.table, Path())
    if seed is not None:
        layered.table["seed"] = seed
        layered.came_from_the_command_line("seed")
    return layered
