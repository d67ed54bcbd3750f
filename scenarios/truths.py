"""``true`` is no number, though Python takes it for 1."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from ..errors import InputError
from .json_schema import json_schema
from .reference import allowed


def refuse_truth_for_a_number(table: Mapping[str, Any]) -> None:
    """Look through nested tables for true or false where a number belongs.

    Raises:
        InputError: There is one.
    """
    _look(table, _schema(), "")


@cache
def _schema() -> dict[str, Any]:
    return json_schema()


def _look(value: Any, rule: Mapping[str, Any], place: str) -> None:
    if "$ref" in rule:
        rule = _schema()["$defs"][rule["$ref"].removeprefix("#/$defs/")]
    if isinstance(value, bool):
        if rule.get("type") in ("integer", "number"):
            raise InputError(place, value, f"a {allowed(rule)} is needed")
    elif isinstance(value, Mapping):
        known = rule.get("properties", {})
        for key, one in value.items():
            _look(one, known.get(key, {}), f"{place}.{key}" if place else str(key))
    elif isinstance(value, list | tuple):
        for number, one in enumerate(value):
            _look(one, rule.get("items", {}), f"{place}[{number}]")
