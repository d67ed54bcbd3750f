import json
import struct
import sys

import numpy as np
import pytest

from verifuse.learning import (
    FusedModel,
    FusionHead,
    ModelFileError,
    TrainedNetwork,
    decode_fused,
    decode_model,
    describe_model,
    encode_fused,
    encode_model,
    network_spec,
)
from verifuse.learning.initial import initial_weights
from verifuse.learning.tensor_files import pack


@pytest.fixture(scope="module")
def network():
    spec = network_spec("tiny", (8, 8), (1, 3))
    return TrainedNetwork(spec, initial_weights(spec, 1))


@pytest.fixture(scope="module")
def fused(network):
    draws = np.random.default_rng(0)
    head = FusionHead(
        draws.normal(size=(128, 4)).astype(np.float32),
        draws.normal(size=(4, 10)).astype(np.float32),
        ((1, 3), (1, 3)),
        "II",
    )
    return FusedModel((network, network), head)


def repacked(network, *, spec=None, weights=None, **description):
    described = {"spec": network.spec.model_dump(mode="json") | (spec or {}), **description}
    return pack("network", described, {**network.weights, **(weights or {})})


def with_header(blob: bytes, change) -> bytes:
    size = struct.unpack("<Q", blob[:8])[0]
    header = change(json.loads(blob[8 : 8 + size]))
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + blob[8 + size :]


def test_a_network_survives_as_the_same_bytes(network):
    blob = encode_model(network)
    again = decode_model(blob)
    assert again.spec == network.spec == describe_model(blob)
    assert all(np.array_equal(again.weights[name], array) for name, array in network.weights.items())
    shuffled = dict(reversed(list(network.weights.items())))
    assert encode_model(again) == blob == encode_model(TrainedNetwork(network.spec, shuffled))


def test_a_fused_model_survives_as_the_same_bytes(fused):
    blob = encode_fused(fused)
    again = decode_fused(blob)
    assert np.array_equal(again.head.A, fused.head.A) and np.array_equal(again.head.B, fused.head.B)
    assert again.head.labels == fused.head.labels and again.head.strategy == "II"
    assert encode_fused(again) == blob


@pytest.fixture
def high_recursion_limit():
    """What py-evm sets on import, and more."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)
    yield
    sys.setrecursionlimit(before)


def test_hostile_model_files_are_refused(network, high_recursion_limit):
    blob = encode_model(network)
    kernel = network.weights["features/kernel"]
    spoiled = kernel.copy()
    spoiled[0, 0] = np.nan
    shapes = network.spec.weight_shapes
    bad = {
        "empty": b"",
        "cut in the length": blob[:5],
        "cut in the header": blob[:40],
        "cut in the weights": blob[:-4],
        "trailing bytes": blob + b"....",
        "header of 2^63": struct.pack("<Q", 2**63) + blob[8:],
        "large header": struct.pack("<Q", 2 * 10**6) + b" " * 2 * 10**6,
        "not JSON": with_header(blob, lambda _: b"{" * 50),
        "deep JSON": with_header(blob, lambda _: b"[" * 100_000),
        "a list": with_header(blob, lambda _: []),
        "no description": with_header(blob, lambda h: {k: v for k, v in h.items() if k != "__metadata__"}),
        "description is no object": with_header(blob, lambda h: h | {"__metadata__": {"verifuse": "[1]"}}),
        "unknown dtype": with_header(
            blob, lambda h: h | {"labels/bias": h["labels/bias"] | {"dtype": "F64"}}
        ),
        "huge shape": with_header(
            blob, lambda h: h | {"features/kernel": h["features/kernel"] | {"shape": [10**9, 10**9]}}
        ),
        "overlap": with_header(
            blob,
            lambda h: (
                h | {"labels/bias": h["labels/bias"] | {"data_offsets": h["conv_1/bias"]["data_offsets"]}}
            ),
        ),
        "another kind": pack("data", {"spec": {}}, network.weights),
        "no spec": pack("network", {}, network.weights),
        "unknown layer": repacked(network, spec={"convolutions": [{"lambda": "exec"}]}),
        "unknown key": repacked(network, spec={"code": "print()"}),
        "too wide": repacked(network, spec={"hidden": 10**9}),
        "endless number": repacked(network, spec={"hidden": 10**400}),
        "NaN": repacked(network, weights={"features/kernel": spoiled}),
        "infinite": repacked(network, weights={"features/kernel": np.full_like(kernel, np.inf)}),
        "wrong shape": repacked(network, weights={"features/kernel": kernel.T}),
        "wrong dtype": repacked(network, weights={"features/kernel": kernel.astype(np.uint8)}),
        "one weight more": repacked(network, weights={"conv_2/bias": np.zeros(3, np.float32)}),
        "one weight less": pack(
            "network",
            {"spec": network.spec.model_dump(mode="json")},
            {name: network.weights[name] for name in list(shapes)[1:]},
        ),
    }
    for case, hostile in bad.items():
        with pytest.raises(ModelFileError) as refusal:
            decode_model(hostile)
            raise AssertionError(f"accepted: {case}")
        assert "\n" not in str(refusal.value), case


def test_hostile_fused_files_are_refused(fused, network):
    blob = encode_fused(fused)
    spec = network.spec.model_dump(mode="json")
    tensors = {f"f_{i}/{k}": v for i in (1, 2) for k, v in network.weights.items()}
    tensors |= {"A": fused.head.A, "B": fused.head.B}
    good = {"specs": [spec, spec], "classes": 10, "strategy": "II"}
    assert pack("fused", good, tensors) == blob
    bad = [
        blob[:-1],
        encode_model(network),
        pack("fused", good | {"specs": []}, tensors),
        pack("fused", good | {"specs": [spec] * 300}, tensors),
        pack("fused", good | {"specs": spec}, tensors),
        pack("fused", good | {"classes": 3}, tensors),
        pack("fused", good | {"classes": True}, tensors),
        pack("fused", good | {"classes": 9}, tensors),
        pack("fused", good | {"strategy": "III"}, tensors),
        pack("fused", good | {"specs": [spec, spec | {"classes": [1, 11]}]}, tensors),
        pack("fused", good | {"specs": [spec, spec | {"input_shape": [9, 9, 1]}]}, tensors),
        pack("fused", good, tensors | {"A": fused.head.A.T}),
        pack("fused", good, tensors | {"B": np.full_like(fused.head.B, np.inf)}),
    ]
    for hostile in bad:
        with pytest.raises(ModelFileError):
            decode_fused(hostile)
