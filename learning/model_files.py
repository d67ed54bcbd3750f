"""Trained networks and fused models as bytes: safetensors weights beside a description.

Nothing in a file is ever executed. The description is checked against the allow-list of ``networks``,
its caps hold before anything is allocated, and the weights must have exactly the shapes it implies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import ValidationError

from .config import Strategy
from .networks import NetworkSpec
from .tensor_files import Expected, ModelFileError, pack, read_header, unpack

MAX_MODELS = 256
MAX_HEAD_WEIGHTS = 50_000_000

_FLOAT = np.dtype(np.float32)


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A network's description and its float32 weights by name."""

    spec: NetworkSpec
    weights: Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class FusionHead:
    """What a verifier learned on top of frozen extractors.

    Attributes:
        A: float32, (sum of feature widths, Σ|l_i|); equation 1.
        B: float32, (Σ|l_i|, d); equation 2.
        labels: The classes ``l_i`` of each fused model, in order.
        strategy: ``"I"`` or ``"II"``.
    """

    A: np.ndarray
    B: np.ndarray
    labels: tuple[tuple[int, ...], ...]
    strategy: Strategy


@dataclass(frozen=True, eq=False)
class FusedModel:
    """The fused networks in order and the head on them."""

    networks: tuple[TrainedNetwork, ...]
    head: FusionHead


def encode_model(network: TrainedNetwork) -> bytes:
    """Return a network as bytes, the same for the same weights and description."""
    weights = {name: network.weights[name] for name in network.spec.weight_shapes}
    return pack("network", {"spec": network.spec.model_dump(mode="json")}, weights)


def describe_model(blob: bytes) -> NetworkSpec:
    """Return the description in a model file without reading its weights.

    Raises:
        ModelFileError: The header is malformed or describes a network outside the limits.
    """
    description, _ = read_header(blob, "network", ModelFileError)
    return _spec(description.get("spec"))


def decode_model(blob: bytes) -> TrainedNetwork:
    """Rebuild a network from bytes of unknown origin.

    Raises:
        ModelFileError: The file is malformed, outside the limits, or its weights do not fit the description.
    """
    spec = describe_model(blob)
    return TrainedNetwork(spec, unpack(blob, _layout(spec), ModelFileError))


def encode_fused(model: FusedModel) -> bytes:
    """Return a fused model as bytes, the same for the same weights and descriptions."""
    tensors = {
        f"f_{place}/{name}": array
        for place, network in enumerate(model.networks, start=1)
        for name, array in network.weights.items()
    }
    specs = [network.spec.model_dump(mode="json") for network in model.networks]
    description = {"specs": specs, "classes": model.head.B.shape[1], "strategy": model.head.strategy}
    return pack("fused", description, {**tensors, "A": model.head.A, "B": model.head.B})


def decode_fused(blob: bytes) -> FusedModel:
    """Rebuild a fused model from bytes of unknown origin.

    Raises:
        ModelFileError: The file is malformed, outside the limits, or its parts do not fit together.
    """
    description, _ = read_header(blob, "fused", ModelFileError)
    specs = description.get("specs")
    classes, strategy = description.get("classes"), description.get("strategy")
    if not isinstance(specs, list) or not 1 <= len(specs) <= MAX_MODELS:
        raise ModelFileError(f"a fused model holds 1 to {MAX_MODELS} networks")
    if type(classes) is not int or not 1 <= classes <= 256 or strategy not in ("I", "II"):
        raise ModelFileError("classes must be 1 to 256 and strategy I or II")
    known = [_spec(spec) for spec in specs]
    check_together(known, known[0].input_shape, classes)
    expected = {
        f"f_{i}/{name}": entry for i, spec in enumerate(known, 1) for name, entry in _layout(spec).items()
    }
    wide, width = sum(spec.hidden for spec in known), sum(len(spec.classes) for spec in known)
    tensors = unpack(
        blob, {**expected, "A": (_FLOAT, (wide, width)), "B": (_FLOAT, (width, classes))}, ModelFileError
    )
    networks = tuple(
        TrainedNetwork(spec, {name: tensors[f"f_{i}/{name}"] for name in spec.weight_shapes})
        for i, spec in enumerate(known, 1)
    )
    labels = tuple(spec.classes for spec in known)
    return FusedModel(networks, FusionHead(tensors["A"], tensors["B"], labels, strategy))


def check_together(specs: Sequence[NetworkSpec], image_shape: Sequence[int], classes: int) -> None:
    """Check that networks can be fused for images of one shape and ``classes`` labels.

    Raises:
        ModelFileError: A network reads other images or claims a label the task lacks, or the head would
            be too large.
    """
    shape = (*image_shape, 1) if len(image_shape) == 2 else tuple(image_shape)
    for place, spec in enumerate(specs, start=1):
        if spec.input_shape != shape:
            raise ModelFileError(f"model {place} reads images of {spec.input_shape}; the task has {shape}")
        if spec.classes[-1] >= classes:
            raise ModelFileError(
                f"model {place} claims label {spec.classes[-1]}; the task has 0 to {classes - 1}"
            )
    weights = sum(spec.hidden for spec in specs) * sum(len(spec.classes) for spec in specs)
    if len(specs) > MAX_MODELS or weights > MAX_HEAD_WEIGHTS:
        raise ModelFileError(
            f"{len(specs)} models need a head of {weights} weights; {MAX_HEAD_WEIGHTS} are allowed"
        )


def _spec(description: Any) -> NetworkSpec:
    try:
        return NetworkSpec.model_validate(description)
    except (ValidationError, RecursionError, OverflowError) as error:
        if isinstance(error, ValidationError):
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"])[:60]
            raise ModelFileError(
                f"the network is not allowed: {place} {first['msg'][:120]}".strip()
            ) from None
        raise ModelFileError("the network is not allowed") from None


def _layout(spec: NetworkSpec) -> Expected:
    return {name: (_FLOAT, shape) for name, shape in spec.weight_shapes.items()}
