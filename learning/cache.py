"""Results on disk, addressed by everything they depend on.

An entry is written to a file of its own and then renamed into place, so readers never see half of it
and writers of the same entry cannot disturb each other. An unreadable entry counts as absent.
"""

import ast
import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache as remember
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from ..storage import Recent, held
from .cache_room import LOCKS, PASSING, Room, touch
from .tensor_files import canonical_json

_FORWARD = ("convolution", "forward", "graph_forward", "graphs", "layers", "networks", "pooling")
_FUSION = (*_FORWARD, "adam", "augmentation", "evaluation", "fusion", "initial")
_CODE: Mapping[str, tuple[str, ...]] = {
    "training": (*_FORWARD, "adam", "augmentation", "early_stop", "initial", "training"),
    "grouped-training": (*_FORWARD, "adam", "augmentation", "early_stop", "groups", "initial", "training"),
    "features": _FORWARD,
    "copies-features": (*_FORWARD, "augmentation"),
    "heads": _FUSION,
    "measured": _FUSION,
    "coalitions": (*_FUSION, "coalition_fits", "coalition_layout"),
    "federation": (*_FORWARD, "adam", "augmentation", "baselines/federated", "initial", "training"),
    "late fusion": (*_FORWARD, "baselines/readouts", "baselines/comparison"),
    "ridge": (*_FORWARD, "baselines/readouts", "baselines/comparison"),
    "standalone": (*_FORWARD, "evaluation"),
    "private-training": (*_FORWARD, "private/accounting", "adam", "initial", "outputs", "private/training"),
    "labels": (*_FORWARD, "labelling"),
    "losses": (*_FORWARD, "losses", "outputs"),
    "fingerprint": (*_FORWARD, "fingerprint", "initial"),
}
"""The modules whose code decides a kind's values; for other kinds, all of this package."""

_LIBRARIES = ("jax", "jaxlib", "numpy")

T = TypeVar("T")
Entry = tuple[dict[str, np.ndarray], dict[str, Any]]

PASSING_BYTES = 3 * 2**30
"""Room for entries that are large and quick to compute again; the oldest make way."""


def cache_key(kind: str, **parts: Any) -> str:
    """Return the address of a result.

    Args:
        kind: What the result is, such as ``"training"``.
        **parts: Everything else it depends on, JSON-ready. The code that computes it (but not its comments
            and docstrings), the versions of the numeric libraries and the machine type are added here, since
            each may change a bit.
    """
    surroundings = _surroundings(kind)
    if accelerator() is not None:
        surroundings = {**surroundings, "accelerator": str(accelerator())}
    text = canonical_json({"kind": kind, "parts": parts, "surroundings": surroundings})
    return hashlib.sha256(text.encode()).hexdigest()


def accelerator() -> str | None:
    """Return what JAX is told to compute on first, such as ``"cuda"``, or ``None`` for the CPU."""
    first = os.environ.get("JAX_PLATFORMS", "cpu").split(",")[0].strip()
    return None if first in ("", "cpu") else first


@remember
def _surroundings(kind: str) -> dict[str, str]:
    code = hashlib.sha256()
    folder = Path(__file__).parent
    for name in _CODE.get(kind) or sorted(path.stem for path in folder.glob("*.py")):
        code.update(_meaning(folder / f"{name}.py").encode())
    found = {"code": code.hexdigest(), "machine": f"{platform.system()} {platform.machine()}"}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "none"
    return found


def _meaning(path: Path) -> str:
    """Return a module's syntax tree as text: without comments and docstrings, which change no value."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [  # pyright: ignore[reportAttributeAccessIssue]
                one for one in body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
            ]
    return ast.dump(tree)


class Cache:
    """A folder of results; arrays and JSON-ready values go in, the same come out.

    Args:
        folder: Where to keep them; created on the first write.
        recent: Bytes of entries that are also kept in memory once they were read; nobody may change these.
    """

    def __init__(self, folder: Path, *, recent: int = 0):
        self.folder = folder
        self._recent: Recent[str, Entry] = Recent(recent)

    def _path(self, key: str, passing: bool) -> Path:
        return self.folder / (PASSING if passing else key[:2]) / f"{key}.safetensors"

    @contextmanager
    def alone(self, key: str, *, wait: bool = True) -> Iterator[bool]:
        """Keep other processes from computing what belongs under ``key``; gives whether nobody else does.

        Whoever has waited finds the entry there. The operating system frees what a dead process held.
        Where files cannot be locked nobody waits, and the same may be computed twice.

        Args:
            key: The entry's address.
            wait: Whether to wait for another process that is at it.
        """
        with held(self.folder / LOCKS / f"{key}.lock", wait=wait) as ours:
            yield ours

    def has(self, key: str) -> bool:
        """Whether there is an entry; it may prove unreadable yet."""
        return self._path(key, False).is_file()

    def get(self, key: str, *, passing: bool = False) -> Entry | None:
        """Return an entry's arrays and values, or ``None`` if there is no readable one."""
        known = self._recent.get(key)
        if known is not None:
            return known
        path = self._path(key, passing)
        if not path.is_file():
            return None
        try:
            with safe_open(path, framework="numpy") as file:
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
                values = json.loads(file.metadata()["values"])
        except (SafetensorError, OSError, ValueError, KeyError, TypeError):
            return None
        touch(path)
        self._recent.put(key, (arrays, values), sum(array.nbytes for array in arrays.values()) + 1000)
        return arrays, values

    def put(
        self,
        key: str,
        arrays: Mapping[str, np.ndarray],
        values: Mapping[str, Any],
        *,
        passing: bool = False,
    ) -> None:
        """Write an entry whole or not at all.

        Args:
            key: Its address.
            arrays: Its arrays.
            values: Its other values, JSON-ready.
            passing: Whether it may be forgotten when ``PASSING_BYTES`` are full.
        """
        path = self._path(key, passing)
        path.parent.mkdir(parents=True, exist_ok=True)
        ready = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        blob = save(ready, {"values": canonical_json(values)})
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(blob)
            self._settle(Path(name), path)
        finally:
            Path(name).unlink(missing_ok=True)
        if passing:
            _make_room(path.parent, PASSING_BYTES)
        _room(self.folder).add(len(blob))

    def remembered(
        self,
        key: str,
        compute: Callable[[], T],
        lay_down: Callable[[T], Entry],
        take_up: Callable[[dict[str, np.ndarray], dict[str, Any]], T],
    ) -> T:
        """Return what an entry holds, or compute it and write it down.

        Args:
            key: The entry's address.
            compute: How to come by the result.
            lay_down: What the result is as arrays and values.
            take_up: The same backwards.
        """
        entry = self.get(key)
        if entry is not None:
            return take_up(*entry)
        result = compute()
        self.put(key, *lay_down(result))
        return result

    @staticmethod
    def _settle(part: Path, path: Path) -> None:
        try:
            part.replace(path)
        except PermissionError:  # Windows: a reader holds the same entry open, so it is there already
            if not path.is_file():
                raise


@remember
def _room(folder: Path) -> Room:
    return Room(folder)


def _make_room(folder: Path, most: int) -> None:
    """Delete the oldest entries until those that are left take no more than so many bytes."""
    entries = []
    for path in folder.glob("*.safetensors"):
        with suppress(OSError):  # another process deleted it
            entries.append((path.stat().st_mtime, path.stat().st_size, path))
    total = sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if total <= most:
            return
        with suppress(OSError):  # or, on Windows, reads it
            path.unlink()
        total -= size
