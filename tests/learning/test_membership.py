"""Attacks on made-up scores, whose strength is known in closed form, and on a model that learned by heart."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score, roc_curve

from verifuse.errors import InputError
from verifuse.learning import (
    LossesJob,
    TrainingConfig,
    TrainingJob,
    decode_model,
    load_data_set,
    network_spec,
)
from verifuse.learning.partition import ShareRequest, partition
from verifuse.learning.private.membership import (
    advantage,
    auc,
    best_threshold,
    calibrated_scores,
    exposure,
    found_at,
    threshold_scores,
)


def scores(count, shift, seed):
    return np.random.default_rng(seed).normal(shift, 1, count)


def test_separated_losses_betray_every_member():
    told = exposure(threshold_scores(np.linspace(0, 1, 40)), threshold_scores(np.linspace(2, 3, 40)))
    for measured in (told.auc, told.found):
        assert (measured.value, measured.low, measured.high) == (1, 1, 1)
    assert told.advantage.value > 0.9


def test_equal_losses_betray_nobody():
    told = exposure(np.zeros(50), np.zeros(50))
    assert told.auc.value == 0.5
    assert told.advantage.value == told.found.value == 0


def test_shifted_normal_scores_give_what_theory_says():
    members, others = scores(20_000, 1, 1), scores(20_000, 0, 2)
    told = exposure(members, others, resamples=20)
    assert told.auc.value == pytest.approx(norm.cdf(1 / np.sqrt(2)), abs=0.01)
    assert told.advantage.value == pytest.approx(2 * norm.cdf(0.5) - 1, abs=0.015)
    assert told.found.value == pytest.approx(1 - norm.cdf(norm.ppf(0.99) - 1), abs=0.015)


def test_chance_earns_no_advantage_where_choice_and_measure_are_apart():
    honest, biased = [], []
    for seed in range(40):
        members, others = scores(60, 0, seed), scores(60, 0, 1000 + seed)
        honest.append(exposure(members, others, resamples=2).advantage.value)
        biased.append(advantage(members, others, best_threshold(members, others)))
    assert abs(np.mean(honest)) < 0.04
    assert np.mean(biased) > 0.1


def test_the_interval_holds_the_truth_nineteen_times_of_twenty():
    truth, held = norm.cdf(0.5 / np.sqrt(2)), 0
    for seed in range(40):
        told = exposure(scores(100, 0.5, seed), scores(100, 0, 500 + seed), seed, resamples=100)
        held += told.auc.low <= truth <= told.auc.high
    assert held >= 34


@given(
    st.lists(st.integers(0, 6), min_size=2, max_size=30), st.lists(st.integers(0, 6), min_size=2, max_size=30)
)
def test_the_figures_are_those_of_the_roc_curve(members, others):
    members, others = np.array(members, float), np.array(others, float)
    truth = np.repeat([1, 0], [len(members), len(others)])
    together = np.concatenate([members, others])
    assert auc(members, others) == pytest.approx(roc_auc_score(truth, together))
    false, true, _ = roc_curve(truth, together, drop_intermediate=False)
    assert advantage(members, others, best_threshold(members, others)) == pytest.approx(np.max(true - false))
    for allowed in (0.01, 0.2):
        assert found_at(members, others, allowed) == pytest.approx(np.max(true[false <= allowed + 1e-12]))


def test_shadows_tell_a_hard_image_that_the_model_knows_from_an_easy_one_it_never_saw():
    losses, shadows = np.array([0.1, 0.1]), np.array([[2.0, 0.1], [4.0, 0.1]])
    assert calibrated_scores(losses, shadows) == pytest.approx([2.9, 0.0])


def test_the_same_seed_gives_the_same_intervals():
    members, others = scores(30, 1, 1), scores(30, 0, 2)
    assert exposure(members, others, 7) == exposure(members, others, 7) != exposure(members, others, 8)


@pytest.mark.parametrize("bad", [np.zeros(1), np.array([0.0, np.nan]), np.zeros((3, 3))])
def test_what_cannot_be_attacked_is_refused(bad):
    with pytest.raises(InputError, match="at least two finite scores"):
        exposure(bad, np.zeros(3))


def test_losses_are_those_of_the_models_own_probabilities(bench, trained, jobs):
    samples = jobs[0].data.verification
    losses = bench.losses(LossesJob(trained[0].model_file, samples)).result()
    network = decode_model(trained[0].model_file)
    assert losses.dtype == np.float64 and losses.shape == (len(samples),) and (losses >= 0).all()
    # Of these images, as many are told right as the training itself counted.
    sure = losses < np.log(2)
    assert sure.mean() <= trained[0].local_accuracy
    assert (losses < np.log(len(network.spec.classes))).mean() >= trained[0].local_accuracy
    with pytest.raises(InputError, match="knows the labels"):
        bench.losses(LossesJob(trained[0].model_file, jobs[1].data.verification)).result()


def test_a_model_that_learned_by_heart_is_found_out_and_one_that_learned_nothing_is_not(bench):
    digits = load_data_set("digits")
    rng = np.random.default_rng(0)
    request = ShareRequest("contributor-1", tuple(range(10)), 100, 20, 100)
    data = partition(digits, [request], 1).shares["contributor-1"]
    rng.shuffle(data.train.labels)  # noise can only be learned by heart
    rng.shuffle(data.verification.labels)
    data = replace(data, test=data.train)  # so that the weights that remember best are kept
    aucs = []
    for steps in (1, 1500):
        config = TrainingConfig(learning_rate=3e-3, patience=1000, max_iterations=steps)
        job = TrainingJob(network_spec("tiny", (8, 8), range(10)), data, config, threshold=1.0)
        model = bench.train(job).result().model_file
        members, others = (
            bench.losses(LossesJob(model, part)).result() for part in (data.train, data.verification)
        )
        aucs.append(exposure(threshold_scores(members), threshold_scores(others), resamples=2).auc.value)
    assert abs(aucs[0] - 0.5) < 0.12
    assert aucs[1] > 0.9
