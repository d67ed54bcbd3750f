"""DP-SGD: training whose result hardly depends on any one image (Abadi et al. 2016, algorithm 1).

In each step every image takes part with one probability, independently of the others, as the accountant
assumes; a shuffled pass would be another mechanism. The gradients of those that do are taken one by one,
scaled down to the clipping norm, and summed; Gaussian noise is added, and the sum is divided by the expected
number of images, for the true one is private. Adam makes a step of that.

A sample's size differs from step to step. It is worked off in equal chunks, the last one padded, so that one
compiled program serves all. On one CPU core an image costs four to five times as much as in plain training:
a batched kernel gradient of its own for each image is what compilers do badly.
"""

import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...seeds import generator
from ..adam import AdamState, adam_start, adam_step
from ..forward import Weights, logits, probabilities
from ..initial import initial_weights
from ..jobs import TrainingJob, TrainingResult
from ..model_files import TrainedNetwork, encode_model
from ..networks import NetworkSpec
from ..outputs import outputs_of
from ..partition import Samples
from .accounting import noise_for, spent_epsilon
from .config import PrivacyConfig

CHUNK = 16
"""Images whose gradients are computed at once."""

Sum = dict[str, jax.Array]


def train_privately(job: TrainingJob) -> TrainingResult:
    """Train one model with differential privacy: a fixed number of steps, and the last weights count.

    The own test images choose nothing but whether the finished model reaches the threshold.

    Args:
        job: With ``privacy`` set; its ``config`` is of plain training and takes no part.

    Raises:
        InputError: The images do not fit the network, the data hold labels the network does not know, the
            epsilon cannot be reached, or there is no accountant.
    """
    privacy, spec, count = job.privacy, job.network, len(job.data.train)
    assert privacy is not None and privacy.is_on, "who trains in private says how"
    sets = [outputs_of(part, spec) for part in (job.data.train, job.data.test, job.data.verification)]
    rate = privacy.rate(count)
    noise = privacy.noise
    if privacy.epsilon is not None:
        noise = noise_for(privacy.epsilon, rate, privacy.steps, privacy.delta)
    weights = _descend(job, privacy, noise, sets[0])
    test_accuracy = _accuracy(weights, job.data.test, sets[1], spec)
    return TrainingResult(
        model_file=encode_model(TrainedNetwork(spec, weights)),
        iterations=privacy.steps,
        epochs=math.ceil(privacy.steps * rate),
        test_accuracy=test_accuracy,
        local_accuracy=_accuracy(weights, job.data.verification, sets[2], spec),
        reached=job.threshold is None or test_accuracy >= job.threshold,
        history=(test_accuracy,),
        train_samples=count,
        epsilon=spent_epsilon(noise, rate, privacy.steps, privacy.delta),
        delta=privacy.delta,
    )


def _descend(
    job: TrainingJob, privacy: PrivacyConfig, noise: float, outputs: np.ndarray
) -> dict[str, np.ndarray]:
    spec, images = job.network, job.data.train.images
    rate = privacy.rate(len(images))
    weights: Any = {name: jnp.asarray(array) for name, array in initial_weights(spec, job.seed).items()}
    state = adam_start(weights)
    samples, noises = generator(job.seed, "poisson sample"), generator(job.seed, "privacy noise")
    for step in range(privacy.steps):
        rows = np.flatnonzero(samples.random(len(images)) < rate)
        total = clipped_sum(weights, images[rows], outputs[rows], spec, privacy.clip)
        blur = gaussian_noise(spec, noise * privacy.clip, noises)
        speed = privacy.learning_rate * (1 + math.cos(math.pi * step / privacy.steps)) / 2
        weights, state = _private_step(weights, state, total, blur, rate * len(images), speed)
    return {name: np.asarray(array) for name, array in weights.items()}


def clipped_sum(
    weights: Weights, images: np.ndarray, outputs: np.ndarray, spec: NetworkSpec, clip: float
) -> Sum:
    """Return the sum of the images' gradients, each scaled down to the length ``clip`` at most.

    Args:
        weights: Of the network.
        images: uint8, any number of them, none included.
        outputs: Their places among the network's outputs, int32.
        spec: The network.
        clip: Largest length of one image's gradient over all weights together.
    """
    total = {name: jnp.zeros(shape, jnp.float32) for name, shape in spec.weight_shapes.items()}
    for first in range(0, len(images), CHUNK):
        part, places = images[first : first + CHUNK], outputs[first : first + CHUNK]
        missing = CHUNK - len(part)
        counts = np.repeat(np.asarray([1, 0], np.float32), [len(part), missing])
        part = np.concatenate([part, np.zeros((missing, *part.shape[1:]), part.dtype)])
        places = np.concatenate([places, np.zeros(missing, places.dtype)])
        total = _add_clipped(total, weights, part, places, counts, spec.body, clip)
    return total


def gaussian_noise(spec: NetworkSpec, deviation: float, noises: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw independent Gaussian noise of one standard deviation for every weight of a network."""
    return {
        name: np.float32(deviation) * noises.standard_normal(shape, np.float32)
        for name, shape in spec.weight_shapes.items()
    }


def _loss(weights: Weights, image: jax.Array, output: jax.Array, body: Any) -> jax.Array:
    return -jax.nn.log_softmax(logits(weights, image[None], body))[0, output]


@partial(jax.jit, static_argnames="body")
def _add_clipped(
    total: Sum, weights: Weights, images: Any, outputs: Any, counts: Any, body: Any, clip: float
) -> Sum:
    slopes = jax.vmap(jax.grad(_loss), (None, 0, 0, None))(weights, images, outputs, body)
    squares = sum((slope**2).reshape(len(counts), -1).sum(1) for slope in slopes.values())
    scales = counts * jnp.minimum(1.0, clip / jnp.maximum(jnp.sqrt(squares), 1e-12))
    return {name: total[name] + jnp.tensordot(scales, slope, 1) for name, slope in slopes.items()}


@jax.jit
def _private_step(
    weights: Weights, state: AdamState, total: Sum, blur: Any, expected: float, rate: float
) -> tuple[Any, AdamState]:
    slopes = {name: (total[name] + blur[name]) / expected for name in total}
    return adam_step(weights, slopes, state, rate)


def _accuracy(weights: Weights, samples: Samples, outputs: np.ndarray, spec: NetworkSpec) -> float:
    return float(np.mean(probabilities(weights, samples.images, spec.body).argmax(1) == outputs))
