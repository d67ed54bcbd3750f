"""Federated averaging (McMahan et al. 2017, arXiv:1602.05629, algorithm 1): Figure 1(b)'s architecture.

In every round the controller sends its weights to all contributors; each trains them on her own data
and sends them back; the controller takes the mean, weighted by their
numbers of images. It ends when the loss on the controller's own testing data no longer improves.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...errors import InputError
from ...seeds import generator
from ..adam import adam_start
from ..augmentation import distorted
from ..forward import Body, logits, probabilities
from ..initial import initial_weights
from ..model_files import TrainedNetwork, encode_model
from ..networks import NetworkSpec
from ..partition import Samples
from ..training import training_step
from .jobs import FederationConfig, FederationJob, FederationResult

Arrays = Mapping[str, np.ndarray]


def federate(job: FederationJob) -> FederationResult:
    """Train one network on every contributor's data, whose images stay with her.

    Raises:
        InputError: The images do not fit the network, or the data hold labels the network does not know.
    """
    spec, config = job.network, job.config
    _check(job)
    shares = [
        (part.train.images, np.searchsorted(spec.classes, part.train.labels).astype(np.int32))
        for part in job.contributors
    ]
    sizes = [len(outputs) for _, outputs in shares]
    streams = [generator(job.seed, "federated shuffle", str(place)) for place in range(1, len(shares) + 1)]
    weights: Arrays = initial_weights(spec, job.seed)
    velocity: Arrays = {name: np.zeros_like(array) for name, array in weights.items()}
    best, best_loss, best_round, waited = weights, np.inf, 0, 0
    history: list[float] = []
    while len(history) < config.rounds and waited < config.patience:
        returned = [
            train_locally(weights, share, spec, config, stream)
            for share, stream in zip(shares, streams, strict=True)
        ]
        mean = average(returned, sizes)
        velocity = {name: config.momentum * velocity[name] + mean[name] - weights[name] for name in weights}
        weights = {name: weights[name] + velocity[name] for name in weights}
        loss, accuracy = measure(weights, spec, job.controller.test)
        history.append(accuracy)
        if loss < best_loss - config.least_gain:
            best, best_loss, best_round, waited = weights, loss, len(history), 0
        else:
            waited += 1
    steps = (len(history) * config.local_epochs * -(-size // config.batch) for size in sizes)
    held_out = job.held_out
    return FederationResult(
        model_file=encode_model(TrainedNetwork(spec, best)),
        rounds=len(history),
        best_round=best_round,
        steps=tuple(steps),
        test_loss=float(measure(best, spec, job.controller.test)[0]),
        test_accuracy=measure(best, spec, job.controller.test)[1],
        accuracy=measure(best, spec, job.controller.verification)[1],
        held_out_accuracy=None if held_out is None else measure(best, spec, held_out)[1],
        history=tuple(history),
    )


def train_locally(
    weights: Arrays,
    share: tuple[np.ndarray, np.ndarray],
    spec: NetworkSpec,
    config: FederationConfig,
    shuffles: np.random.Generator,
) -> Arrays:
    """Return the weights after one contributor's ``local_epochs``."""
    (images, outputs), rate = share, config.learning_rate
    current: Any = {name: jnp.asarray(array) for name, array in weights.items()}
    state = adam_start(current)
    for _ in range(config.local_epochs):
        order = shuffles.permutation(len(images))
        seen = distorted(images, config.augmentation, shuffles) if config.augmentation else images
        for first in range(0, len(order), config.batch):
            rows = order[first : first + config.batch]
            if config.local_optimizer == "adam":
                current, state = training_step(
                    current, state, seen[rows], outputs[rows], spec.body, config.learning_rate
                )
            else:
                current = _descent_step(current, seen[rows], outputs[rows], spec.body, rate)
    return {name: np.asarray(array) for name, array in current.items()}


@partial(jax.jit, static_argnames="body")
def _descent_step(weights: Any, images: Any, outputs: Any, body: Body, rate: float) -> Any:
    def loss(moved: Any) -> jax.Array:
        scores = jax.nn.log_softmax(logits(moved, images, body))
        return -jnp.take_along_axis(scores, outputs[:, None], axis=1).mean()

    return jax.tree.map(lambda weight, slope: weight - rate * slope, weights, jax.grad(loss)(weights))


def average(models: Sequence[Arrays], sizes: Sequence[int]) -> dict[str, np.ndarray]:
    """Return the mean of models' weights by name, float32, weighted by ``sizes``."""
    shares = np.asarray(sizes, float) / sum(sizes)
    return {
        name: np.tensordot(shares, np.stack([model[name] for model in models]), axes=1).astype(np.float32)
        for name in models[0]
    }


def measure(weights: Arrays, spec: NetworkSpec, samples: Samples) -> tuple[float, float]:
    """Return mean cross-entropy and the share told right, of samples whose labels the network knows."""
    outputs = np.searchsorted(spec.classes, samples.labels)
    found = probabilities(weights, samples.images, spec.body)
    told = np.take_along_axis(found, outputs[:, None], axis=1)
    loss = -np.log(np.maximum(told, np.finfo(np.float32).tiny)).mean(dtype=float)
    return float(loss), float(np.mean(found.argmax(axis=1) == outputs))


def _check(job: FederationJob) -> None:
    spec = job.network
    measured = [job.controller.test, job.controller.verification]
    if job.held_out is not None:
        measured.append(job.held_out)
    for samples in [*(part.train for part in job.contributors), *measured]:
        if (*samples.images.shape[1:], 1)[:3] != spec.input_shape:
            allowed = f"network {spec.name} reads images of {spec.input_shape}"
            raise InputError("data", samples.images.shape[1:], allowed)
        unknown = sorted(set(np.unique(samples.labels).tolist()) - set(spec.classes))
        if unknown:
            raise InputError("data", unknown, f"the network knows the labels {list(spec.classes)}")
