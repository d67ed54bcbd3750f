from dataclasses import replace

import numpy as np
import pytest

from verifuse.errors import InputError
from verifuse.learning import TrainingConfig, TrainingJob, decode_model, network_spec
from verifuse.learning.adam import adam_start, adam_step
from verifuse.learning.forward import probabilities
from verifuse.learning.models import keras, keras_network
from verifuse.learning.training import train


def test_a_contributor_learns_her_labels(trained):
    for result in trained:
        assert result.local_accuracy > 0.85 and result.test_accuracy > 0.85
        assert result.reached and result.train_samples == 120
        assert result.iterations <= 200 and len(result.history) == result.epochs == -(-result.iterations // 6)
        assert result.test_accuracy in result.history


def test_the_file_holds_the_network_that_was_measured(jobs, trained):
    network = decode_model(trained[0].model_file)
    own = jobs[0].data.verification
    found = probabilities(network.weights, own.images, network.spec.body).argmax(1)
    right = np.asarray(network.spec.classes)[found] == own.labels
    assert right.mean() == trained[0].local_accuracy
    by_keras = keras_network(network).predict(own.images[..., None].astype(np.float32), verbose=0)
    assert np.array_equal(by_keras.argmax(1), found)


@pytest.mark.parametrize("hold", [1, 3])
def test_training_ends_when_the_threshold_has_held(jobs, hold):
    config = jobs[0].config.model_copy(update={"hold": hold})
    result = train(replace(jobs[0], threshold=0.8, config=config))
    above = [accuracy >= 0.8 for accuracy in result.history]
    assert result.reached and result.test_accuracy == result.history[-1]
    assert all(above[-hold:])
    assert not any(all(above[end - hold : end]) for end in range(hold, len(above)))


def test_a_threshold_never_reached_is_said(jobs):
    config = TrainingConfig(learning_rate=1e-6, batch=20, max_iterations=7)
    result = train(replace(jobs[0], threshold=1.0, config=config))
    assert not result.reached and result.iterations == 7 and result.epochs == 2


def test_patience_ends_training(jobs):
    config = TrainingConfig(learning_rate=1.0, batch=20, patience=2, max_iterations=10_000)
    assert train(replace(jobs[0], config=config)).iterations < 10_000


def test_unusable_jobs_are_one_line(jobs):
    with pytest.raises(InputError, match="knows the labels"):
        train(TrainingJob(network_spec("tiny", (8, 8), (0, 1)), jobs[0].data))
    with pytest.raises(InputError, match="reads images of"):
        train(TrainingJob(network_spec("cnn_1", (28, 28), range(10)), jobs[0].data))
    with pytest.raises(InputError, match="threshold"):
        replace(jobs[0], threshold=1.5)


def test_adam_is_keras_adam():
    variable = keras.Variable(np.array([1.0, -2.0, 3.0], np.float32))
    optimizer = keras.optimizers.Adam(0.01)
    weights = np.array([1.0, -2.0, 3.0], np.float32)
    state = adam_start(weights)
    for slope in np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32):
        optimizer.apply([slope], [variable])
        weights, state = adam_step(weights, slope, state, 0.01)
    np.testing.assert_allclose(weights, variable.numpy(), rtol=1e-5)
