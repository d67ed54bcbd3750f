from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifuse.errors import InputError
from verifuse.learning import (
    FederationConfig,
    FederationJob,
    StandaloneJob,
    TrainingConfig,
    TrainingJob,
    Workbench,
    decode_model,
    network_spec,
    union,
)
from verifuse.learning.baselines.federated import average, measure
from verifuse.learning.initial import initial_weights

QUICK = FederationConfig(learning_rate=0.1, batch=20, local_epochs=2, rounds=25, patience=8)


@pytest.fixture(scope="module")
def job(shares):
    contributors = tuple(shares.shares[f"contributor-{number}"] for number in (1, 2))
    network = network_spec("tiny", (8, 8), range(10))
    return FederationJob(network, contributors, shares.shares["verifiers"], QUICK, seed=3)


@pytest.fixture(scope="module")
def result(bench, job, shares):
    return bench.federate(replace(job, held_out=shares.held_out)).result()


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 900), min_size=1, max_size=6))
def test_the_average_lies_between_the_models_and_weighs_by_images(seed, sizes):
    draws = np.random.default_rng(seed)
    models = [{"kernel": draws.normal(size=(3, 2)).astype(np.float32)} for _ in sizes]
    mean = average(models, sizes)["kernel"]
    every = np.stack([model["kernel"] for model in models])
    assert (mean >= every.min(axis=0) - 1e-6).all() and (mean <= every.max(axis=0) + 1e-6).all()
    np.testing.assert_allclose(mean, np.average(every, axis=0, weights=sizes), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(average([models[0]] * len(sizes), sizes)["kernel"], every[0], rtol=1e-6)


def test_with_one_contributor_a_round_is_her_own_training(bench, job):
    """With all images in one step their order does not matter, but for the last bits of sums."""
    data, network = job.controller, job.network
    alone = TrainingJob(
        network, data, TrainingConfig(learning_rate=3e-3, batch=1000, hold=6), threshold=0.001, seed=3
    )
    config = FederationConfig(
        learning_rate=3e-3, local_optimizer="adam", batch=1000, local_epochs=6, rounds=1
    )
    own = decode_model(bench.train(alone).result().model_file).weights
    federated = bench.federate(replace(job, contributors=(data,), config=config)).result()
    found = decode_model(federated.model_file).weights
    start = initial_weights(network, 3)
    for name in own:
        assert np.abs(own[name] - start[name]).max() > 1e-3
        np.testing.assert_allclose(found[name], own[name], atol=1e-4)
    assert federated.steps == (6,) and federated.best_round == 1


def test_a_round_of_one_plain_step_each_is_a_step_down_the_mean_of_their_losses(bench, job):
    """Which one party with all the images would take: plain averaging is then exact."""
    whole = union(job.contributors)
    config = FederationConfig(learning_rate=0.1, batch=1000, rounds=3)
    several = bench.federate(replace(job, config=config)).result()
    one = bench.federate(replace(job, contributors=(whole,), config=config)).result()
    assert several.steps == (3, 3) and one.steps == (3,)
    found, expected = (decode_model(result.model_file).weights for result in (several, one))
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], atol=1e-5)


def test_models_that_know_half_of_the_labels_each_learn_all_of_them(result, job, bench):
    assert min(result.accuracy, result.test_accuracy, result.held_out_accuracy) > 0.75
    assert result.rounds == len(result.history) <= 25
    assert result.steps == (result.rounds * 2 * 6,) * 2
    assert result.history[result.best_round - 1] == result.test_accuracy
    model = decode_model(result.model_file)
    assert measure(model.weights, model.spec, job.controller.test) == (result.test_loss, result.test_accuracy)
    alone = StandaloneJob(result.model_file, job.controller.verification)
    assert bench.standalone(alone).result() == result.accuracy


def test_training_ends_when_the_controllers_loss_stops_improving(bench, job):
    config = QUICK.model_copy(update={"patience": 2, "least_gain": 1.0})
    found = bench.federate(replace(job, config=config)).result()
    assert (found.rounds, found.best_round) == (3, 1)


def test_momentum_is_another_training(bench, job):
    config = QUICK.model_copy(update={"momentum": 0.5, "rounds": 2})
    plain = QUICK.model_copy(update={"rounds": 2})
    first, second = (bench.federate(replace(job, config=one)).result() for one in (config, plain))
    assert first.history[0] == second.history[0] and first.model_file != second.model_file


def test_a_known_federation_starts_no_worker_and_is_the_same_bit_for_bit(bench, job, tmp_path):
    short = replace(job, config=QUICK.model_copy(update={"rounds": 2}))
    found = bench.federate(short).result()
    with Workbench(workers=1, cache=bench.cache_folder) as second:
        assert vars(second.federate(short).result()) == vars(found)
        assert not second.started
    with Workbench(workers=1, cache=tmp_path) as third:
        assert vars(third.federate(short).result()) == vars(found)


def test_the_verification_images_decide_nothing(bench, job):
    short = replace(job, config=QUICK.model_copy(update={"rounds": 2}))
    other = replace(short.controller, verification=short.controller.test)
    found = bench.federate(replace(short, controller=other)).result()
    assert found.model_file == bench.federate(short).result().model_file
    assert found.accuracy == found.test_accuracy


def test_data_that_do_not_fit_are_refused(bench, job):
    with pytest.raises(InputError, match="at least one"):
        replace(job, contributors=())
    few = network_spec("tiny", (8, 8), range(6))
    with pytest.raises(InputError, match="knows the labels"):
        bench.federate(replace(job, network=few)).result()
    wide = network_spec("tiny", (9, 9), range(10))
    with pytest.raises(InputError, match="reads images"):
        bench.federate(replace(job, network=wide)).result()
