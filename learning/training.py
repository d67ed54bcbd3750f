"""A computing contributor's training: Adam on her own data until her own testing data stop improving.

*Improving* means a mean cross-entropy on the testing data that is lower by at least ``least_gain``.
Their accuracy moves in steps of 1/200 for Table II's 200 images and stands still long before the network
stops learning; the loss does not. The verification data take no part in any choice.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..errors import InputError
from ..seeds import generator
from .adam import AdamState, adam_start, adam_step
from .config import TrainingConfig
from .forward import Convolutions, Weights, logits, probabilities
from .initial import initial_weights
from .jobs import TrainingJob, TrainingResult
from .model_files import TrainedNetwork, encode_model
from .partition import Samples


def train(job: TrainingJob) -> TrainingResult:
    """Train one model.

    With a threshold, training ends once the own-test accuracy has been there for ``hold`` epochs in a row,
    and returns these weights. Otherwise it ends by patience or at the most iterations, and returns the
    weights of the epoch with the lowest own-test loss.

    Raises:
        InputError: The images do not fit the network, or the data hold labels the network does not know.
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
    run = _descend(start, train_set, test_set, spec.convolutions, job.config, job.threshold, job.seed)
    local = probabilities(run.weights, own_set[0], spec.convolutions).argmax(1) == own_set[1]
    kept = {name: np.asarray(array) for name, array in run.weights.items()}
    return TrainingResult(
        model_file=encode_model(TrainedNetwork(spec, kept)),
        iterations=run.iterations,
        epochs=len(run.history),
        test_accuracy=run.test_accuracy,
        local_accuracy=float(local.mean()),
        reached=job.threshold is None or run.reached,
        history=tuple(run.history),
        train_samples=len(job.data.train),
    )


class _Run(NamedTuple):
    weights: Weights
    iterations: int
    test_accuracy: float
    reached: bool
    history: list[float]


def _descend(
    weights: dict[str, jax.Array],
    train_set: tuple[np.ndarray, np.ndarray],
    test_set: tuple[np.ndarray, np.ndarray],
    convolutions: Convolutions,
    config: TrainingConfig,
    threshold: float | None,
    seed: int,
) -> _Run:
    images, outputs = train_set
    shuffles = generator(seed, "shuffle")
    state = adam_start(weights)
    best, best_loss, best_accuracy, waited, held = weights, np.inf, 0.0, 0, 0
    history: list[float] = []
    iterations = 0
    while iterations < config.max_iterations and waited < config.patience:
        order = shuffles.permutation(len(images))
        for first in range(0, len(order), config.batch):
            if iterations == config.max_iterations:
                break
            rows = order[first : first + config.batch]
            weights, state = training_step(
                weights, state, images[rows], outputs[rows], convolutions, config.learning_rate
            )
            iterations += 1
        loss, right = _measure(weights, *test_set, convolutions)
        accuracy = int(right) / len(test_set[1])
        history.append(accuracy)
        held = held + 1 if threshold is not None and accuracy >= threshold else 0
        if held == config.hold:
            return _Run(weights, iterations, accuracy, True, history)
        if float(loss) < best_loss - config.least_gain:
            best, best_loss, best_accuracy, waited = weights, float(loss), accuracy, 0
        else:
            waited += 1
    return _Run(best, iterations, best_accuracy, False, history)


def _cross_entropy(
    weights: Weights, images: Any, outputs: Any, convolutions: Convolutions
) -> tuple[jax.Array, Any]:
    scores = jax.nn.log_softmax(logits(weights, images, convolutions))
    return -jnp.take_along_axis(scores, outputs[:, None], axis=1).mean(), scores


@partial(jax.jit, static_argnames="convolutions")
def training_step(
    weights: Weights, state: AdamState, images: Any, outputs: Any, convolutions: Convolutions, rate: float
) -> tuple[Any, AdamState]:
    """Return weights and state after a step of Adam on uint8 ``images`` and ``outputs``, int32 (N,)."""
    slopes, _ = jax.grad(_cross_entropy, has_aux=True)(weights, images, outputs, convolutions)
    return adam_step(weights, slopes, state, rate)


@partial(jax.jit, static_argnames="convolutions")
def _measure(
    weights: Weights, images: Any, outputs: Any, convolutions: Convolutions
) -> tuple[jax.Array, jax.Array]:
    loss, scores = _cross_entropy(weights, images, outputs, convolutions)
    return loss, (scores.argmax(1) == outputs).sum()


def _outputs(samples: Samples, classes: tuple[int, ...]) -> np.ndarray:
    """Return each sample's place among the network's outputs, int32 (N,)."""
    unknown = sorted(set(np.unique(samples.labels).tolist()) - set(classes))
    if unknown:
        raise InputError("data", unknown, f"the network knows the labels {list(classes)}")
    return np.searchsorted(np.asarray(classes), samples.labels).astype(np.int32)
