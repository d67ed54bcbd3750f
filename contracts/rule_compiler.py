"""A reward rule of a user's own: from one Solidity file to an artifact.

Results are kept in the cache folder under everything they depend on, so Node.js is needed only the first
time.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..storage import cache_folder, write_atomically
from .abi import Entry
from .artifact import task_market_artifact
from .rules import DECIDE, RuleArtifact
from .solc import run_solc, solc_version

INTERFACE = "IRewardRule.sol"
MAX_SOURCE_BYTES = 64 * 1024
"""Largest file, or files together, that a rule is compiled from."""

_SIGNATURE = "decide(int256, uint256, int256[] calldata) external view returns (bool, uint256)"
_NOT_FOUND = "6275"
_IMPORTS = f'a rule may import "{INTERFACE}" and files beside it'
_IMPORTED = re.compile(r"""\bimport\b[^;"']*["'](?:\./)?([^"'/\\]+\.sol)["']""")


def compile_rule(path: Path) -> RuleArtifact:
    """Compile a reward rule with the compiler that made the shipped contracts.

    The rule is the contract named as the file, or else the only one in it that has ``decide`` as in
    ``IRewardRule``. It may import ``"IRewardRule.sol"`` and files beside it; nothing else is ever read.

    Args:
        path: A Solidity file in UTF-8, at most 64 KiB with what it imports.

    Raises:
        InputError: The file cannot be read or compiled, holds no rule or several, or its constructor takes
            anything but one ``uint256``; or Node.js is missing and this source was not compiled before.
    """
    shipped = resources.files("verifuse.contracts") / "solidity" / INTERFACE
    sources = {INTERFACE: shipped.read_text(encoding="utf-8"), **rule_sources(path)}
    key = _key(path, sources)
    kept = cache_folder() / "rules" / f"{key}.json"
    artifact = _recall(kept)
    if artifact is None:
        artifact = _compile(path, sources)
        write_atomically(kept, artifact.to_json().encode())
    return artifact


def _key(path: Path, sources: Mapping[str, str]) -> str:
    parts = [path.name, solc_version(), task_market_artifact().settings, sources]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _recall(kept: Path) -> RuleArtifact | None:
    try:
        return RuleArtifact.from_json(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def rule_sources(path: Path) -> dict[str, str]:
    """Return the text of a rule's file and of the files beside it that it imports, by name.

    What only looks like an import, in a comment say, costs nothing here; an import that is not found here is
    the compiler's to refuse, for it gets these sources and no way to others.

    Args:
        path: The rule's file.

    Raises:
        InputError: A file cannot be read, or together they are too large.
    """
    folder = path.parent.resolve()
    sources: dict[str, str] = {}
    waiting, room = [path.name], MAX_SOURCE_BYTES
    while waiting:
        name = waiting.pop()
        if name not in sources and name != INTERFACE:
            content = _read(path, folder / name, room)
            room -= len(content)
            sources[name] = content.decode().replace("\r\n", "\n")
            waiting += [
                other for other in _IMPORTED.findall(sources[name]) if _lies_in(folder, folder / other)
            ]
    return sources


def _lies_in(folder: Path, file: Path) -> bool:
    return file.is_file() and file.resolve().parent == folder


def _read(rule: Path, file: Path, room: int) -> bytes:
    if file.suffix != ".sol":
        raise InputError("rule", str(rule), "name a Solidity file, such as Mine.sol")
    try:
        with file.open("rb") as opened:
            content = opened.read(room + 1)
        content.decode()
    except UnicodeDecodeError:
        raise InputError("rule", rule.name, f"{file.name} is not text in UTF-8") from None
    except OSError as error:
        raise InputError("rule", str(rule), f"it cannot be read: {error.strerror}") from None
    if len(content) > room:
        raise InputError(
            "rule", rule.name, f"with its imports it is larger than {MAX_SOURCE_BYTES // 1024} KiB"
        )
    return content


def _compile(path: Path, sources: Mapping[str, str]) -> RuleArtifact:
    outputs = ["abi", "evm.bytecode.object", "evm.bytecode.linkReferences"]
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": {**task_market_artifact().settings, "outputSelection": {path.name: {"*": outputs}}},
    }
    answer = run_solc(path.name, request)
    for error in answer.get("errors", []):
        if error["severity"] == "error":
            raise InputError("rule", path.name, _in_one_line(error, sources))
    name, contract = _rule_among(answer.get("contracts", {}).get(path.name, {}), path)
    artifact = RuleArtifact(
        name=name,
        abi=tuple(contract["abi"]),
        bytecode=_code_of(contract, path),
        sources={source: hashlib.sha256(text.encode()).hexdigest() for source, text in sources.items()},
        compiler=solc_version(),
    )
    if artifact.constructor_types not in ((), ("uint256",)):
        takes = ", ".join(artifact.constructor_types)
        allowed = (
            f"its constructor takes ({takes}); it may take nothing, or one uint256: the full margin in bps"
        )
        raise InputError("rule", path.name, allowed)
    return artifact


def _in_one_line(error: Mapping[str, Any], sources: Mapping[str, str]) -> str:
    message = error["message"]
    if error.get("errorCode") == _NOT_FOUND:
        message = f"{message.rpartition(': ')[0]}: {_IMPORTS}"
    place = error.get("sourceLocation") or {}
    text = sources.get(place.get("file", ""))
    where = ""
    if text is not None and place["start"] >= 0:
        line = text.encode()[: place["start"]].count(b"\n") + 1
        where = f"{place['file']} line {line}: "
    said = "".join(letter if letter.isprintable() else " " for letter in f"{error['type']}: {message}")
    return where + " ".join(said.split())[:300]


def _rule_among(contracts: Mapping[str, Any], path: Path) -> tuple[str, Any]:
    """Return name and output of the contract that is the rule."""
    rules = {
        name: contract
        for name, contract in contracts.items()
        if contract["evm"]["bytecode"]["object"] and any(map(_is_decide, contract["abi"]))
    }
    if path.stem in rules:
        return path.stem, rules[path.stem]
    if not rules:
        raise InputError("rule", path.name, f"no contract in it has {_SIGNATURE}")
    if len(rules) > 1:
        raise InputError(
            "rule", path.name, f"it holds {', '.join(sorted(rules))}: name one of them as the file"
        )
    return next(iter(rules.items()))


def _is_decide(raw: Mapping[str, Any]) -> bool:
    if raw["type"] != "function" or raw["stateMutability"] not in ("view", "pure"):
        return False
    entry = Entry(raw)
    return entry.topic == DECIDE.topic and entry.output_types == DECIDE.output_types


def _code_of(contract: Mapping[str, Any], path: Path) -> bytes:
    created = contract["evm"]["bytecode"]
    if created["linkReferences"]:
        raise InputError("rule", path.name, "it links a library; make the library's functions internal")
    return bytes.fromhex(created["object"])
