"""``key=value`` overrides for any settings, and the one line that says what pydantic refused."""

import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from ..agents.config.base import IN_WORDS
from ..errors import InputError

TYPES = {
    "model_type": "a table of settings is needed: lines such as mafr = 0.75 below a heading such as [task]",
    "dict_type": "a table is needed",
    "tuple_type": "a list is needed, such as [1, 2]",
}
"""What is meant by kinds of values that pydantic calls by their names in Python."""


BOUNDS = {
    "greater_than": "above",
    "greater_than_equal": "at least",
    "less_than": "below",
    "less_than_equal": "at most",
}
"""What is said of a bound, by the refusal of what is beyond it."""


def apply_override(table: dict[str, Any], override: str) -> None:
    """Set what a text such as ``task.mafr=0.8`` says in nested tables; the value is written as in TOML.

    Raises:
        InputError: It is no ``key=value``, or goes through a value that is no table.
    """
    key, equals, text = override.partition("=")
    key, text = key.strip(), text.strip()
    if not equals or not key or not text:
        raise InputError("override", override, "write key=value, such as task.mafr=0.8")
    *path, last = parts = key.split(".")
    if not all(parts):
        raise InputError("override", override, "write key=value, such as task.mafr=0.8")
    for part in path:
        table = _inner(table, part)
        if not isinstance(table, dict | list):
            raise InputError(key, text, f"{part} is a value, not a table")
    if isinstance(table, list):
        raise InputError(key, text, f"{path[-1]} is a list; name one of its tables, by its place or its name")
    try:
        table[last] = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        table[last] = text  # a bare word is meant as text: contributors write network=cnn_1


def toml_text(value: Any) -> str:
    """Write a value as TOML does on the right of an equals sign, on one line."""
    if isinstance(value, Mapping):
        pairs = (f"{_key(str(key))} = {toml_text(one)}" for key, one in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml_text, value)) + "]"
    if isinstance(value, str | bool):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else toml_text(key)


def _inner(table: Any, part: str) -> Any:
    """Return what is meant by a part of a key; in a list of tables, by place from 0 or by name."""
    if isinstance(table, dict):
        return table.setdefault(part, {})
    for place, one in enumerate(table):
        if part == str(place) or (isinstance(one, dict) and one.get("name") == part):
            return one
    return None


def first_refusal(
    error: ValidationError, model: type[BaseModel], whole: str, also: Sequence[str] = ()
) -> InputError:
    """Return the first refusal of a validation as one line.

    Args:
        error: What pydantic raised.
        model: What it validated.
        whole: What the model is called where keys of its own are meant, such as ``"a scenario"``.
        also: Keys that a file may have at its top beside the model's own.
    """
    # A key that is missing is mostly one that was misspelt: then that is what to tell.
    first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    location, given = first["loc"], first["input"]
    context = first.get("ctx", {})
    if first["type"] == "refused":
        return InputError(_name(*location, context["field"]), context["value"], context["allowed"])
    if first["type"] == "extra_forbidden":
        return InputError(_name(*location), given, f"unknown key{_meant(model, location, whole, also)}")
    if first["type"] == "tuple_type" and tables_at(model, location):
        heading = re.sub(r"\[\d+\]", "", _name(*location))
        return InputError(_name(*location), given, f"tables are needed, below headings such as [[{heading}]]")
    if first["type"] == "missing":
        return InputError(_name(*location), None, "a value: this key has no default")
    if first["type"] in TYPES:
        return InputError(_name(*location), given, TYPES[first["type"]])
    if first["type"] == "too_short":
        return InputError(_name(*location), given, f"at least {context['min_length']} of them")
    if first["type"] == "string_pattern_mismatch" and context["pattern"] in IN_WORDS:
        return InputError(_name(*location), given, IN_WORDS[context["pattern"]])
    if first["type"] in BOUNDS and (allowed := _bounds(model, location)):
        return InputError(_name(*location), given, allowed)
    message = first["msg"].removeprefix("Value error, ")
    return InputError(_name(*location), given, message[:1].lower() + message[1:])


def _bounds(model: type[BaseModel], location: Sequence[int | str]) -> str:
    """Say between what a number may lie, both ends of it, such as ``a number from 0 to 1``."""
    *table, key = [part for part in location if isinstance(part, str)]
    fields = [one.model_fields[key] for one in tables_at(model, table) if key in one.model_fields]
    said: dict[str, Any] = {}
    for field in fields:
        for constraint in (*field.metadata, *_metadata(field.annotation)):
            for name, word in zip(("gt", "ge", "lt", "le"), BOUNDS.values(), strict=True):
                bound = getattr(constraint, name, None)
                if bound is not None and said.setdefault(word, bound) != bound:
                    return ""  # alternatives with bounds of their own
    if set(said) == {"at least", "at most"}:
        return f"a number from {said['at least']:,} to {said['at most']:,} is needed"
    bounds = [f"{word} {said[word]:,}" for word in BOUNDS.values() if word in said]
    return f"a number {' and '.join(bounds)} is needed" if bounds else ""


def _metadata(annotation: Any) -> Iterator[Any]:
    """Yield what an annotation says beside its type, within lists and alternatives."""
    for said in getattr(annotation, "__metadata__", ()):
        yield from getattr(said, "metadata", [said])
    for part in get_args(annotation):
        yield from _metadata(part)


def _meant(model: type[BaseModel], location: Sequence[int | str], whole: str, also: Sequence[str]) -> str:
    """Say what an unknown key may have meant: a like one here, the same one elsewhere, or any known here."""
    *table, key = location
    known = sorted(
        field.alias or name for one in tables_at(model, table) for name, field in one.model_fields.items()
    )
    known += [] if table else also
    if guess := hint(str(key), known):
        return guess
    places = [place for place, one in tables_of(model) if place and str(key) in one.model_fields]
    homes = [f"[{place}]" for place in places if place.rpartition(".")[0] not in places]
    if key in model.model_fields:
        return "; it belongs above the first heading"
    if homes:
        return f"; it is one of {' and '.join(homes[:3])}"
    return f"; {f'[{_name(*table)}]' if table else whole} knows {', '.join(known)}"


def tables_of(model: type[BaseModel], place: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield every table of settings with the names that lead to it, the whole first."""
    yield place, model
    for key, field in model.model_fields.items():
        for one in models_in(field.annotation):
            yield from tables_of(one, f"{place}.{key}" if place else key)


def tables_at(model: type[BaseModel], location: Iterable[int | str]) -> list[type[BaseModel]]:
    """Return the settings that may stand at a place; places in lists are all alike."""
    found = [model]
    for part in location:
        if isinstance(part, str):
            fields = [one.model_fields[part] for one in found if part in one.model_fields]
            found = [inner for field in fields for inner in models_in(field.annotation)]
    return found


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """Return the settings that an annotation mentions, within lists and alternatives."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in models_in(part)]


def _name(*location: int | str) -> str:
    """Write a place in the file as people do: ``contributors.labels[2]``."""
    name = ""
    for part in location:
        if isinstance(part, int):
            name += f"[{part}]"
        elif part:
            name += f".{part}" if name else part
    return name


def hint(word: str, known: Iterable[str]) -> str:
    """Return a guess at what was meant by a word, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f", did you mean {near[0]!r}?" if near else ""
