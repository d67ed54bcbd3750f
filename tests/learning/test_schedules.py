"""How long a training lasts, and at what pace: by its own testing data, or as it was told."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from verifuse.learning import Augmentation, TrainingConfig, decode_model
from verifuse.learning.early_stop import EarlyStop
from verifuse.learning.training import learning_rate, train

FIXED = TrainingConfig(learning_rate=3e-3, batch=20, epochs=12, warmup_steps=6, decay="cosine")


def test_the_step_size_rises_linearly_and_falls_along_half_a_cosine():
    rates = [learning_rate(FIXED, step, 72) for step in range(73)]
    np.testing.assert_allclose(rates[:6], [3e-3 * (step + 1) / 6 for step in range(6)])
    np.testing.assert_allclose(rates[6:], 1.5e-3 * (1 + np.cos(np.pi * np.arange(67) / 66)), atol=1e-18)
    assert learning_rate(TrainingConfig(), 10**6, 0) == 1e-4


def test_a_decay_needs_an_end():
    with pytest.raises(ValidationError, match="with epochs"):
        TrainingConfig(decay="cosine")


def test_fixed_epochs_are_all_taken_and_the_last_weights_count(jobs):
    result = train(replace(jobs[0], config=FIXED))
    assert (result.epochs, result.iterations, len(result.history)) == (12, 72, 2)
    assert result.test_accuracy == result.history[-1] and result.reached
    assert not train(replace(jobs[0], config=FIXED, threshold=1.0)).reached
    one_more = FIXED.model_copy(update={"epochs": 13})
    assert train(replace(jobs[0], config=one_more)).model_file != result.model_file
    capped = FIXED.model_copy(update={"max_iterations": 31})
    assert train(replace(jobs[0], config=capped)).iterations == 31


def test_distorted_images_are_drawn_anew_and_follow_from_the_seed(jobs):
    job = replace(jobs[0], config=FIXED.model_copy(update={"augmentation": Augmentation()}))
    first, again = train(job), train(job)
    assert first.model_file == again.model_file
    plain = train(replace(jobs[0], config=FIXED))
    same_start = decode_model(first.model_file).weights["features/kernel"]
    assert not np.array_equal(same_start, decode_model(plain.model_file).weights["features/kernel"])
    assert first.test_accuracy > 0.5


@pytest.mark.parametrize(
    ("losses", "kept", "heard"),
    [([3.0, 2.0, 1.9995, 1.9993, 5.0], 1, 4), ([1.0, 2.0, 0.5, 0.9, 0.8], 2, 5), ([np.nan] * 9, -1, 2)],
    ids=["small gains are none", "patience starts anew", "a loss that is no number"],
)
def test_patience(losses, kept, heard):
    stop = EarlyStop("start", TrainingConfig(patience=2, least_gain=1e-3), None)
    count = 0
    for count, loss in enumerate(losses, start=1):
        stop.hear(count - 1, loss, 0.5)
        if stop.over:
            break
    assert (stop.weights, count) == ("start" if kept < 0 else kept, heard) and not stop.reached


def test_a_threshold_must_hold_without_a_break():
    stop = EarlyStop(None, TrainingConfig(hold=2, patience=100), 0.9)
    for epoch, accuracy in enumerate([0.95, 0.8, 0.9, 0.91]):
        assert not stop.over
        stop.hear(epoch, 1.0, accuracy)
    assert stop.over and stop.reached and (stop.weights, stop.accuracy) == (3, 0.91)
