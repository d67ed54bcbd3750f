"""How much room the cache takes, and how it is kept within bounds: what was used longest ago goes first."""

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError

DEFAULT_LIMIT = 20 * 10**9
"""Bytes that the cache may take unless ``VERIFUSE_CACHE_LIMIT`` says otherwise."""

PROGRAMS, LOCKS, PASSING = "programs", "locks", "passing"
_TOUCH_SECONDS = 600.0
_SLACK = 0.05
_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?B|)", re.IGNORECASE)
_KINDS = {
    frozenset({"model_file"}): "trained models",
    frozenset({"features"}): "features",
    frozenset({"A", "B"}): "fusion heads",
    frozenset({"right", "losses"}): "measurements",
    frozenset({"fingerprint"}): "fingerprints",
}


@dataclass(frozen=True)
class Held:
    """An entry of the cache: a file, its bytes, and when it was last used (Unix seconds)."""

    path: Path
    size: int
    used: float


@dataclass(frozen=True)
class Usage:
    """What the cache holds of one kind."""

    kind: str
    entries: int
    bytes: int


def parse_bytes(text: str, field: str) -> int:
    """Return the bytes that a text such as ``"5GB"`` means; kB, MB, GB and TB are powers of 1000.

    Raises:
        InputError: It is no such text.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise InputError(field, text, 'a size such as "500MB", "5GB", or a number of bytes')
    number, unit = found.groups()
    return int(float(number) * _UNITS[unit.upper()])


def cache_limit() -> int:
    """Return the bytes that the cache may take: ``VERIFUSE_CACHE_LIMIT``, or ``DEFAULT_LIMIT``.

    Raises:
        InputError: The variable holds something else than a size.
    """
    chosen = os.environ.get("VERIFUSE_CACHE_LIMIT")
    return parse_bytes(chosen, "VERIFUSE_CACHE_LIMIT") if chosen else DEFAULT_LIMIT


def held(folder: Path) -> Iterator[Held]:
    """Yield every entry of a cache, compiled programs included."""
    for place in folder.glob("*"):
        if not place.is_dir() or place.name == LOCKS:
            continue
        for path in place.glob("*"):
            with suppress(OSError):  # another process deleted it
                if path.suffix != ".part" and path.is_file():
                    found = path.stat()
                    yield Held(path, found.st_size, found.st_mtime)


def usage(folder: Path) -> list[Usage]:
    """Return what a cache holds, the kind that takes most room first."""
    counts: dict[str, list[int]] = {}
    for entry in held(folder):
        count = counts.setdefault(_kind(entry.path), [0, 0])
        count[0] += 1
        count[1] += entry.size
    found = [Usage(kind, *count) for kind, count in counts.items()]
    return sorted(found, key=lambda one: (-one.bytes, one.kind))


def prune(folder: Path, most: int) -> Usage:
    """Delete what was used longest ago until the rest takes no more than ``most`` bytes; return what went."""
    entries = sorted(held(folder), key=lambda one: (one.used, one.path.name))
    total, gone, freed = sum(one.size for one in entries), 0, 0
    for entry in entries:
        if total <= most:
            break
        try:
            entry.path.unlink(missing_ok=True)
        except OSError:  # on Windows, somebody reads it
            continue
        total, gone, freed = total - entry.size, gone + 1, freed + entry.size
    return Usage("deleted", gone, freed)


def touch(path: Path) -> None:
    """Note that an entry was used; not every time, as that would write to the disk at every look."""
    with suppress(OSError):
        if time.time() - path.stat().st_mtime > _TOUCH_SECONDS:
            os.utime(path)


class Room:
    """Keeps one cache folder within its limit, looking at it only after much has been added.

    Every process that writes looks by itself, so the limit may be passed for a while by a twentieth for
    each of them.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._added: float | None = None

    def add(self, size: int) -> None:
        """Count bytes that were written; make room when it is time to look."""
        most = cache_limit()
        first = self._added is None
        self._added = (self._added or 0) + size
        if first or self._added > _SLACK * most:
            self._added = 0
            if sum(one.size for one in held(self._folder)) > most:
                prune(self._folder, int((1 - _SLACK) * most))


def _kind(path: Path) -> str:
    if path.parent.name == PROGRAMS:
        return "compiled programs"
    if path.parent.name == PASSING:
        return "features of distorted copies"
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            names = json.loads(file.read(min(size, 1_000_000))).keys() - {"__metadata__"}
    except (OSError, ValueError, AttributeError):
        return "unreadable"
    return _KINDS.get(frozenset(names), "other results")
