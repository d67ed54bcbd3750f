"""Arrays with a description, as safetensors bytes that strangers may hand us.

A file is refused from its header alone, before anything of its declared size is allocated: names,
types and shapes must be exactly those the reader expects. Bytes are a fixed function of the content,
so a file can be addressed by its hash.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic_core import from_json
from safetensors import SafetensorError
from safetensors.numpy import load, save

from ..errors import VerifuseError

MAX_HEADER_BYTES = 1024 * 1024
_KEY = "verifuse"
_DTYPES = {"F32": np.dtype(np.float32), "U8": np.dtype(np.uint8)}

Expected = Mapping[str, tuple[np.dtype, tuple[int, ...]]]


class TensorFileError(VerifuseError):
    """Bytes that do not hold what they should; the message is one line."""


class ModelFileError(TensorFileError):
    """A model file that is malformed or outside the limits."""


class DataFileError(TensorFileError):
    """A file of private data that is malformed or outside the limits."""


def canonical_json(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, no blanks, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def pack(kind: str, description: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> bytes:
    """Return safetensors bytes of the tensors with a description.

    Args:
        kind: What the file is, such as ``"network"``; a reader asks for the same word.
        description: JSON-ready values.
        tensors: float32 or uint8 arrays.

    Returns:
        The same bytes for the same content. The description is one metadata entry, because
        safetensors leaves the order of several open.
    """
    text = canonical_json({"kind": kind, "version": 1, **description})
    return save({name: np.ascontiguousarray(array) for name, array in tensors.items()}, {_KEY: text})


def read_header(blob: bytes, kind: str, refuse: type[TensorFileError]) -> tuple[dict[str, Any], Expected]:
    """Read description, names, types and shapes without touching the tensors.

    Args:
        blob: Untrusted bytes.
        kind: The kind the reader expects.
        refuse: The error to raise.

    Returns:
        The description without ``kind`` and ``version``, and for every tensor its dtype and shape.

    Raises:
        TensorFileError: As ``refuse``, when the header is cut off, too large, not JSON or of another kind.
    """
    length = int.from_bytes(blob[:8], "little")
    if len(blob) < 8 or length > len(blob) - 8:
        raise refuse(f"cut off: {len(blob)} bytes")
    if length > MAX_HEADER_BYTES:
        raise refuse(f"a header of {length} bytes; at most {MAX_HEADER_BYTES} are read")
    try:
        # Not json.loads: where a library has raised Python's recursion limit, deep nesting overflows the
        # C stack and ends the process; this parser has a limit of its own.
        header = from_json(blob[8 : 8 + length])
        description = from_json(header.pop("__metadata__")[_KEY])
        found = {
            name: (_DTYPES[entry["dtype"]], tuple(int(size) for size in entry["shape"]))
            for name, entry in header.items()
        }
        version = (description.pop("kind"), description.pop("version"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise refuse("the header is not one that Verifuse writes") from None
    if version != (kind, 1):
        raise refuse(f"not a {kind} file of version 1")
    return description, found


def unpack(blob: bytes, expected: Expected, refuse: type[TensorFileError]) -> dict[str, np.ndarray]:
    """Return the tensors once the header has exactly the expected names, types and shapes.

    Args:
        blob: Untrusted bytes.
        expected: For every tensor its dtype and shape.
        refuse: The error to raise.

    Returns:
        The arrays, in the order of ``expected``.

    Raises:
        TensorFileError: As ``refuse``, naming the first tensor that differs or is not finite.
    """
    tensors = _load(blob, refuse)
    for name in sorted(tensors.keys() ^ expected.keys()):
        raise refuse(f"tensor {name[:60]!r} is {'not known' if name in tensors else 'missing'}")
    for name, (dtype, shape) in expected.items():
        array = tensors[name]
        if (array.dtype, array.shape) != (dtype, shape):
            raise refuse(f"tensor {name!r} is {array.dtype}{array.shape}; expected {dtype}{shape}")
        if dtype.kind == "f" and not np.isfinite(array).all():
            raise refuse(f"tensor {name!r} holds values that are not finite")
    return {name: tensors[name] for name in expected}


def _load(blob: bytes, refuse: type[TensorFileError]) -> dict[str, np.ndarray]:
    try:
        return load(blob)
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        line = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise refuse(f"not a readable safetensors file: {line}") from None
