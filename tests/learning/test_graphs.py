"""Networks of one's own as descriptions: sizes before anything is built, and the forward pass."""

import hashlib
import pickle
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from verifuse.learning import (
    FingerprintJob,
    FusionConfig,
    FusionJob,
    Graph,
    ModelFileError,
    NetworkSpec,
    PredictionJob,
    StandaloneJob,
    TrainedNetwork,
    TrainingJob,
    decode_model,
    encode_model,
    network_spec,
)
from verifuse.learning.forward import feature_vectors, probabilities
from verifuse.learning.initial import initial_weights
from verifuse.learning.layers import ActivationName
from verifuse.learning.model_files import FusedModel, encode_fused
from verifuse.learning.models import build_network, fused_model, keras, keras_network, weights_of
from verifuse.learning.tensor_files import pack
from verifuse.seeds import generator

FEATURES = {"kind": "Dense", "name": "features", "units": 5, "activation": "relu"}


def spec_of(*layers, shape=(8, 8, 1), classes=(0, 2)):
    """Build a description; a layer without inputs reads the one before it."""
    named, before = [], "image"
    for number, layer in enumerate(layers):
        named.append({"name": f"layer_{number}", "inputs": [before], **layer})
        before = named[-1]["name"]
    graph = Graph.model_validate({"layers": named})
    width = graph.plan(shape, most_values=10**9).width
    return NetworkSpec(
        name="own", input_shape=shape, convolutions=(), hidden=width, classes=classes, graph=graph
    )


activations = st.sampled_from(get_args(ActivationName))
pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
sides = st.integers(1, 3).map(lambda side: (side, side))
windows = {"padding": st.sampled_from(["valid", "same"])}
LAYERS = st.one_of(
    st.fixed_dictionaries(
        {"kind": st.just("Conv2D"), "filters": st.integers(1, 6), "kernel_size": pairs, "strides": pairs}
        | {"activation": activations, "use_bias": st.booleans()}
        | windows
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("DepthwiseConv2D"),
            "kernel_size": pairs,
            "strides": sides,
            "activation": activations,
        }
        | {"depth_multiplier": st.integers(1, 2)}
        | windows
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("SeparableConv2D"),
            "kernel_size": pairs,
            "strides": sides,
            "activation": activations,
        }
        | {"filters": st.integers(1, 6), "depth_multiplier": st.integers(1, 2)}
        | windows
    ),
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["MaxPooling2D", "AveragePooling2D"]),
            "pool_size": pairs,
            "strides": pairs | st.none(),
            **windows,
        }
    ),
    st.fixed_dictionaries({"kind": st.just("ZeroPadding2D"), "padding": st.tuples(pairs, pairs)}),
    st.fixed_dictionaries({"kind": st.just("Activation"), "activation": activations}),
    st.fixed_dictionaries({"kind": st.just("ReLU"), "max_value": st.none() | st.just(0.5)}),
    st.fixed_dictionaries({"kind": st.just("LeakyReLU"), "negative_slope": st.sampled_from([0.0, 0.3])}),
    st.fixed_dictionaries(
        {"kind": st.just("LayerNormalization"), "center": st.booleans(), "scale": st.booleans()}
        | {"epsilon": st.just(1e-3)}
    ),
    st.fixed_dictionaries({"kind": st.just("Rescaling"), "scale": st.just(0.5), "offset": st.just(-0.25)}),
    st.fixed_dictionaries({"kind": st.just("Dense"), "units": st.integers(1, 6), "activation": activations}),
    st.just({"kind": "Dropout", "rate": 0.5}),
)
ENDS = st.sampled_from(
    [
        [{"kind": "Flatten"}, FEATURES],
        [{"kind": "GlobalAveragePooling2D"}, FEATURES],
        [{"kind": "GlobalMaxPooling2D", "name": "features"}],
        [{"kind": "Reshape", "target_shape": [-1], "name": "features"}],
        [
            {"kind": "Dense", "units": 3, "name": "left"},
            {"kind": "Dense", "units": 3, "name": "right", "inputs": ["pixels"]},
            {"kind": "GlobalAveragePooling2D", "name": "a", "inputs": ["left"]},
            {"kind": "GlobalMaxPooling2D", "name": "b", "inputs": ["right"]},
            {"kind": "Add", "name": "sum", "inputs": ["a", "b", "a"]},
            {"kind": "Concatenate", "name": "features", "inputs": ["sum", "b"]},
        ],
    ]
)


@given(st.lists(LAYERS, min_size=1, max_size=4), ENDS, st.integers(1, 2))
@settings(max_examples=8)
def test_the_forward_pass_is_the_keras_model(layers, end, channels):
    pixels = {"kind": "Rescaling", "name": "pixels", "scale": 1 / 255}
    shape = (8, 9, channels)
    try:
        spec = spec_of(pixels, *layers, *end, shape=shape)
    except ValueError:  # a window that became larger than its image
        return
    weights = {
        name: array + generator(7, name).normal(0, 0.2, array.shape).astype(np.float32)
        for name, array in initial_weights(spec, 5).items()
    }
    network = TrainedNetwork(spec, weights)
    model = keras_network(network)
    assert {name: array.shape for name, array in weights_of(model).items()} == spec.weight_shapes
    assert model.count_params() == spec.parameters
    images = generator(1, "images").integers(0, 256, (3, *shape), dtype=np.uint8)
    both = keras.Model(model.inputs, [model.get_layer("features").output, model.output])
    theirs = both.predict(images.astype(np.float32), verbose=0)
    for ours, expected in zip((feature_vectors, probabilities), theirs, strict=True):
        np.testing.assert_allclose(ours(weights, images, spec.body), expected, rtol=2e-4, atol=2e-4)
    blob = encode_model(network)
    again = decode_model(blob)
    assert again.spec == spec and encode_model(again) == blob


def test_table_i_keeps_its_description_file_and_weights():
    spec = network_spec("cnn_1", (28, 28), (0, 1, 2, 3, 4))
    assert "graph" not in spec.model_dump() and "graph" not in spec.model_dump_json()
    drawn = initial_weights(spec, 1)
    # The bytes of paper_2's networks before networks of one's own existed.
    digest = hashlib.sha256(encode_model(TrainedNetwork(spec, drawn))).hexdigest()
    assert digest == "f3e9200cdc9fbde01484fbe2c42ea9392db04fcde69ef25f568dc86ead7f659f"


def test_compiled_programs_are_shared_by_equal_graphs_in_all_processes():
    first, second = (spec_of({"kind": "Flatten"}, FEATURES) for _ in range(2))
    hash(first.body)
    sent = pickle.loads(pickle.dumps(first))
    assert first.body == second.body == sent.body
    assert hash(first.body) == hash(second.body) == hash(sent.body)
    assert hash(first.body) != hash(spec_of({"kind": "Flatten"}, FEATURES | {"units": 6}).body)


def flat(**changes):
    return [{"kind": "Flatten", "name": "flat", "inputs": ["image"], **changes}]


def ending(**changes):
    return [{**FEATURES, "inputs": ["flat"], **changes}]


def conv(**changes):
    return [
        {
            "kind": "Conv2D",
            "name": "conv",
            "inputs": ["image"],
            "filters": 4,
            "kernel_size": [3, 3],
            **changes,
        }
    ]


def behind(layers):
    return [*layers, *flat(inputs=["conv"]), *ending()]


def merged(kind):
    return [{"kind": kind, "name": "features", "inputs": ["flat", "image"]}]


WIDE = [
    {"kind": "Dense", "name": name, "inputs": [before], "units": 4096}
    for before, name in (("flat", "a"), ("a", "b"), ("b", "features"))
]
PADDED = [{"kind": "ZeroPadding2D", "name": "pad", "inputs": ["image"], "padding": [[64, 64], [64, 64]]}]


@pytest.mark.parametrize(
    ("layers", "reason"),
    [
        ([], "at least 1"),
        (flat() + ending(name="feature"), "must be called 'features'"),
        (flat() + ending(inputs=["later"]), "no earlier layer"),
        (flat(inputs=["features"]) + ending(), "no earlier layer"),
        (flat() + flat() + ending(), "'flat' is taken"),
        (flat(name="image") + ending(inputs=["image"]), "'image' is taken"),
        (flat(name="labels") + ending(inputs=["labels"]), "'labels' is taken"),
        (flat() + conv() + ending(), "'conv' does not lead"),
        (flat(kind="Lambda", function="exec") + ending(), "kind"),
        (flat(code="print()") + ending(), "code"),
        (flat(name="a\nb") + ending(inputs=["a\nb"]), "name"),
        (flat(inputs=["image", "image"]) + ending(), "inputs"),
        (flat() + ending(units=10**9), "units"),
        (flat() + ending(units=10**400), "units"),
        (flat() + ending(activation="exec"), "activation"),
        (behind(conv(filters=4096, kernel_size=[64, 64], padding="same")), "products"),
        (flat() + WIDE, "weights"),
        (behind(conv(kernel_size=[9, 3])), "'conv': .* smaller than the window"),
        (behind(conv(strides=[0, 1])), "strides"),
        (behind(PADDED + conv(inputs=["pad"], filters=4096)), "values"),
        (flat(kind="Dropout", rate=float("nan")) + ending(), "rate"),
        (flat(kind="Rescaling", scale=float("inf")) + ending(), "scale"),
        (flat(kind="Reshape", target_shape=[-1, -1]) + ending(), "do not fit"),
        (flat(kind="Reshape", target_shape=[0]) + ending(), "do not fit"),
        (flat(kind="Reshape", target_shape=[63]) + ending(), "do not fit"),
        (ending(inputs=["image"]), "a vector is needed"),
        (flat() + conv(inputs=["flat"], name="features"), "Conv2D cannot read the shape"),
        (flat() + merged("Add"), "not the same"),
        (flat() + merged("Concatenate"), "differ"),
        (flat() + ending(units=6), "hidden must be 6"),
        ([{"kind": "Flatten", "name": f"r{i}", "inputs": ["image"]} for i in range(99)], "at most 64"),
    ],
)  # fmt: skip
def test_descriptions_outside_the_limits_are_refused_before_anything_is_allocated(layers, reason):
    described = network_spec("tiny", (8, 8), (0, 1)).model_dump(mode="json")
    hidden = 4096 if layers[-1:] == WIDE[-1:] else 5
    described |= {"convolutions": [], "hidden": hidden, "graph": {"layers": layers}}
    with pytest.raises(ValidationError, match=reason):
        NetworkSpec.model_validate(described)
    try:
        blob = pack("network", {"spec": described}, {})
    except ValueError:  # JSON has no NaN
        return
    with pytest.raises(ModelFileError) as refusal:
        decode_model(blob)
    assert "\n" not in str(refusal.value)


def test_a_file_whose_weights_do_not_fit_its_graph_is_refused():
    spec = spec_of({"kind": "Flatten"}, FEATURES)
    weights = initial_weights(spec, 1)
    described = {"spec": spec.model_dump(mode="json")}
    kernel = weights["features/kernel"]
    for change in (
        {"features/kernel": kernel[:-1]},
        {"features/kernel": np.full_like(kernel, np.nan)},
        {"features/gamma": kernel},
        {"layer_0/kernel": kernel},
    ):
        with pytest.raises(ModelFileError):
            decode_model(pack("network", described, weights | change))
    both = described["spec"] | {"convolutions": [{"filters": 2, "kernel": 3}]}
    with pytest.raises(ModelFileError, match="not both"):
        decode_model(pack("network", {"spec": both}, weights))


def test_a_network_of_ones_own_is_trained_fused_and_judged_like_others(bench, shares, jobs, trained):
    layers = [
        {"kind": "Rescaling", "scale": 1 / 255},
        {"kind": "Conv2D", "filters": 6, "kernel_size": [3, 3], "activation": "relu"},
        {"kind": "MaxPooling2D", "pool_size": [2, 2]},
        {"kind": "LayerNormalization"},
        {"kind": "Flatten"},
        {**FEATURES, "units": 24, "activation": "tanh"},
    ]
    labels = jobs[0].network.classes
    job = TrainingJob(spec_of(*layers, classes=labels), jobs[0].data, jobs[0].config, seed=1)
    result = bench.train(job).result()
    assert result.local_accuracy > 0.8
    files = (result.model_file, trained[1].model_file)
    verifiers = shares.shares["verifiers"]
    config = FusionConfig(epochs=30, stage_one_epochs=10, learning_rate=0.01)
    fused = bench.fuse(FusionJob(files, verifiers, 10, config=config)).result()[0]
    assert fused.accuracy > 0.6 and fused.head.A.shape == (24 + 64, 11)
    assert bench.standalone(StandaloneJob(files[0], verifiers.test)).result() > 0.7
    prints = [bench.fingerprint(FingerprintJob(file, (8, 8))).result() for file in files]
    assert prints[0] != prints[1]
    networks = tuple(decode_model(file) for file in files)
    images = verifiers.verification.images[:20]
    found = bench.predict(PredictionJob(encode_fused(FusedModel(networks, fused.head)), images)).result()
    expected = fused_model(networks, fused.head).predict(images[..., None].astype(np.float32), verbose=0)
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=1e-5)


def test_features_that_are_never_positive_have_a_fingerprint(bench):
    spec = spec_of({"kind": "Flatten"}, {**FEATURES, "activation": "linear"})
    weights = initial_weights(spec, 1)
    negative = weights | {"features/kernel": -np.abs(weights["features/kernel"])}
    found = [
        bench.fingerprint(FingerprintJob(encode_model(TrainedNetwork(spec, one)), (8, 8))).result()
        for one in (weights, negative)
    ]
    assert found[0] != found[1]
    assert build_network(spec, 1).get_layer("features").units == 5
