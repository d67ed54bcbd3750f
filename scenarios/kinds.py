"""A number is neither ``true``, which Python takes for 1, nor ``"3"``, which a program could read."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from ..errors import InputError
from .json_schema import json_schema
from .reference import allowed

NUMBERS = {"integer", "number"}
ANYTHING = "anything"


def refuse_what_is_no_number(table: Mapping[str, Any]) -> None:
    """Look through nested tables for true, false or a text where only a number belongs.

    Raises:
        InputError: There is one.
    """
    _look(table, _schema(), "")


@cache
def _schema() -> dict[str, Any]:
    return json_schema()


def _look(value: Any, rule: Mapping[str, Any], place: str) -> None:
    rules = list(_alternatives(rule))
    if isinstance(value, bool | str):
        kinds = {kind for one in rules for kind in _kinds(one)}
        given = "boolean" if isinstance(value, bool) else "string"
        if kinds & NUMBERS and not kinds & {given, ANYTHING}:
            number = next(one for one in rules if NUMBERS.intersection(_kinds(one)))
            raise InputError(place, value, f"a {allowed(number)} is needed")
    elif isinstance(value, Mapping):
        for key, one in value.items():
            inner = [found for rule in rules if (found := rule.get("properties", {}).get(key))]
            _look(one, _any_of(inner), f"{place}.{key}" if place else str(key))
    elif isinstance(value, list | tuple):
        inner = [rule["items"] for rule in rules if "items" in rule]
        for number, one in enumerate(value):
            _look(one, _any_of(inner), f"{place}[{number}]")


def _kinds(rule: Mapping[str, Any]) -> list[str]:
    kind = rule.get("type", ANYTHING)
    return [kind] if isinstance(kind, str) else kind


def _any_of(rules: list[dict[str, Any]]) -> Mapping[str, Any]:
    return rules[0] if len(rules) == 1 else {"anyOf": rules or [{}]}


def _alternatives(rule: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what a value may be, references followed."""
    if "$ref" in rule:
        yield from _alternatives(_schema()["$defs"][rule["$ref"].removeprefix("#/$defs/")])
    elif "anyOf" in rule:
        for one in rule["anyOf"]:
            yield from _alternatives(one)
    else:
        yield rule
