"""Every table and key of a scenario file, in words: for the reference, and for comments in new scenarios."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .json_schema import is_amount
from .overrides import toml_text


@dataclass(frozen=True)
class Key:
    """A key of a table.

    Attributes:
        name: As it is written.
        allowed: What it can be, in words.
        default: What it is unless it is set, in TOML; empty if it is then absent.
        meaning: What it is for.
        is_needed: Whether it has to be said where its table is.
    """

    name: str
    allowed: str
    default: str
    meaning: str
    is_needed: bool


@dataclass(frozen=True)
class Table:
    """A table of a scenario file.

    Attributes:
        place: Its name, such as ``task`` or ``training.augmentation``; empty for what stands above them.
        is_list: Whether there may be several, as of ``[[contributors.groups]]``.
        is_optional: Whether it makes a difference that it is there, even with no key in it.
        meaning: What it is for.
        keys: In their order, without tables within.
        like: Name of a table whose keys it knows as well; those are not among ``keys``.
        only: Names of these, if they are not all.
    """

    place: str
    is_list: bool
    is_optional: bool
    meaning: str
    keys: tuple[Key, ...]
    like: str = ""
    only: tuple[str, ...] = ()

    @property
    def heading(self) -> str:
        """The line above its keys."""
        if not self.place:
            return ""
        return f"[[{self.place}]]" if self.is_list else f"[{self.place}]"

    @property
    def shared(self) -> str:
        """Say which keys of another table it knows, if any."""
        if not self.like:
            return ""
        names = ", ".join(f"`{name}`" for name in self.only)
        return f"These keys of `[{self.like}]`: {names}" if self.only else f"Any key of `[{self.like}]`"


def tables(schema: dict[str, Any]) -> list[Table]:
    """Return the tables of a JSON Schema, each followed by those within it."""
    return list(_tables(schema, schema, Table("", False, False, schema["description"], ()), {}))


def _tables(
    schema: dict[str, Any], rule: dict[str, Any], empty: Table, defaults: dict[str, Any]
) -> Iterator[Table]:
    """Yield a table that ``rule`` describes, given without its keys, and those within it."""
    place, keys, inner = empty.place, {}, []
    for name, one in rule["properties"].items():
        where = f"{place}.{name}" if place else name
        listed = one.get("items", {}) if one.get("type") == "array" else {}
        reference = one.get("$ref") or listed.get("$ref")
        if reference is None:
            keys[name] = one | ({"default": defaults[name]} if defaults.get(name) is not None else {})
            continue
        inside = schema["$defs"][reference.removeprefix("#/$defs/")]
        usual = one.get("default") if isinstance(one.get("default"), dict) else None
        meaning = f"{one.get('description', '')} {inside['description']}".strip()
        table = Table(where, bool(listed), usual is None and not listed, meaning, ())
        inner.append((inside, table, usual or {}))
    like = _alike(place, keys, schema) if empty.is_list else ""
    known = _properties(like, schema) if like else {}
    needed = rule.get("required", ())
    own = tuple(_key(name, one, name in needed) for name, one in keys.items() if name not in known)
    both = tuple(name for name in known if name in keys)
    values = [name for name, one in known.items() if not (one.get("$ref") or "$ref" in one.get("items", {}))]
    yield replace(empty, keys=own, like=like, only=() if len(both) == len(values) else both)
    for inside, table, usual in inner:
        yield from _tables(schema, inside, table, usual)


def _alike(place: str, keys: dict[str, Any], schema: dict[str, Any]) -> str:
    """Return the table that a list's tables repeat: the one it is in, or that of its name without the s."""
    for name in (place.rpartition(".")[0], place.removesuffix("s")):
        if name and name != place and len(_properties(name, schema).keys() & keys.keys()) > 1:
            return name
    return ""


def _properties(place: str, schema: dict[str, Any]) -> dict[str, Any]:
    rule = schema
    for name in place.split("."):
        one = rule["properties"].get(name, {})
        reference = one.get("$ref") or one.get("items", {}).get("$ref")
        if reference is None:
            return {}
        rule = schema["$defs"][reference.removeprefix("#/$defs/")]
    return rule["properties"]


def keys_of(schema: Mapping[str, Any]) -> tuple[Key, ...]:
    """Return the keys of the schema of one table."""
    needed = schema.get("required", ())
    return tuple(_key(name, rule, name in needed) for name, rule in schema.get("properties", {}).items())


def _key(name: str, rule: dict[str, Any], is_needed: bool) -> Key:
    default = toml_text(rule["default"]) if "default" in rule else ""
    return Key(name, allowed(rule), default, rule.get("description", ""), is_needed)


def allowed(rule: Mapping[str, Any]) -> str:
    """Say what a value can be."""
    if "anyOf" in rule:
        return " or ".join(allowed(one) for one in rule["anyOf"])
    if "const" in rule or "enum" in rule:
        return ", ".join(toml_text(one) for one in rule.get("enum", [rule.get("const")]))
    if is_amount(rule):
        return "amount"
    kind = rule.get("type")
    if kind == "array":
        least = rule.get("minItems", 0)
        return f"list of {allowed(rule['items'])}" + (", not empty" if least == 1 else "")
    if kind in ("integer", "number"):
        return _number("whole number" if kind == "integer" else "number", rule)
    return {"boolean": "true or false", "string": "text", "object": "table"}.get(str(kind), str(kind))


def _number(word: str, rule: Mapping[str, Any]) -> str:
    low, high = rule.get("minimum"), rule.get("maximum")
    if low is not None and high is not None:
        return f"{word}, {low:,} to {high:,}"
    bounds = (
        ("at least", low),
        ("above", rule.get("exclusiveMinimum")),
        ("at most", high),
        ("below", rule.get("exclusiveMaximum")),
    )
    return ", ".join([word, *(f"{which} {bound:,}" for which, bound in bounds if bound is not None)])
