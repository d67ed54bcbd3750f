"""Scenario files that build on others: ``extends`` names a shipped scenario or a file, level upon level.

What the nearer file says counts: tables are merged key by key, everything else is replaced as a whole, lists
too. Of each key it is remembered which file it comes from, so that a refusal can say where to look.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..learning import NETWORK_FILES, RECIPES
from .named_text import named_text, shipped_texts

MAX_SCENARIO_BYTES = 1_000_000
EXTENDS = "extends"
BEHAVIOUR, OPTIONS = "behaviour", "options"
PARTIES = ("contributors", "verifiers", "oracle", "initiator")


@dataclass
class Layered:
    """Nested tables read from one file and those that it builds on.

    Attributes:
        table: What they say together.
        source: The file itself.
        origins: Which file the value of each key comes from, by the names of its tables and its own.
    """

    table: dict[str, Any]
    source: str
    origins: dict[tuple[str, ...], str] = field(default_factory=dict)

    def came_from_the_command_line(self, key: str) -> None:
        """Note that a key, and each table that only it opens, stands in no file."""
        *tables, last = key.split(".")
        for depth in range(1, len(tables) + 1):
            self.origins.setdefault(tuple(tables[:depth]), "")
        self.origins[*tables, last] = ""

    def located(self, error: InputError) -> InputError:
        """Return an error with the file that the key it names comes from."""
        field = re.sub(r"\[\d+\]", "", error.field)
        # A key that was quoted with its dots stands in the file as one.
        place = (field,) if (field,) in self.origins else tuple(field.split("."))
        while place and place not in self.origins:
            place = place[:-1]
        return error.within(self.origins.get(place, self.source))


def shipped() -> dict[str, str]:
    """Return the text of every scenario that comes with Verifuse, by name."""
    return shipped_texts("verifuse.scenarios")


def read_layers(source: str) -> Layered:
    """Read a scenario and those that it builds on.

    Paths of reward rules and networks are relative to the file that names them, as is a path to build on.

    Raises:
        InputError: A file cannot be read, is no TOML, or builds on itself in the end.
    """
    tables = [_parse(source, _read(source))]
    names = [source]
    while (wanted := tables[-1].pop(EXTENDS, None)) is not None:
        names.append(_base(names, wanted))
        try:
            tables.append(_parse(names[-1], _read(names[-1])))
        except InputError as error:
            raise InputError(EXTENDS, wanted, error.allowed, names[-2]) from None
    layered = Layered({}, source)
    for name, table in zip(reversed(names), reversed(tables), strict=True):
        find_files(table, Path(name).parent)
        give_way_to_recipe(layered.table, table.get("recipe"))
        give_way_to_behaviour(layered.table, table)
        _merge(layered, table, name)
    return layered


def _base(names: list[str], wanted: object) -> str:
    """Return the name or path of what the last of some files builds on."""
    last = names[-1]
    if not isinstance(wanted, str) or not wanted:
        allowed = f"the name of a shipped scenario, or the path of a file: {', '.join(shipped())}"
        raise InputError(EXTENDS, wanted, allowed, last)
    known = shipped()
    name = wanted if wanted in known or last in known else str(Path(last).parent / wanted)
    if _identity(name) in map(_identity, names):
        circle = " → ".join([*names, name])
        raise InputError(EXTENDS, wanted, f"files must not build on each other in a circle: {circle}", last)
    return name


def _identity(name: str) -> str:
    return name if name in shipped() else str(Path(name).resolve())


def _read(source: str) -> str:
    return named_text("scenario", source, shipped(), MAX_SCENARIO_BYTES)


def _parse(source: str, text: str) -> dict[str, Any]:
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError("scenario", source, f"it must be valid TOML: {error}") from None
    if not table:
        raise InputError(
            "scenario", source, "it is empty; write at least one key, such as [task] mafr = 0.75"
        )
    if {"grid", "list"} & table.keys() and "scenario" in table:
        raise InputError("scenario", source, "a scenario; this is a sweep, which `verifuse sweep` runs")
    table.setdefault("name", scenario_name(source))
    return table


def scenario_name(source: str) -> str:
    """Return what a file's scenario is called unless it says so itself."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", Path(source).stem).lstrip("_.-")[:64] or "unnamed"


def _merge(layered: Layered, table: Mapping[str, Any], source: str) -> None:
    def merged(old: Any, new: Any, place: tuple[str, ...]) -> Any:
        layered.origins[place] = source
        if not isinstance(new, Mapping):
            return new
        base = old if isinstance(old, Mapping) else {}
        return {**base, **{key: merged(base.get(key), one, (*place, key)) for key, one in new.items()}}

    layered.table = merged(layered.table, table, ())


def find_files(table: dict[str, Any], folder: Path) -> None:
    """Make paths of rules, networks and behaviours absolute, to mean the same files from anywhere."""

    def found(value: Any, *endings: str) -> Any:
        if isinstance(value, list):
            return [found(one, *endings) for one in value]
        is_path = isinstance(value, str) and value.endswith(endings)
        return str(folder.absolute() / value) if is_path else value

    files = {"rule": (".sol",), "network": NETWORK_FILES, "networks": NETWORK_FILES}
    for settings in _naming_files(table):
        for key in settings.keys() & files.keys():
            settings[key] = found(settings[key], *files[key])
        if isinstance(settings.get(BEHAVIOUR), str):
            settings[BEHAVIOUR] = _found_behaviour(settings[BEHAVIOUR], folder)


def _found_behaviour(name: str, folder: Path) -> str:
    """Return a behaviour's name with the path of its file, if that is said or lies in the folder."""
    source, colon, attribute = name.rpartition(":")
    file = source if source.endswith(".py") else source.replace(".", "/") + ".py"
    if not colon or not (source.endswith(".py") or (folder / file).is_file()):
        return name
    return f"{folder.absolute() / file}:{attribute}"


def _naming_files(table: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the tables that may name files: tasks, and those of the parties with their groups."""
    parties = [table.get(name) for name in PARTIES]
    lists = [table.get("tasks"), *(one.get("groups") for one in parties if isinstance(one, dict))]
    listed = [one for several in lists if isinstance(several, list) for one in several]
    return [one for one in (table.get("task"), *parties, *listed) if isinstance(one, dict)]


def give_way_to_behaviour(table: dict[str, Any], nearer: Any) -> None:
    """Forget the options of a behaviour that nearer tables replace by another, as they go along with it."""
    for name in PARTIES:
        _forget_options(table.get(name), nearer.get(name))


def _forget_options(old: Any, new: Any) -> None:
    if not isinstance(old, dict) or not isinstance(new, Mapping):
        return
    if BEHAVIOUR in new and new[BEHAVIOUR] != old.get(BEHAVIOUR):
        old.pop(OPTIONS, None)
    groups, changed = old.get("groups"), new.get("groups")
    if isinstance(groups, list) and isinstance(changed, Mapping):  # single ones, named on the command line
        for place, group in enumerate(groups):
            for key in (str(place), group.get("name") if isinstance(group, dict) else None):
                _forget_options(group, changed.get(key))


def give_way_to_recipe(table: dict[str, Any], recipe: Any) -> None:
    """Forget what tables that write everything out have from their own recipe, if another is wanted."""
    old = table.get("recipe", "plain")
    if old in tuple(RECIPES) and recipe not in (None, old):
        for part in ("training", "fusion"):
            if part in table:
                table[part] = RECIPES[old].without_own(part, table[part])
