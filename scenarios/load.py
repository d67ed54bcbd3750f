"""From a TOML file and ``key=value`` overrides to a scenario, or to one line that says what is wrong."""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from ..errors import InputError
from .schema import Scenario

MAX_SCENARIO_BYTES = 1_000_000
TYPES = {
    "model_type": "a table of settings is needed: lines such as mafr = 0.75 below a heading such as [task]",
    "tuple_type": "a list is needed, such as [1, 2]",
}
"""What is meant by kinds of values that pydantic calls by their names in Python."""


def shipped() -> dict[str, str]:
    """Return the text of every scenario that comes with Verifuse, by name."""
    library = resources.files("verifuse.scenarios").joinpath("library")
    files = sorted(library.iterdir(), key=lambda entry: entry.name)
    return {entry.name[:-5]: entry.read_text("utf-8") for entry in files if entry.name.endswith(".toml")}


def load(source: str | Path, overrides: Sequence[str] = (), *, seed: int | None = None) -> Scenario:
    """Read a scenario.

    The path of a reward rule is relative to the file that names it, or to the current folder if an override
    does.

    Args:
        source: A shipped scenario's name or the path of a TOML file.
        overrides: ``key=value`` texts such as ``task.mafr=0.8``; values are written as in TOML.
        seed: Overrides the scenario's seed.

    Returns:
        The scenario; ``resolved`` fills in what follows from the rest, such as the escrow.

    Raises:
        InputError: The file, a key or a value cannot be used; the message names it and what is allowed.
    """
    table = _parse(str(source), _read(str(source)))
    _find_rule(table, Path(source).parent)
    for override in overrides:
        _apply(table, override)
    _find_rule(table, Path())
    if seed is not None:
        table["seed"] = seed
    return from_table(table)


def from_table(table: Mapping[str, Any]) -> Scenario:
    """Check a scenario given as nested tables; see ``load``."""
    try:
        return Scenario.model_validate(dict(table))
    except ValidationError as error:
        raise _first_refusal(error) from None


def _read(source: str) -> str:
    known = shipped()
    if source in known:
        return known[source]
    path = Path(source)
    looks_like_path = path.suffix == ".toml" or len(path.parts) > 1
    if not looks_like_path and not path.exists():
        raise InputError(
            "scenario", source, f"a path ending in .toml, or one of {', '.join(known)}{_hint(source, known)}"
        )
    try:
        content = path.read_bytes()
        if len(content) > MAX_SCENARIO_BYTES:
            raise InputError("scenario", source, f"a file of at most {MAX_SCENARIO_BYTES:,} bytes")
        return content.decode("utf-8")
    except FileNotFoundError:
        raise InputError("scenario", source, f"no such file; shipped are {', '.join(known)}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("scenario", source, f"a readable UTF-8 text file is needed ({error})") from None


def _parse(source: str, text: str) -> dict[str, Any]:
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError("scenario", source, f"it must be valid TOML: {error}") from None
    if not table:
        raise InputError(
            "scenario", source, "it is empty; write at least one key, such as [task] mafr = 0.75"
        )
    table.setdefault("name", re.sub(r"[^A-Za-z0-9_.-]", "-", Path(source).stem) or "unnamed")
    return table


def _find_rule(table: dict[str, Any], folder: Path) -> None:
    """Make the path of a reward rule absolute, so that it means the same file from anywhere."""
    task = table.get("task")
    rule = task.get("rule") if isinstance(task, dict) else None
    if isinstance(rule, str) and rule.endswith(".sol"):
        table["task"]["rule"] = str(folder.absolute() / rule)


def _apply(table: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    key, text = key.strip(), text.strip()
    if not equals or not key or not text:
        raise InputError("override", override, "write key=value, such as task.mafr=0.8")
    *path, last = parts = key.split(".")
    if not all(parts):
        raise InputError("override", override, "write key=value, such as task.mafr=0.8")
    for part in path:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise InputError(key, text, f"{part} is a value, not a table")
    try:
        table[last] = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        table[last] = text  # a bare word is meant as text: contributors write network=cnn_1


def _first_refusal(error: ValidationError) -> InputError:
    first = error.errors()[0]
    location = first["loc"]
    context = first.get("ctx", {})
    if first["type"] == "refused":
        return InputError(_name(*location, context["field"]), context["value"], context["allowed"])
    if first["type"] == "extra_forbidden":
        *table, key = location
        known = sorted(_fields_at(table))
        where = f"[{_name(*table)}]" if table else "a scenario"
        hint = _hint(str(key), known) or f"; {where} knows {', '.join(known)}"
        return InputError(_name(*location), first["input"], f"unknown key{hint}")
    if first["type"] in TYPES:
        return InputError(_name(*location), first["input"], TYPES[first["type"]])
    message = first["msg"].removeprefix("Value error, ")
    return InputError(_name(*location), first["input"], message[:1].lower() + message[1:])


def _fields_at(location: Iterable[int | str]) -> Iterable[str]:
    model: type[BaseModel] = Scenario
    for part in location:
        annotation = model.model_fields[str(part)].annotation
        assert isinstance(annotation, type) and issubclass(annotation, BaseModel)
        model = annotation
    return model.model_fields


def _name(*location: int | str) -> str:
    """Write a place in the file as people do: ``contributors.labels[2]``."""
    name = ""
    for part in location:
        if isinstance(part, int):
            name += f"[{part}]"
        elif part:
            name += f".{part}" if name else part
    return name


def _hint(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f", did you mean {near[0]!r}?" if near else ""
