"""Verifiers' fusion: heads on the features of frozen extractors (Section III-B, equations 1 to 6).

Each model's features are divided by one number, their root mean square over the training images, so
that models whose features are large do not drown the others; afterwards these numbers are folded into
A, and the fused model is equations 1 and 2 as they stand. The weights after the last epoch count: no
choice is made on the testing or verification data.

The heads of a whole panel are fitted by one program. They go through the sample in the same order, which
is the sample's, so a step is one matrix product for all of them: two to three times as fast as one head
after the other. What each verifier draws for herself are the initial weights. A head's last bits depend on
which others are fitted with it, so a panel's heads are always fitted together.
"""

import math
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..seeds import generator
from .adam import AdamState, adam_start, adam_step
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
    *,
    start: FusionHead | None = None,
) -> FusionHead:
    """Train one verifier's A and B on each model's features, float32 (N, width_i); see ``fit_heads``."""
    widths = tuple(block.shape[1] for block in features)
    problem = FusionProblem(widths, labels, classes)
    return fit_heads(features, targets, problem, strategy, config, [seed], starts=start and [start])[0]


class FusionProblem(NamedTuple):
    """What is fused: the width of each model's features, its classes, and the number of classes d."""

    widths: tuple[int, ...]
    labels: Labels
    classes: int


def fit_heads(
    features: Iterable[np.ndarray],
    targets: np.ndarray,
    problem: FusionProblem,
    strategy: Strategy,
    config: FusionConfig,
    seeds: Sequence[int],
    *,
    order_seed: int = 0,
    starts: Sequence[FusionHead] | None = None,
) -> list[FusionHead]:
    """Train A and B of several verifiers.

    Args:
        features: Each model's features of the same images, float32 (N, width_i); gone through once.
        targets: The images' labels, whole numbers (N,).
        problem: What is fused.
        strategy: ``"I"``: all weights from the start. ``"II"``: ``stage_one_epochs`` at gamma = 0 with
            the blocks alone, the rest at gamma = 1 (equations 5 and 6).
        config: Hyper-parameters.
        seeds: One a verifier, of her initial weights.
        order_seed: Of the order in which all go through the images.
        starts: Each verifier's head for the models before the last. Training starts from it, takes
            ``config.warm_epochs`` epochs, and has no stage at gamma = 0.
    """
    fc, scales = _scaled(features, len(targets), problem.widths)
    head = _start(problem, strategy, seeds, scales, starts)
    masks = tuple(jnp.asarray(mask) for mask in block_masks(*problem))
    masks = (masks[0][:, None], masks[1][None])
    everything = jax.tree.map(jnp.ones_like, masks)
    epochs = config.warm_epochs if starts else config.epochs
    stage_one = 0 if starts or strategy == "I" else min(config.stage_one_epochs, epochs)
    shuffles, drops = generator(order_seed, "head-shuffle"), generator(order_seed, "mod-drop")
    smooth = config.label_smoothing
    goal = jax.nn.one_hot(targets, problem.classes) * (1 - smooth) + smooth / problem.classes
    state = adam_start(head)
    for epoch in range(epochs):
        order = _batches(shuffles, len(goal), config.batch)
        rate = config.learning_rate * (1 + math.cos(math.pi * epoch / epochs)) / 2
        kept = None
        if config.mod_drop and epoch >= stage_one:
            kept = _kept_models(drops, order.shape, len(problem.widths), config.mod_drop)
        moving = masks if epoch < stage_one else everything
        head, state = _epoch(head, state, fc, goal, order, moving, rate, kept, problem.widths)
    a, b = (np.asarray(part) for part in head)
    folded = a / np.repeat(scales, problem.widths)[:, None, None]
    return [
        FusionHead(np.ascontiguousarray(folded[:, place]), b[place], tuple(problem.labels), strategy)
        for place in range(len(seeds))
    ]


def _scaled(
    features: Iterable[np.ndarray], count: int, widths: Sequence[int]
) -> tuple[jax.Array, np.ndarray]:
    """Return fc with each model's features at a root mean square of 1, and what they were divided by."""
    fc = np.empty((count, sum(widths)), np.float32)
    scales, column = [], 0
    for block, width in zip(features, widths, strict=True):
        scales.append(np.float32(np.sqrt(np.mean(np.square(block, dtype=np.float64)))) or np.float32(1))
        np.divide(block, scales[-1], out=fc[:, column : column + width])
        column += width
    return jnp.asarray(fc), np.asarray(scales, np.float32)


def _start(
    problem: FusionProblem,
    strategy: Strategy,
    seeds: Sequence[int],
    scales: np.ndarray,
    starts: Sequence[FusionHead] | None,
) -> tuple[jax.Array, jax.Array]:
    """Return all verifiers' A, (Σ width_i, V, Σ |l_i|), and B, (V, Σ |l_i|, d)."""
    heads = [initial_head(*problem, strategy, seed) for seed in seeds]
    for (a, b), start in zip(heads, starts or (), strict=False):
        rows, columns = start.A.shape
        a[:rows, :columns] = start.A * np.repeat(scales[:-1], problem.widths[:-1])[:, None]
        b[:columns] = start.B
    return jnp.asarray(np.stack([a for a, _ in heads], 1)), jnp.asarray(np.stack([b for _, b in heads]))


def _batches(shuffles: np.random.Generator, count: int, batch: int) -> np.ndarray:
    """Return one epoch's row numbers, (steps, batch); a short last batch is filled up from its start."""
    size = min(batch, count)
    order = shuffles.permutation(count)
    return np.resize(order, (-(-count // size), size))


def _kept_models(drops: np.random.Generator, shape: tuple[int, ...], models: int, rate: float) -> np.ndarray:
    """Return which models each sample of an epoch keeps, float32 (steps, batch, n); none loses all."""
    kept = drops.random((*shape, models)) >= rate
    kept |= ~kept.any(axis=-1, keepdims=True)
    return kept.astype(np.float32)


def _cross_entropy(head: Any, fc: jax.Array, goal: jax.Array) -> jax.Array:
    """Return the sum over verifiers of their mean cross-entropies: each one's gradient is her own."""
    a, b = head
    h = (fc @ a.reshape(len(a), -1)).reshape(len(fc), *a.shape[1:])
    scores = jax.nn.log_softmax(jnp.einsum("nvh,vhd->nvd", h, b))
    return -(goal[:, None] * scores).sum(axis=-1).mean(axis=0).sum()


@partial(jax.jit, static_argnames="widths", donate_argnames=("head", "state"))
def _epoch(
    head: Any,
    state: AdamState,
    fc: jax.Array,
    goal: jax.Array,
    order: Any,
    moving: Any,
    rate: float,
    kept: Any,
    widths: tuple[int, ...],
) -> Any:
    def step(carried: Any, batch: tuple[jax.Array, jax.Array | None]) -> tuple[Any, None]:
        weights, moments = carried
        rows, keep = batch
        seen = fc[rows]
        if keep is not None:
            seen = seen * jnp.repeat(keep, np.asarray(widths), axis=1, total_repeat_length=fc.shape[1])
        slopes = jax.grad(_cross_entropy)(weights, seen, goal[rows])
        slopes = jax.tree.map(jnp.multiply, slopes, moving)
        return adam_step(weights, slopes, moments, rate), None

    return lax.scan(step, (head, state), (order, kept))[0]


def head_probabilities(head: FusionHead, features: Sequence[np.ndarray]) -> np.ndarray:
    """Return y, float32 (N, d), of each model's features (equations 1 and 2)."""
    return np.asarray(_output(np.concatenate(features, axis=1), head.A, head.B))


@jax.jit
def _output(fc: Any, a: Any, b: Any) -> jax.Array:
    return jax.nn.softmax(fc @ a @ b)
