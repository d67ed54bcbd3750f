"""A fingerprint follows a model through what a plagiarist can do for free, and tells honest models apart."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifuse.learning import (
    COPY_DISTANCE,
    SAME_MODEL_DISTANCE,
    FingerprintJob,
    ModelFileError,
    NetworkSpec,
    TrainedNetwork,
    Workbench,
    decode_model,
    encode_model,
    fingerprint_distance,
    fingerprint_matches,
    is_copy,
    network_spec,
)
from verifuse.learning.fingerprint import fingerprint, probe_images
from verifuse.learning.initial import initial_weights

prints = st.binary(min_size=32, max_size=32)


@pytest.fixture(scope="module")
def model(trained):
    return decode_model(trained[0].model_file)


def changed(model, **weights):
    as_float = {name.replace("__", "/"): array.astype(np.float32) for name, array in weights.items()}
    return TrainedNetwork(model.spec, {**model.weights, **as_float})


def distance(model, other):
    return fingerprint_distance(fingerprint(model), fingerprint(other))


def test_the_workbench_answers_once_and_then_from_the_cache(bench, trained):
    job = FingerprintJob(trained[0].model_file, (8, 8))
    found = bench.fingerprint(job).result()
    assert isinstance(found, bytes) and len(found) == 32
    assert fingerprint_matches(found, fingerprint(decode_model(job.model_file)))
    with Workbench(workers=1, cache=bench.cache_folder) as second:
        assert second.fingerprint(job).result() == found
        assert not second.started


def test_what_leaves_the_features_alone_leaves_the_fingerprint_alone(model):
    draws = np.random.default_rng(0)
    kernel, bias = model.weights["features/kernel"], model.weights["features/bias"]
    order, factors = draws.permutation(len(bias)), np.exp(draws.normal(0, 3, len(bias)))
    conv = {part: model.weights[f"conv_1/{part}"] for part in ("kernel", "bias")}
    rows = kernel.reshape(4, 4, 8, -1)
    tricks = {
        "units in another order": changed(
            model, features__kernel=kernel[:, order], features__bias=bias[order]
        ),
        "units scaled": changed(model, features__kernel=kernel * factors, features__bias=bias * factors),
        "filters scaled": changed(
            model,
            conv_1__kernel=conv["kernel"] * 8,
            conv_1__bias=conv["bias"] * 8,
            features__kernel=kernel / 8,
        ),
        "filters in another order": changed(
            model,
            conv_1__kernel=conv["kernel"][..., ::-1],
            conv_1__bias=conv["bias"][::-1],
            features__kernel=rows[:, :, ::-1].reshape(kernel.shape),
        ),
        "another head": changed(model, labels__kernel=draws.normal(size=(64, 5)), labels__bias=np.ones(5)),
        "other labels claimed": TrainedNetwork(
            model.spec.model_copy(update={"classes": (3, 5, 7, 8, 9), "name": "mine"}), model.weights
        ),
        "written anew": decode_model(encode_model(model)),
    }
    assert {trick: distance(model, copy) for trick, copy in tricks.items()} == dict.fromkeys(tricks, 0)


def test_a_disguised_copy_is_still_a_copy(model):
    draws = np.random.default_rng(1)
    noisy = {
        name: array + draws.normal(0, 0.1 * array.std(), array.shape).astype(np.float32)
        for name, array in model.weights.items()
    }
    kernel = model.weights["features/kernel"]
    small = np.abs(kernel) < np.quantile(np.abs(kernel), 0.1)
    lost = draws.permutation(kernel.shape[1]) < kernel.shape[1] // 10
    for copy in (
        TrainedNetwork(model.spec, noisy),
        changed(model, features__kernel=np.where(small, 0, kernel)),
        changed(model, features__kernel=np.where(lost, 0, kernel)),
    ):
        assert 0 < distance(model, copy) <= COPY_DISTANCE


def test_honest_models_are_no_copies_of_one_another(bench, jobs, trained):
    again = bench.train(replace(jobs[0], seed=98)).result()
    files = [result.model_file for result in (*trained, again)]
    found = [bench.fingerprint(FingerprintJob(file, (8, 8))).result() for file in files]
    pairs = [(a, b) for place, a in enumerate(found) for b in found[:place]]
    assert len(pairs) == 3 and not any(is_copy(a, b) for a, b in pairs)


def test_rounding_of_another_machine_stays_within_the_tolerance(model):
    """A thousand times the error of a float32 sum."""
    draws = np.random.default_rng(2)
    rounded = {
        name: array * (1 + 1e-4 * draws.normal(size=array.shape)).astype(np.float32)
        for name, array in model.weights.items()
    }
    assert fingerprint_matches(fingerprint(model), fingerprint(TrainedNetwork(model.spec, rounded)))


@pytest.mark.parametrize("shape", [(12, 10, 3), (3, 5, 1)])
def test_images_of_any_shape_have_a_probe(shape):
    images = probe_images(shape)
    assert images.shape == (128, *shape) and images.dtype == np.uint8
    assert images.min() == 0 and images.max() == 255 and 0.3 < (images == 0).mean() < 0.7
    spec = network_spec("dense", shape, (0, 1))
    one, two = (TrainedNetwork(spec, initial_weights(spec, seed)) for seed in (1, 2))
    assert fingerprint(one) == fingerprint(one)
    assert distance(one, two) > SAME_MODEL_DISTANCE


def test_files_that_cannot_be_trusted_are_refused_as_such(bench, trained, model):
    dead = changed(model, features__kernel=np.zeros((128, 64)), features__bias=np.zeros(64))
    flooded = changed(model, features__kernel=np.full((128, 64), 3e38))
    for hostile, reason in (
        (b"", "cut off"),
        (trained[0].model_file[:-5], "safetensors"),
        (encode_model(dead), "apart"),
        (encode_model(flooded), "overflow"),
    ):
        with pytest.raises(ModelFileError, match=reason):
            bench.fingerprint(FingerprintJob(hostile, (8, 8))).result()
    with pytest.raises(ModelFileError, match="reads images"):
        bench.fingerprint(FingerprintJob(trained[0].model_file, (28, 28))).result()


def test_a_unit_scaled_almost_to_nothing_still_counts(model):
    kernel, bias = model.weights["features/kernel"], model.weights["features/bias"]
    factors = np.where(np.arange(64) % 2, 1e-12, 1)
    assert (
        distance(model, changed(model, features__kernel=kernel * factors, features__bias=bias * factors)) == 0
    )


def test_the_network_s_own_design_does_not_enter_the_probe():
    specs = [
        NetworkSpec(name="plain", input_shape=(8, 8, 1), convolutions=(), hidden=width, classes=(0,))
        for width in (64, 80)
    ]
    narrow = TrainedNetwork(specs[0], initial_weights(specs[0], 1))
    padded = {name: np.zeros(shape, np.float32) for name, shape in specs[1].weight_shapes.items()}
    for name, array in narrow.weights.items():
        padded[name][tuple(slice(side) for side in array.shape)] = array
    assert distance(narrow, TrainedNetwork(specs[1], padded)) == 0


@given(a=prints, b=prints, c=prints)
def test_the_distance_is_a_distance(a, b, c):
    assert fingerprint_distance(a, a) == 0 <= fingerprint_distance(a, b) == fingerprint_distance(b, a) <= 256
    assert fingerprint_distance(a, c) <= fingerprint_distance(a, b) + fingerprint_distance(b, c)
    assert (fingerprint_distance(a, b) == 0) == (a == b)


def test_the_thresholds_are_the_last_distances_that_count():
    def bits(count):
        return ((1 << count) - 1).to_bytes(32, "big")

    nothing = bits(0)
    assert fingerprint_distance(nothing, bits(256)) == 256
    assert is_copy(nothing, bits(COPY_DISTANCE)) and not is_copy(nothing, bits(COPY_DISTANCE + 1))
    assert fingerprint_matches(nothing, bits(SAME_MODEL_DISTANCE))
    assert not fingerprint_matches(nothing, bits(SAME_MODEL_DISTANCE + 1))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_what_is_no_fingerprint_is_refused(length):
    with pytest.raises(ValueError, match="32 bytes"):
        fingerprint_distance(bytes(length), bytes(32))
    with pytest.raises(ValueError, match="32 bytes"):
        fingerprint_distance(bytes(32), bytes(length))
