"""Between ABI bytes and this package's dataclasses, by ``eth_abi`` alone.

``eth_abi`` codes a call in microseconds where a web3 contract object takes hundreds; a market run codes many
thousands of them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cache, cached_property, lru_cache
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import EncodingError
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from ..chain.types import Log
from ..errors import InputError
from .artifact import shipped_artifact
from .enums import ENUMS
from .structs import STRUCTS, decode_cid

_ENUM_MEMBERS: dict[str, list[StrEnum]] = {enum.__name__: list(enum) for enum in ENUMS}


def snake_case(name: str) -> str:
    """Turn Solidity's ``mafrBps`` into Python's ``mafr_bps``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


@dataclass(frozen=True)
class Entry:
    """One function, event or error of the ABI; ``structs`` are the dataclasses of its contract's structs."""

    raw: Mapping[str, Any]
    structs: Mapping[str, type] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its Solidity name."""
        return self.raw["name"]

    @property
    def inputs(self) -> Sequence[Mapping[str, Any]]:
        """Its parameters as the ABI describes them."""
        return self.raw["inputs"]

    @cached_property
    def input_types(self) -> tuple[str, ...]:
        """ABI types of its parameters, tuples spelled out."""
        return tuple(_type_of(parameter) for parameter in self.inputs)

    @cached_property
    def output_types(self) -> tuple[str, ...]:
        """ABI types of what a function returns."""
        return tuple(_type_of(parameter) for parameter in self.raw["outputs"])

    @cached_property
    def topic(self) -> bytes:
        """Keccak-256 of its signature: an event's first topic; a selector is its first four bytes."""
        return keccak(text=f"{self.name}({','.join(self.input_types)})")

    def encode(self, arguments: Sequence[Any]) -> bytes:
        """Return call data; ``InputError`` if an argument does not fit its ABI type."""
        try:
            return self.topic[:4] + encode(self.input_types, arguments)
        except (EncodingError, OverflowError, TypeError, ValueError) as error:
            raise InputError(
                self.name, tuple(arguments), f"the ABI takes {self.input_types} ({error})"
            ) from None

    def decode_result(self, data: bytes) -> Any:
        """Return what a function with one return value returned."""
        (value,) = decode(self.output_types, data)
        return self._to_python(self.raw["outputs"][0], value)

    def decode_arguments(self, data: bytes) -> tuple[Any, ...]:
        """Return an error's arguments from what follows its selector."""
        return tuple(map(self._to_python, self.inputs, decode(self.input_types, data)))

    @cached_property
    def _by_place(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Types of an event's indexed parameters, which are single words here, and of the others."""
        declared = list(zip(self.input_types, self.inputs, strict=True))
        indexed = tuple(kind for kind, parameter in declared if parameter["indexed"])
        return indexed, tuple(kind for kind, parameter in declared if not parameter["indexed"])

    def decode_log(self, log: Log) -> tuple[Any, ...]:
        """Return an event's arguments in their declared order."""
        in_topics, in_data = self._by_place
        indexed = iter(decode(in_topics, b"".join(log.topics[1:])))
        # Padding may be anything: a stranger's call data can end up in an event as they were sent.
        others = iter(decode(in_data, log.data, strict=False))
        return tuple(
            self._to_python(parameter, next(indexed if parameter["indexed"] else others))
            for parameter in self.inputs
        )

    def _to_python(self, parameter: Mapping[str, Any], value: Any) -> Any:
        """Dress a decoded value: checksum addresses, enums, dataclasses, CIDs as text, arrays as tuples."""
        kind: str = parameter["type"]
        if kind.endswith("[]"):
            element = {**parameter, "type": kind.removesuffix("[]")}
            return tuple(self._to_python(element, item) for item in value)
        declared = parameter["internalType"].rsplit(".", 1)[-1].removesuffix("[]")
        if kind == "tuple":
            struct = self.structs[declared]
            values = map(self._to_python, parameter["components"], value)
            return struct(**dict(zip((field.name for field in fields(struct)), values, strict=True)))
        if parameter["internalType"].startswith("enum "):
            return _ENUM_MEMBERS[declared][value]
        if kind == "address":
            return _checksummed(value)
        if kind == "bytes" and parameter["name"].lower().endswith("cid"):
            return decode_cid(value)
        return value


@dataclass(frozen=True)
class Interface:
    """What a contract's ABI says.

    Attributes:
        functions: Its functions by Solidity name.
        events: Its events by first topic.
        errors: Its custom errors by selector.
    """

    functions: Mapping[str, Entry]
    events: Mapping[bytes, Entry]
    errors: Mapping[bytes, Entry]


def read_interface(contract: str, structs: Mapping[str, type]) -> Interface:
    """Read the interface of a shipped contract; ``structs`` are the dataclasses of its structs by name."""
    entries: dict[str, list[Entry]] = {"function": [], "event": [], "error": []}
    for raw in shipped_artifact(contract).abi:
        if raw["type"] in entries:
            entries[raw["type"]].append(Entry(raw, structs))
    return Interface(
        functions={entry.name: entry for entry in entries["function"]},
        events={entry.topic: entry for entry in entries["event"]},
        errors={entry.topic[:4]: entry for entry in entries["error"]},
    )


@cache
def _task_market() -> Interface:
    return read_interface("TaskMarket", STRUCTS)


def functions() -> Mapping[str, Entry]:
    """Return the functions of ``TaskMarket`` by Solidity name."""
    return _task_market().functions


def event_entries() -> Mapping[bytes, Entry]:
    """Return the events of ``TaskMarket`` by first topic."""
    return _task_market().events


def error_entries() -> Mapping[bytes, Entry]:
    """Return the custom errors of ``TaskMarket`` by selector."""
    return _task_market().errors


# A market's few addresses come back in every event, and to write one costs a hash.
_checksummed = lru_cache(maxsize=4096)(to_checksum_address)


def _type_of(parameter: Mapping[str, Any]) -> str:
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(map(_type_of, parameter['components']))}){kind.removeprefix('tuple')}"
