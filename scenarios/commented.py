"""A new scenario to start from: every key with a comment on what it means and what it can be."""

import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tomlkit

from ..agents.config.base import IN_WORDS, NAME
from ..errors import InputError
from .json_schema import json_schema
from .layers import EXTENDS, read_layers, scenario_name, shipped
from .load import load
from .overrides import toml_text
from .reference import Key, Table, tables

SCHEMA_FILE = "verifuse.schema.json"
WIDTH = 100

HEAD = """\
#:schema ./{schema}
# Keys that begin with # have the value that is shown unless you set them. Look at what it comes to with
# `verifuse show {file}`, and at who holds which images with `verifuse show {file} --data`.
"""


def new_scenario(path: Path, source: str) -> None:
    """Write a commented scenario file with another one's values.

    Args:
        path: Where; its name without ending becomes the scenario's name.
        source: A shipped scenario's name or the path of a TOML file.

    Raises:
        InputError: The file exists, its name is a shipped scenario's, or ``source`` cannot be used.
    """
    if not re.fullmatch(NAME, path.stem):
        raise InputError("name", path.stem, IN_WORDS[NAME])
    if path.stem in shipped():
        raise InputError("name", path.stem, "another name: a scenario of this one is shipped")
    text = commented(source, path.name)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise InputError("name", str(path), "another name: the file exists and is not overwritten") from None
    except OSError as error:
        raise InputError(
            "name", str(path), f"a file in a folder that can be written ({error.strerror})"
        ) from None


def commented(source: str, file: str) -> str:
    """Return a scenario's values as a file of that name, every key with a comment."""
    said = read_layers(source).table | {"name": scenario_name(file)}
    inforce = load(source).resolved().model_dump(mode="json")
    schema = json_schema()
    parts = [HEAD.format(schema=SCHEMA_FILE, file=file)]
    for table in tables(schema):
        parts += _table(table, said, inforce)
    return "\n".join(parts)


def _table(table: Table, said: Any, inforce: Any) -> Iterator[str]:
    """Yield a table's paragraphs: its heading, and each key with what is said of it or holds anyway."""
    *above, name = table.place.split(".") if table.place else [""]
    for part in above:
        said, inforce = _inside(said, part), _inside(inforce, part)
    if isinstance(said, list):
        return  # what lies within a list of tables is written with it
    if table.is_list:
        yield from _several(table, said.get(name, ()))
        return
    own, usual = (_inside(said, name), _inside(inforce, name)) if name else (said, inforce)
    if table.heading:
        is_there = not table.is_optional or name in said
        yield _comment(table.meaning) + ("" if is_there else "#") + table.heading + "\n"
    for key in table.keys:
        yield _paragraph(key, own, usual)


def _several(table: Table, said: Any) -> Iterator[str]:
    own = ", ".join(f"`{key.name}`" for key in table.keys)
    keys = f"{table.shared}; and its own: {own}." if table.shared else f"Its keys: {own}."
    words = _comment(f"{table.meaning} {keys}")
    if not said:
        yield f"{words}#{table.heading}\n"
    for entry in said:
        yield f"{words}{table.heading}\n" + "".join(
            f"{key} = {toml_text(one)}\n" for key, one in entry.items()
        )
        words = ""


def _paragraph(key: Key, said: Mapping[str, Any], inforce: Mapping[str, Any]) -> str:
    comment = _comment(f"{key.meaning} ({key.allowed})")
    if key.name in said and key.name != EXTENDS:
        return f"{comment}{key.name} = {_written(said[key.name])}\n"
    value = inforce.get(key.name)
    return f"{comment}#{key.name} ={'' if value is None else ' ' + toml_text(value)}\n"


def _written(value: Any) -> str:
    """Return a value in TOML, a long one on several lines."""
    if isinstance(value, str) and "\n" in value:
        return tomlkit.string(value, multiline=True).as_string()
    line = toml_text(value)
    if isinstance(value, list) and len(line) > WIDTH:
        return "[\n" + "".join(f"    {toml_text(one)},\n" for one in value) + "]"
    return line


def _comment(text: str) -> str:
    return textwrap.indent(textwrap.fill(text.strip(), WIDTH - 2), "# ") + "\n"


def _inside(table: Any, name: str) -> Any:
    found = table.get(name) if isinstance(table, Mapping) else None
    return {} if found is None else found
