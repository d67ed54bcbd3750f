"""What verifiers measure for each fitness kind, in closed form where there is one."""

from dataclasses import replace

import numpy as np
import pytest

from verifuse.learning import (
    FusionConfig,
    FusionJob,
    ModelFileError,
    NetworkSpec,
    Samples,
    StandaloneJob,
    TrainedNetwork,
    Workbench,
    decode_model,
    encode_model,
)
from verifuse.learning.initial import initial_weights
from verifuse.seeds import derive_seed

CLASSES = (2, 3, 7)


def dense(**weights):
    """A network for images of 2×5 pixels that knows the labels 2, 3 and 7; weights not given are zero."""
    spec = NetworkSpec(name="dense", input_shape=(2, 5, 1), convolutions=(), hidden=10, classes=CLASSES)
    arrays = {name: np.zeros(shape, np.float32) for name, shape in spec.weight_shapes.items()}
    for name, values in weights.items():
        arrays[name.replace("__", "/")][:] = values
    return encode_model(TrainedNetwork(spec, arrays))


def lit(labels):
    """Images in which exactly the pixel with the label's number is lit."""
    labels = np.asarray(labels, np.uint8)
    return Samples((255 * np.eye(10, dtype=np.uint8)[labels]).reshape(-1, 2, 5), labels)


PERFECT = dense(features__kernel=np.eye(10), labels__kernel=np.eye(10)[:, CLASSES])


def test_a_perfect_model_has_a_standalone_fitness_of_one(bench):
    known = lit([2, 3, 7, 7, 2])
    assert bench.standalone(StandaloneJob(PERFECT, known)).result() == 1.0
    # Samples of labels that it does not declare are no part of the measure.
    assert bench.standalone(StandaloneJob(PERFECT, lit([2, 3, 7, 0, 1, 9, 9, 9]))).result() == 1.0


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_constant_model_has_the_share_of_its_label(bench, place):
    constant = dense(labels__bias=np.eye(3)[place])
    samples = lit([2] * 1 + [3] * 2 + [7] * 5 + [0] * 40)
    assert bench.standalone(StandaloneJob(constant, samples)).result() == (1 / 8, 2 / 8, 5 / 8)[place]


def test_a_model_that_mixes_its_labels_up_has_none(bench):
    mixed = dense(features__kernel=np.eye(10), labels__kernel=np.eye(10)[:, [3, 7, 2]])
    assert bench.standalone(StandaloneJob(mixed, lit([2, 3, 7]))).result() == 0.0


def test_samples_without_a_declared_label_measure_nothing(bench):
    with pytest.raises(ModelFileError, match="declared labels"):
        bench.standalone(StandaloneJob(PERFECT, lit([0, 1, 9]))).result()


def test_a_standalone_answer_is_kept_by_model_and_samples(bench, tmp_path):
    job = StandaloneJob(PERFECT, lit([2, 3, 7]))
    assert bench.standalone(job).result() == 1.0
    with Workbench(workers=1, cache=bench.cache_folder) as second:
        assert second.standalone(StandaloneJob(PERFECT, lit([2, 3, 7]))).result() == 1.0
        assert not second.started
        assert second.standalone(replace(job, model_file=dense(labels__bias=(1, 0, 0)))).result() == 1 / 3
        assert second.standalone(replace(job, samples=lit([2, 2]))).result() == 1.0
        assert second.started


@pytest.fixture(scope="module")
def gain_over_random(bench, trained, shares):
    """Return fitness less reference of the kind ``random_control``, on all held-out images."""
    config = FusionConfig(epochs=30, stage_one_epochs=10, batch=20, learning_rate=5e-3)

    def measure(*files, seed=3):
        job = FusionJob(
            files, shares.shares["verifiers"], 10, "II", config, seeds=(seed,), held_out=shares.held_out
        )
        honest, control = bench.fuse(job), bench.fuse(replace(job, control=True))
        return honest.result()[0].held_out_accuracy - control.result()[0].held_out_accuracy

    return measure


@pytest.fixture(scope="module")
def junk(trained):
    """The second contributor's network with weights that nobody trained."""
    spec = decode_model(trained[1].model_file).spec
    return encode_model(TrainedNetwork(spec, initial_weights(spec, 1234)))


def test_a_trained_model_gains_over_a_random_block_and_junk_does_not(gain_over_random, trained, junk):
    base, honest = (result.model_file for result in trained)
    honest_gain, junk_gain = gain_over_random(base, honest), gain_over_random(base, junk)
    assert honest_gain > 0.02 and honest_gain > 3 * abs(junk_gain) and abs(junk_gain) < 0.02


@pytest.mark.parametrize("base", [0, 1], ids=["without a base", "with a base"])
def test_who_announces_the_random_block_itself_gains_nothing(gain_over_random, trained, base):
    """Without a base the reference is the block alone, so the gain is zero there too and not 80 points."""
    seed = 3
    spec = decode_model(trained[1].model_file).spec
    block = encode_model(TrainedNetwork(spec, initial_weights(spec, derive_seed(seed, "control"))))
    assert gain_over_random(*[trained[0].model_file] * base, block, seed=seed) == 0.0


def test_the_control_of_a_random_block_is_a_function_of_the_verifiers_seed(bench, trained, shares):
    job = FusionJob((trained[0].model_file,), shares.shares["verifiers"], 10, config=FusionConfig(epochs=2))
    first, second = (bench.fuse(replace(job, control=True, seeds=(seed,))).result()[0] for seed in (1, 2))
    with Workbench(workers=1, cache=bench.cache_folder) as again:
        assert np.array_equal(
            again.fuse(replace(job, control=True, seeds=(1,))).result()[0].head.A, first.head.A
        )
        assert not again.started
    assert not np.array_equal(first.head.A, second.head.A)
