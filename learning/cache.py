"""Results on disk, addressed by everything they depend on.

An entry is written to a file of its own and then renamed into place, so readers never see half of it
and writers of the same entry cannot disturb each other. An unreadable entry counts as absent.
"""

import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Mapping
from functools import cache as remember
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from .tensor_files import canonical_json

_NUMERIC_MODULES = (
    "adam",
    "convolution",
    "fingerprint",
    "forward",
    "fusion",
    "initial",
    "networks",
    "training",
    "work",
)
_LIBRARIES = ("jax", "jaxlib", "numpy")


def cache_key(kind: str, **parts: Any) -> str:
    """Return the address of a result.

    Args:
        kind: What the result is, such as ``"training"``.
        **parts: Everything else it depends on, JSON-ready. The code that computes it, the versions of
            the numeric libraries and the machine type are added here, since each may change a bit.
    """
    text = canonical_json({"kind": kind, "parts": parts, "surroundings": _surroundings()})
    return hashlib.sha256(text.encode()).hexdigest()


@remember
def _surroundings() -> dict[str, str]:
    folder = Path(__file__).parent
    code = hashlib.sha256()
    for name in _NUMERIC_MODULES:
        code.update((folder / f"{name}.py").read_bytes())
    found = {"code": code.hexdigest(), "machine": f"{platform.system()} {platform.machine()}"}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "none"
    return found


class Cache:
    """A folder of results; arrays and JSON-ready values go in, the same come out.

    Args:
        folder: Where to keep them; created on the first write.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.safetensors"

    def get(self, key: str) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
        """Return an entry's arrays and values, or ``None`` if there is no readable one."""
        path = self._path(key)
        if not path.is_file():
            return None
        try:
            with safe_open(path, framework="numpy") as file:
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
                return arrays, json.loads(file.metadata()["values"])
        except (SafetensorError, OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, key: str, arrays: Mapping[str, np.ndarray], values: Mapping[str, Any]) -> None:
        """Write an entry whole or not at all."""
        path = self._path(key)
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

    @staticmethod
    def _settle(part: Path, path: Path) -> None:
        try:
            part.replace(path)
        except PermissionError:  # Windows: a reader holds the same entry open, so it is there already
            if not path.is_file():
                raise
