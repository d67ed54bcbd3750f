"""A computing contributor's training: Adam on her own data.

It lasts until her own testing data stop improving, or for a fixed number of epochs, on her images as they are
or distorted anew each epoch.
"""

import math
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..errors import InputError
from ..seeds import generator
from .adam import AdamState, adam_start, adam_step
from .augmentation import distorted
from .config import TrainingConfig
from .early_stop import EarlyStop
from .forward import Body, Weights, logits, probabilities
from .initial import initial_weights
from .jobs import TrainingJob, TrainingResult
from .model_files import TrainedNetwork, encode_model
from .partition import Samples

Labelled = tuple[np.ndarray, np.ndarray]
"""Images uint8 (N, H, W[, C]), and each one's place among the network's outputs, int32 (N,)."""

MEASURED_EVERY = 10
"""Epochs from one look at the own testing data to the next, where they decide nothing."""


def train(job: TrainingJob) -> TrainingResult:
    """Train one model.

    With ``config.epochs``, training takes them all and returns the last weights. Otherwise, with a threshold,
    it ends once the own-test accuracy has been there for ``hold`` epochs in a row, and returns these weights;
    or by patience or at the most iterations, and returns the weights of the epoch with the lowest own-test
    loss.

    Raises:
        InputError: The images do not fit the network, the data hold labels the network does not know, or the
            images cannot be distorted.
    """
    spec = job.network
    train_set, test_set, own_set = (
        (part.images, _outputs(part, spec.classes))
        for part in (job.data.train, job.data.test, job.data.verification)
    )
    shape = (*job.data.image_shape, 1)[:3]
    if shape != spec.input_shape:
        raise InputError(
            "data", job.data.image_shape, f"network {spec.name} reads images of {spec.input_shape}"
        )
    start = {name: jnp.asarray(array) for name, array in initial_weights(spec, job.seed).items()}
    epochs = _epochs(start, train_set, spec.body, job.config, job.seed)
    run = (_to_the_end if job.config.epochs else _until_stopped)(start, epochs, test_set, job)
    local = probabilities(run.weights, own_set[0], spec.body).argmax(1) == own_set[1]
    kept = {name: np.asarray(array) for name, array in run.weights.items()}
    return TrainingResult(
        model_file=encode_model(TrainedNetwork(spec, kept)),
        iterations=run.last.iterations,
        epochs=run.last.number,
        test_accuracy=run.test_accuracy,
        local_accuracy=float(local.mean()),
        reached=job.threshold is None or run.reached,
        history=tuple(run.history),
        train_samples=len(job.data.train),
    )


class _Epoch(NamedTuple):
    weights: Weights
    number: int
    iterations: int


class _Run(NamedTuple):
    weights: Weights
    last: _Epoch
    test_accuracy: float
    reached: bool
    history: list[float]


def _until_stopped(start: Weights, epochs: Iterator[_Epoch], test_set: Labelled, job: TrainingJob) -> _Run:
    stop, history, epoch = EarlyStop(start, job.config, job.threshold), [], _Epoch(start, 0, 0)
    for epoch in epochs:
        loss, accuracy = measure(epoch.weights, test_set, job.network.body)
        history.append(accuracy)
        stop.hear(epoch.weights, loss, accuracy)
        if stop.over:
            break
    return _Run(stop.weights, epoch, stop.accuracy, stop.reached, history)


def _to_the_end(start: Weights, epochs: Iterator[_Epoch], test_set: Labelled, job: TrainingJob) -> _Run:
    history, epoch = [], _Epoch(start, 0, 0)
    for epoch in epochs:
        if epoch.number % MEASURED_EVERY == 0:
            history.append(measure(epoch.weights, test_set, job.network.body)[1])
    accuracy = measure(epoch.weights, test_set, job.network.body)[1]
    if epoch.number % MEASURED_EVERY:
        history.append(accuracy)
    return _Run(epoch.weights, epoch, accuracy, accuracy >= (job.threshold or 0.0), history)


def _epochs(
    weights: Weights, train_set: Labelled, body: Body, config: TrainingConfig, seed: int
) -> Iterator[_Epoch]:
    images, outputs = train_set
    shuffles, distortions = generator(seed, "shuffle"), generator(seed, "augmentation")
    state = adam_start(weights)
    all_steps = min((config.epochs or 0) * -(-len(images) // config.batch), config.max_iterations)
    iterations = number = 0
    while iterations < config.max_iterations and number != config.epochs:
        order = shuffles.permutation(len(images))
        seen = distorted(images, config.augmentation, distortions) if config.augmentation else images
        for first in range(0, len(order), config.batch):
            if iterations == config.max_iterations:
                break
            rows = order[first : first + config.batch]
            rate = learning_rate(config, iterations, all_steps)
            weights, state = training_step(weights, state, seen[rows], outputs[rows], body, rate)
            iterations += 1
        number += 1
        yield _Epoch(weights, number, iterations)


def learning_rate(config: TrainingConfig, step: int, all_steps: int) -> float:
    """Return the step size of a step, counted from 0: a linear rise, then level or half a cosine."""
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    if config.decay == "none":
        return config.learning_rate
    part = (step - config.warmup_steps) / max(1, all_steps - config.warmup_steps)
    return config.learning_rate * (1 + math.cos(math.pi * part)) / 2


def measure(weights: Weights, labelled: Labelled, body: Body) -> tuple[float, float]:
    """Return mean cross-entropy and accuracy."""
    loss, right = _measure(weights, *labelled, body)
    return float(loss), int(right) / len(labelled[1])


def _cross_entropy(weights: Weights, images: Any, outputs: Any, body: Body) -> tuple[jax.Array, Any]:
    scores = jax.nn.log_softmax(logits(weights, images, body))
    return -jnp.take_along_axis(scores, outputs[:, None], axis=1).mean(), scores


@partial(jax.jit, static_argnames="body")
def training_step(
    weights: Weights, state: AdamState, images: Any, outputs: Any, body: Body, rate: float
) -> tuple[Any, AdamState]:
    """Return weights and state after a step of Adam on uint8 ``images`` and ``outputs``, int32 (N,)."""
    slopes, _ = jax.grad(_cross_entropy, has_aux=True)(weights, images, outputs, body)
    return adam_step(weights, slopes, state, rate)


@partial(jax.jit, static_argnames="body")
def _measure(weights: Weights, images: Any, outputs: Any, body: Body) -> tuple[jax.Array, jax.Array]:
    loss, scores = _cross_entropy(weights, images, outputs, body)
    return loss, (scores.argmax(1) == outputs).sum()


def _outputs(samples: Samples, classes: tuple[int, ...]) -> np.ndarray:
    """Return each sample's place among the network's outputs, int32 (N,)."""
    unknown = sorted(set(np.unique(samples.labels).tolist()) - set(classes))
    if unknown:
        raise InputError("data", unknown, f"the network knows the labels {list(classes)}")
    return np.searchsorted(np.asarray(classes), samples.labels).astype(np.int32)
