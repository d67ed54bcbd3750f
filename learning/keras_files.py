"""A user's own Keras model, read as a description: ``model.save("mine.keras")`` or ``model.to_json()``.

Of a ``.keras`` file only ``config.json`` is read: no weights, no optimiser, no code. Keras itself is never
asked to load it; what is not on the list of ``layers`` is refused by the name of the layer.
"""

import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args
from zipfile import BadZipFile, ZipFile

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from ..errors import InputError
from .graphs import FEATURES, IMAGE, MAX_LAYERS, Graph
from .layers import AnyLayer, Shape

NETWORK_FILES = (".keras", ".json")
MAX_DESCRIPTION_BYTES = 1024 * 1024
MAX_ARCHIVE_BYTES = 400_000_000

_KINDS = {kind.__name__: kind for kind in get_args(get_args(AnyLayer)[0])}
_LAYER = TypeAdapter(AnyLayer)
_MUST_BE: dict[str, tuple[Any, ...]] = {
    "trainable": (True,),
    "data_format": ("channels_last",),
    "groups": (1,),
    "dilation_rate": (1, [1, 1]),
    "axis": (-1, [-1]),
    "keepdims": (False,),
    "rms_scaling": (False,),
    "negative_slope": (0,),
    "threshold": (0,),
    "dtype": ("float32",),
}
_ADDRESSES = ("shared_object_id", "build_config", "compile_config")
_REASONS = {
    "BatchNormalization": "its running statistics are no weights that a step of training moves;"
    " LayerNormalization is allowed",
    "Lambda": "code from a file is never run",
}

_MALFORMED = (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError)

Config = dict[str, Any]


def is_own_network(name: str) -> bool:
    """Whether a network is named by the path of a user's own file."""
    return name.endswith(NETWORK_FILES)


def network_name(name: str) -> str:
    """Return a network's short name: as it is, or the file's in small letters, digits and underscores."""
    if not is_own_network(name):
        return name
    stem = name.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return re.sub(r"[^a-z0-9_]", "_", stem.lower())[:32] or "own"


def read_description(path: Path, *, field: str = "network") -> str:
    """Return a file's description as JSON that is the same whenever the network is.

    What Keras adds by chance (addresses in memory) or needs only to load weights is left out.

    Raises:
        InputError: There is no such file, or it is too large, no Keras model, or not JSON.
    """

    def refuse(allowed: str) -> InputError:
        return InputError(field, path.name, allowed)

    try:
        text = _from_archive(path, refuse) if path.suffix == ".keras" else _text(path, refuse)
        found = from_json(text, allow_inf_nan=False)
        return json.dumps(_without_addresses(found), sort_keys=True, indent=1, allow_nan=False) + "\n"
    except FileNotFoundError:
        raise refuse("there is no such file") from None
    except (OSError, BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise refuse(f"a file as Keras saves it ({_line(error)})") from None
    except ValueError as error:
        raise refuse(f"a description in JSON as Keras writes it ({_line(error)})") from None


def _from_archive(path: Path, refuse: Any) -> bytes:
    if path.stat().st_size > MAX_ARCHIVE_BYTES:
        raise refuse(f"a file of at most {MAX_ARCHIVE_BYTES:,} bytes")
    with ZipFile(path) as archive:
        entry = archive.getinfo("config.json")
        with archive.open(entry) as file:
            text = file.read(MAX_DESCRIPTION_BYTES + 1)  # whatever the entry says about its size
    if len(text) > MAX_DESCRIPTION_BYTES:
        raise refuse(f"a description of at most {MAX_DESCRIPTION_BYTES:,} bytes")
    return text


def _text(path: Path, refuse: Any) -> bytes:
    with path.open("rb") as file:
        text = file.read(MAX_DESCRIPTION_BYTES + 1)
    if len(text) > MAX_DESCRIPTION_BYTES:
        raise refuse(f"a description of at most {MAX_DESCRIPTION_BYTES:,} bytes")
    return text


def _without_addresses(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_addresses(part) for key, part in value.items() if key not in _ADDRESSES}
    return [_without_addresses(part) for part in value] if isinstance(value, list) else value


def _line(error: Exception) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__


def read_graph(path: Path, image_shape: Shape, *, field: str = "network") -> Graph:
    """Read a network for images of one shape.

    A model without a ``Rescaling`` of its own behind the image is meant for values from 0 to 1, and gets one.

    Args:
        path: The file.
        image_shape: The task's (H, W, C).
        field: The name to put into errors.

    Raises:
        InputError: The file cannot be read, or the network is not allowed or reads other images; one line
            that names the layer.
    """
    text = read_description(path, field=field)
    try:
        return _graph(from_json(text), image_shape)
    except _MALFORMED as error:
        raise InputError(field, path.name, _reason(error)) from None


def dropouts(path: Path, *, field: str = "network") -> list[str]:
    """Return the names of a model's ``Dropout`` layers, which training here passes over.

    Raises:
        InputError: The file cannot be read.
    """
    try:
        entries, _ = _entries(from_json(read_description(path, field=field)))
    except _MALFORMED:
        return []  # refused with its reason when the network is built
    return [entry.name for entry in entries if entry.kind == "Dropout"]


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return error.errors()[0]["msg"].removeprefix("Value error, ")
    if isinstance(error, ValueError):
        return str(error)
    return "a functional or sequential model as Keras describes it is needed"


@dataclass(frozen=True)
class _Entry:
    """A layer as the file has it, and the names of those that it reads."""

    name: str
    kind: str
    config: Config
    inputs: tuple[str, ...]


def _graph(found: Any, image_shape: Shape) -> Graph:
    entries, last = _entries(found)
    (start,) = [entry for entry in entries if entry.kind == "InputLayer"]
    behind = _behind_the_features(entries, last)
    body = [entry for entry in entries if entry is not start and entry.name not in behind]
    opening = _opening(start, body, image_shape)
    names = {start.name: opening[-1]["name"] if opening else IMAGE}
    layers = [_LAYER.validate_python(layer) for layer in opening]
    layers += [
        _layer(entry, [names.get(name, name) for name in entry.inputs]) for entry in _ordered(body, start)
    ]
    return Graph(layers=tuple(layers))


def _entries(found: Any) -> tuple[list[_Entry], str]:
    """Return a model's layers and the name of the last one."""
    kind, config = found["class_name"], found["config"]
    if kind not in ("Functional", "Sequential"):
        raise ValueError(f"it is a {_quoted(kind)}; a functional or sequential Keras model is needed")
    layers = config["layers"]
    if len(layers) > MAX_LAYERS:
        raise ValueError(f"it has {len(layers)} layers; at most {MAX_LAYERS} are allowed")
    entries: list[_Entry] = []
    for layer in layers:
        name = layer["config"]["name"]
        if name in [entry.name for entry in entries]:
            raise ValueError(f"two layers are called {_quoted(name)}")
        allowed = _kind(name, layer)
        before = tuple(entry.name for entry in entries[-1:])
        inputs = _read_layers(name, layer) if kind == "Functional" else before
        entries.append(_Entry(name, allowed, layer["config"], inputs))
    if [entry.kind for entry in entries].count("InputLayer") != 1:
        raise ValueError("one keras.Input of the images' shape is needed")
    if kind == "Sequential":
        return entries, entries[-1].name
    return entries, _only_output(config["output_layers"])


def _kind(name: str, layer: Config) -> str:
    kind = layer["class_name"]
    is_kerass = layer["module"] == "keras.layers" and layer.get("registered_name") is None
    if is_kerass and (kind in _KINDS or kind == "InputLayer"):
        return kind
    reason = _REASONS.get(kind, f"allowed are {', '.join(sorted(_KINDS))}")
    own = "" if is_kerass else " that is none of keras.layers"
    raise ValueError(f"layer {_quoted(name)} is a {_quoted(kind)}{own}: {reason}")


def _read_layers(name: str, layer: Config) -> tuple[str, ...]:
    """Return what a layer of a functional model reads; each is used once and gives one output."""
    nodes = layer["inbound_nodes"]
    if len(nodes) > 1:
        raise ValueError(f"layer {_quoted(name)} is used {len(nodes)} times; shared layers are not supported")
    if not nodes:
        return ()
    arguments = nodes[0]["args"]
    if any(value not in (None, False) for value in nodes[0]["kwargs"].values()) or len(arguments) != 1:
        raise ValueError(f"layer {_quoted(name)} is called with more than the layers that it reads")
    tensors = arguments[0] if isinstance(arguments[0], list) else arguments
    sources = []
    for tensor in tensors:
        source, *places = tensor["config"]["keras_history"]
        if places != [0, 0]:
            raise ValueError(f"layer {_quoted(name)} reads a second use of {_quoted(source)}")
        sources.append(source)
    return tuple(sources)


def _only_output(outputs: list[Any]) -> str:
    if outputs and isinstance(outputs[0], list):
        if len(outputs) > 1:
            raise ValueError(f"it has {len(outputs)} outputs; one is needed, the labels' probabilities")
        outputs = outputs[0]
    return outputs[0]


def _behind_the_features(entries: list[_Entry], last: str) -> set[str]:
    """Return what is not kept: the last layer, made anew for each contributor's labels, and Dropouts."""
    known = {entry.name: entry for entry in entries}
    end = known[last]
    if end.kind != "Dense" or end.config["activation"] not in ("softmax", "linear"):
        raise ValueError(
            f"the last layer, {_quoted(last)}, must be a Dense with softmax (or linear) over the labels"
        )
    if FEATURES not in known:
        raise ValueError(f"no layer is called {FEATURES!r}; name the one that the last layer reads so")
    if end.config["use_bias"] is not True:
        raise ValueError(f"the last layer, {_quoted(last)}, needs its bias")
    dropped = {last}
    (before,) = end.inputs
    while known[before].kind == "Dropout" and before not in dropped:
        dropped.add(before)
        (before,) = known[before].inputs
    if before != FEATURES:
        raise ValueError(
            f"the last layer, {_quoted(last)}, must read the layer {FEATURES!r}; it reads {_quoted(before)}"
        )
    return dropped


def _opening(start: _Entry, body: list[_Entry], image_shape: Shape) -> list[Config]:
    """Return the layers between the task's raw pixels and what the model was written for."""
    _, *declared = start.config["batch_shape"]
    if any(type(side) is not int for side in declared):
        raise ValueError(f"layer {_quoted(start.name)} leaves a side of its input open")
    height, width, channels = image_shape
    same = {
        image_shape,
        *([(height, width)] if channels == 1 else []),
        *([(width,)] if height == channels == 1 else []),
    }
    if tuple(declared) not in same:
        raise ValueError(f"it reads inputs of {tuple(declared)}; the task has images of {image_shape}")
    opening: list[Config] = []
    taken = {entry.name for entry in body}
    first = [entry for entry in body if start.name in entry.inputs]
    if not any(entry.kind == "Rescaling" for entry in first):
        opening.append(
            {"kind": "Rescaling", "name": _free("pixels", taken), "inputs": (IMAGE,), "scale": 1 / 255}
        )
    if tuple(declared) != image_shape:
        before = opening[-1]["name"] if opening else IMAGE
        shape = {"kind": "Reshape", "inputs": (before,), "target_shape": declared}
        opening.append({"name": _free("values", taken), **shape})
    return opening


def _free(name: str, taken: set[str]) -> str:
    return name if name not in taken else _free(f"{name}_", taken)


def _ordered(body: list[_Entry], start: _Entry) -> Iterator[_Entry]:
    """Yield layers so that each comes after those that it reads."""
    done, waiting = {start.name}, list(body)
    while waiting:
        ready = [entry for entry in waiting if done.issuperset(entry.inputs)]
        if not ready:
            raise ValueError(
                f"layer {_quoted(waiting[0].name)} reads its own output, or a layer that is not there"
            )
        yield from ready
        done |= {entry.name for entry in ready}
        waiting = [entry for entry in waiting if entry not in ready]


def _layer(entry: _Entry, inputs: list[str]) -> AnyLayer:
    kept = _KINDS[entry.kind].model_fields.keys() - {"kind", "name", "inputs"}
    for key, value in entry.config.items():
        if key not in kept and not _means_nothing(key, value):
            raise ValueError(f"layer {_quoted(entry.name)}: {_quoted(key)} {_must_be(key)}")
    attributes = {key: value for key, value in entry.config.items() if key in kept}
    try:
        return _LAYER.validate_python(
            {"kind": entry.kind, "name": entry.name, "inputs": inputs, **attributes}
        )
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        line = f"layer {_quoted(entry.name)}: {place} {first['msg']}"
        raise ValueError(line.removesuffix(" ")) from None


def _means_nothing(key: str, value: Any) -> bool:
    if key in ("name", "seed") or key.endswith("_initializer") or value is None:
        return True
    if key == "dtype" and isinstance(value, dict):
        value = value["config"]["name"] if value["class_name"] == "DTypePolicy" else value
    return key in _MUST_BE and value in _MUST_BE[key]


def _must_be(key: str) -> str:
    return f"must be {_MUST_BE[key][0]}" if key in _MUST_BE else "is not supported"


def _quoted(word: Any) -> str:
    return repr(word)[:60]
