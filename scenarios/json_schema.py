"""The scenario file as a JSON Schema: what editors complete and check, and what the reference is made of.

What each key means comes from the ``Attributes`` in the docstrings of the settings; what is allowed, from
their types. Nothing is written twice.
"""

import inspect
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from ..units import format_wei
from .layers import EXTENDS
from .overrides import tables_of
from .schema import Scenario

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MEANING_OF_EXTENDS = (
    "Another scenario that this one builds on: a shipped one's name, or a file's path relative to this "
    "file. Its tables are merged with those here, key by key; anything else that is said here, lists too, "
    "takes the place of what it says. It may build on another in turn."
)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario file."""
    schema = Scenario.model_json_schema()
    models = {model.__name__: model for _, model in tables_of(Scenario)}
    definitions = schema.pop("$defs")
    for name, definition in definitions.items():
        _describe(definition, models[name])
    _describe(schema, Scenario)
    properties = schema.pop("properties")
    extends = {EXTENDS: {"type": "string", "description": MEANING_OF_EXTENDS}}
    return {
        "$schema": DIALECT,
        **schema,
        "title": "A Verifuse scenario",
        "properties": {**_first(properties), **extends, **properties},
        "$defs": definitions,
    }


def settings_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of settings that hold no tables, described like a scenario's."""
    schema = model.model_json_schema()
    _describe(schema, model)
    return schema


def _first(properties: dict[str, Any]) -> dict[str, Any]:
    """Return what a file begins with: its name, and what it is about."""
    return {key: properties[key] for key in ("name", "title", "description")}


def _describe(definition: dict[str, Any], model: type[BaseModel]) -> None:
    definition["description"] = summary(model)
    definition.pop("title", None)
    meanings = meanings_of(model)
    for key, rule in definition.get("properties", {}).items():
        _simplify(rule)
        words = [meanings.get(key, ""), rule.pop("description", "")]
        if any(words):
            rule["description"] = "; ".join(word.rstrip(".") for word in words if word) + "."


def _simplify(rule: dict[str, Any]) -> None:
    """Leave out what TOML cannot say, null, and write amounts as people do."""
    rule.pop("title", None)
    alternatives = [one for one in rule.pop("anyOf", []) if one != {"type": "null"}]
    if len(alternatives) == 1:
        rule.update(alternatives[0])
    elif alternatives:
        rule["anyOf"] = alternatives
    if rule.get("default", ...) is None:
        del rule["default"]
    if is_amount(rule) and isinstance(rule.get("default"), int):
        rule["default"] = format_wei(rule["default"])


def is_amount(rule: Mapping[str, Any]) -> bool:
    """Whether a value is an amount of ether."""
    return rule.get("type") == ["string", "integer"]


def summary(model: type) -> str:
    """Return what a docstring says before its ``Attributes``."""
    text = inspect.cleandoc(model.__doc__ or "").partition("\nAttributes:\n")[0]
    return _plain(text)


def meanings_of(model: type) -> dict[str, str]:
    """Return what each key means, by the ``Attributes`` of its class and of those that this is made from."""
    found: dict[str, str] = {}
    for one in reversed(model.__mro__):
        text = inspect.cleandoc(one.__dict__.get("__doc__") or "").partition("\nAttributes:\n")[2]
        for name, meaning in re.findall(r"^    (\w+): (.*(?:\n {5,}.*)*)", text, re.M):
            found[name] = _plain(meaning)
    return found


def _plain(text: str) -> str:
    return " ".join(text.replace("``", "`").split())
