"""A verifier's fusion: heads on the features of frozen extractors (Section III-B, equations 1 to 6).

Each model's features are divided by one number, their root mean square over the training images, so
that models whose features are large do not drown the others; afterwards these numbers are folded into
A, and the fused model is equations 1 and 2 as they stand. The weights after the last epoch count: no
choice is made on the testing or verification data.
"""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..seeds import generator
from .adam import adam_start, adam_step
from .config import FusionConfig, Strategy
from .model_files import FusionHead

Labels = tuple[tuple[int, ...], ...]


def block_masks(widths: Sequence[int], labels: Labels, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return where stage one may move weights.

    Args:
        widths: Width of each model's features.
        labels: Classes of each model.
        classes: Number of classes d.

    Returns:
        Float32 masks of A, with ones in the blocks W_i of equation 3, and of B, with a one in row (i, c)
        and column c (equation 4).
    """
    rows = np.repeat(np.arange(len(widths)), widths)
    columns = np.repeat(np.arange(len(labels)), [len(known) for known in labels])
    known = np.concatenate([np.asarray(row) for row in labels])
    mask_a = rows[:, None] == columns[None, :]
    mask_b = known[:, None] == np.arange(classes)[None, :]
    return mask_a.astype(np.float32), mask_b.astype(np.float32)


def initial_head(
    widths: Sequence[int], labels: Labels, classes: int, strategy: Strategy, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return A and B before training, float32.

    Strategy I draws both at random (Glorot uniform). Strategy II draws the blocks W_i and leaves the
    rest of A zero (equation 3); B is the concatenation of identity matrices (equation 4), of which only
    the rows of known classes are there.
    """
    draws = generator(seed, "head")
    mask_a, mask_b = block_masks(widths, labels, classes)
    if strategy == "I":
        return _glorot(draws, *mask_a.shape), _glorot(draws, *mask_b.shape)
    a = np.zeros_like(mask_a)
    row = column = 0
    for width, known in zip(widths, labels, strict=True):
        a[row : row + width, column : column + len(known)] = _glorot(draws, width, len(known))
        row, column = row + width, column + len(known)
    return a, mask_b


def _glorot(draws: np.random.Generator, inputs: int, outputs: int) -> np.ndarray:
    limit = np.sqrt(6 / (inputs + outputs))
    return draws.uniform(-limit, limit, (inputs, outputs)).astype(np.float32)


def fit_head(
    features: Sequence[np.ndarray],
    targets: np.ndarray,
    labels: Labels,
    classes: int,
    strategy: Strategy,
    config: FusionConfig,
    seed: int,
) -> FusionHead:
    """Train A and B.

    Args:
        features: Each model's features of the same images, float32 (N, width_i).
        targets: The images' labels, whole numbers (N,).
        labels: Classes of each model.
        classes: Number of classes d.
        strategy: ``"I"``: all weights from the start. ``"II"``: ``stage_one_epochs`` at gamma = 0 with
            the blocks alone, the rest at gamma = 1 (equations 5 and 6).
        config: Hyper-parameters.
        seed: Seed of initial weights and shuffles.
    """
    widths = [block.shape[1] for block in features]
    scales = [float(np.sqrt(np.mean(np.square(block, dtype=np.float64)))) or 1.0 for block in features]
    fc = jnp.asarray(
        np.concatenate([block / np.float32(scale) for block, scale in zip(features, scales, strict=True)], 1)
    )
    head = tuple(jnp.asarray(part) for part in initial_head(widths, labels, classes, strategy, seed))
    masks = tuple(jnp.asarray(mask) for mask in block_masks(widths, labels, classes))
    everything = jax.tree.map(jnp.ones_like, masks)
    stage_one = min(config.stage_one_epochs, config.epochs) if strategy == "II" else 0
    shuffles = generator(seed, "head-shuffle")
    goal = jax.nn.one_hot(targets, classes) * (1 - config.label_smoothing) + config.label_smoothing / classes
    state = adam_start(head)
    for epoch in range(config.epochs):
        order = _batches(shuffles, len(goal), config.batch)
        moving = masks if epoch < stage_one else everything
        rate = config.learning_rate * (1 + math.cos(math.pi * epoch / config.epochs)) / 2
        head, state = _epoch(head, state, fc, goal, order, moving, rate)
    a, b = (np.asarray(part) for part in head)
    folded = a / np.repeat(np.asarray(scales, np.float32), widths)[:, None]
    return FusionHead(folded, b, tuple(labels), strategy)


def _batches(shuffles: np.random.Generator, count: int, batch: int) -> np.ndarray:
    """Return one epoch's row numbers, (steps, batch); a short last batch is filled up from its start."""
    size = min(batch, count)
    order = shuffles.permutation(count)
    return np.resize(order, (-(-count // size), size))


def _cross_entropy(head: Any, fc: jax.Array, goal: jax.Array) -> jax.Array:
    a, b = head
    scores = jax.nn.log_softmax(fc @ a @ b)
    return -(goal * scores).sum(axis=1).mean()


@jax.jit
def _epoch(
    head: Any, state: Any, fc: jax.Array, goal: jax.Array, order: Any, moving: Any, rate: float
) -> Any:
    def step(carried: Any, rows: jax.Array) -> tuple[Any, None]:
        weights, moments = carried
        slopes = jax.grad(_cross_entropy)(weights, fc[rows], goal[rows])
        slopes = jax.tree.map(jnp.multiply, slopes, moving)
        return adam_step(weights, slopes, moments, rate), None

    return lax.scan(step, (head, state), order)[0]


def head_probabilities(head: FusionHead, features: Sequence[np.ndarray]) -> np.ndarray:
    """Return y, float32 (N, d), of each model's features (equations 1 and 2)."""
    return np.asarray(_output(np.concatenate(features, axis=1), head.A, head.B))


@jax.jit
def _output(fc: Any, a: Any, b: Any) -> jax.Array:
    return jax.nn.softmax(fc @ a @ b)
