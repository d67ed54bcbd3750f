"""The compiled contract as the package ships it, read once and only when asked for."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class Artifact:
    """What the compiler made of the Solidity sources.

    Attributes:
        abi: The contract's ABI as JSON values.
        enums: Names of each Solidity enum's members in order.
        bytecode: Creation code.
        deployed_bytecode: Code as it lies on the chain.
        sources: SHA-256 of each source by its path in the repository, hexadecimal, over LF line endings.
        compiler: Full version of solc.
        settings: The compiler's settings.
    """

    abi: tuple[Mapping[str, Any], ...]
    enums: Mapping[str, tuple[str, ...]]
    bytecode: bytes
    deployed_bytecode: bytes
    sources: Mapping[str, str]
    compiler: str
    settings: Mapping[str, Any]


@cache
def task_market_artifact() -> Artifact:
    """Return the shipped ``TaskMarket`` artifact."""
    return shipped_artifact("TaskMarket")


@cache
def shipped_artifact(contract: str) -> Artifact:
    """Return the shipped artifact of a contract by its Solidity name."""
    file = resources.files("verifuse.contracts") / "artifacts" / f"{contract}.json"
    raw = json.loads(file.read_text(encoding="utf-8"))
    return Artifact(
        abi=tuple(raw["abi"]),
        enums={name: tuple(members) for name, members in raw["enums"].items()},
        bytecode=bytes.fromhex(raw["bytecode"][2:]),
        deployed_bytecode=bytes.fromhex(raw["deployedBytecode"][2:]),
        sources=raw["sources"],
        compiler=raw["compiler"],
        settings=raw["settings"],
    )
