"""``key=value`` overrides for any settings, and the one line that says what pydantic refused."""

import difflib
import tomllib
from collections.abc import Iterable
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from ..errors import InputError

TYPES = {
    "model_type": "a table of settings is needed: lines such as mafr = 0.75 below a heading such as [task]",
    "dict_type": "a table is needed",
    "tuple_type": "a list is needed, such as [1, 2]",
}
"""What is meant by kinds of values that pydantic calls by their names in Python."""


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
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise InputError(key, text, f"{part} is a value, not a table")
    try:
        table[last] = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        table[last] = text  # a bare word is meant as text: contributors write network=cnn_1


def first_refusal(error: ValidationError, model: type[BaseModel], whole: str) -> InputError:
    """Return the first refusal of a validation as one line.

    Args:
        error: What pydantic raised.
        model: What it validated.
        whole: What the model is called where keys of its own are meant, such as ``"a scenario"``.
    """
    # A key that is missing is mostly one that was misspelt: then that is what to tell.
    first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    location = first["loc"]
    context = first.get("ctx", {})
    if first["type"] == "refused":
        return InputError(_name(*location, context["field"]), context["value"], context["allowed"])
    if first["type"] == "extra_forbidden":
        *table, key = location
        known = sorted(_fields_at(model, table))
        where = f"[{_name(*table)}]" if table else whole
        guess = hint(str(key), known) or f"; {where} knows {', '.join(known)}"
        return InputError(_name(*location), first["input"], f"unknown key{guess}")
    if first["type"] in TYPES:
        return InputError(_name(*location), first["input"], TYPES[first["type"]])
    message = first["msg"].removeprefix("Value error, ")
    return InputError(_name(*location), first["input"], message[:1].lower() + message[1:])


def _fields_at(model: type[BaseModel], location: Iterable[int | str]) -> Iterable[str]:
    for part in location:
        if isinstance(part, int):  # a place in a list, whose tables are all alike
            continue
        annotation = model.model_fields[part].annotation
        # A list of tables, or a table that may be absent, names the table's model as an argument.
        meant = [one for one in (annotation, *get_args(annotation)) if isinstance(one, type)]
        model = next(one for one in meant if issubclass(one, BaseModel))
    return [field.alias or name for name, field in model.model_fields.items()]


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
