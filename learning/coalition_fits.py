"""Fusion heads of many coalitions as one program: the heads that ``fusion.fit_heads`` gives one by one.

All heads go through the images in one order, which the data give them; so a batch of one model's features
is multiplied once with what all heads of which it is part do with it. On a CPU such wide products run at
several times the speed of single heads' narrow ones. Two more things change no head and save work: in stage
one only the blocks W_i of equation 3 are there, the zeros beside them are not; and features that are 0 for
all training images, a sixth of them in networks of Table I, move no weight and stay out of the training.

Like the heads of a panel, those of a block are equal to what each is alone within rounding, not bit for bit.
"""

import math
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..seeds import generator
from . import evaluation, fusion
from .adam import AdamState, adam_start, adam_step
from .cache import Cache
from .coalition_jobs import Coalition, CoalitionsJob, CoalitionsResult
from .coalition_layout import Layout, Piece, layout_of
from .model_files import TrainedNetwork

CHUNK = 500
"""Images that are measured at a time."""


class _Model(NamedTuple):
    """What is known of one model.

    Attributes:
        width: Of its feature vectors.
        labels: That it knows.
        scale: What its features are divided by.
        live: Which features any training image shows.
    """

    width: int
    labels: tuple[int, ...]
    scale: np.float32
    live: np.ndarray


class _Head(NamedTuple):
    coalition: Coalition
    a: np.ndarray
    b: np.ndarray
    moving: np.ndarray  # rows of B that stage one moves, as in equation 4


def fit_and_measure(job: CoalitionsJob, cache: Cache) -> CoalitionsResult:
    """Fit the heads of all coalitions and measure them.

    Raises:
        ModelFileError: A file cannot be trusted or does not fit.
        DataFileError: The data bear labels that the task lacks.
    """
    parts = job.data.train, job.data.test, job.data.verification, job.samples
    networks = [evaluation.decoded([file], parts, job.classes)[0] for file in job.model_files]
    models, features = _training_features(networks, job, cache)
    heads = list(_initial_heads(job, models))
    targets = np.tile(job.data.train.labels, 1 + job.config.copies)
    weights = _fitted(heads, models, features, targets, job)
    del features
    return _measured(weights, heads, models, networks, job, cache)


def _training_features(
    networks: Sequence[TrainedNetwork], job: CoalitionsJob, cache: Cache
) -> tuple[list[_Model], jax.Array]:
    """Return the models, and their scaled live features of the training images, (models, N, most)."""
    whole = job.fusion(tuple(range(len(networks))))
    models, blocks = [], []
    for network in networks:
        # Private names, which stay what they are: addresses in the cache hang on the text of their modules.
        block = evaluation._training_features(network, whole, cache)
        scaled, (scale,) = fusion._scaled([block], len(block), [block.shape[1]])
        live = np.flatnonzero(block.any(axis=0))
        models.append(_Model(block.shape[1], network.spec.classes, scale, live))
        blocks.append(np.asarray(scaled)[:, live])
    stacked = np.zeros(
        (len(blocks), len(blocks[0]), _up(max(block.shape[1] for block in blocks))), np.float32
    )
    for place, block in enumerate(blocks):
        stacked[place, :, : block.shape[1]] = block
    return models, jnp.asarray(stacked)


def _up(width: int) -> int:
    return max(1, -(-width // 8)) * 8


def _initial_heads(job: CoalitionsJob, models: Sequence[_Model]) -> Iterator[_Head]:
    for coalition in job.coalitions:
        widths, labels = (
            tuple(getattr(models[place], name) for place in coalition) for name in ("width", "labels")
        )
        moving = fusion.block_masks(widths, labels, job.classes)[1]
        for seed in job.seeds:
            a, b = fusion.initial_head(widths, labels, job.classes, job.strategy, seed)
            yield _Head(coalition, a, b, moving)


class _Weights(NamedTuple):
    """Of all heads: A by model, (models, features, columns), and B by head, (heads, width, d)."""

    a: Any
    b: Any


def _fitted(
    heads: Sequence[_Head],
    models: Sequence[_Model],
    features: jax.Array,
    targets: np.ndarray,
    job: CoalitionsJob,
) -> _Weights:
    """Train all heads; return A of the live features, laid out in full."""
    config, coalitions = job.config, [head.coalition for head in heads]
    labels = [len(model.labels) for model in models]
    layout = layout_of(coalitions, labels, own_labels=False)
    stage_one = 0 if job.strategy == "I" else min(config.stage_one_epochs, config.epochs)
    shuffles = generator(evaluation._sample_seed(job.fusion(coalitions[0])), "head-shuffle")
    smooth = config.label_smoothing
    goal = jax.nn.one_hot(targets, job.classes) * (1 - smooth) + smooth / job.classes
    b = _stacked([head.b for head in heads], layout)
    moving = _stacked([head.moving for head in heads], layout)
    weights = _Weights(np.zeros((len(models), features.shape[2], layout.columns), np.float32), b)
    for piece in layout.pieces:
        model = models[piece.model]
        block = _rows(heads[piece.head], piece, models)[model.live][:, piece.hidden]
        weights.a[piece.model, : len(model.live), piece.columns] = block
    state = None
    if stage_one:
        own = layout_of(coalitions, labels, own_labels=True)
        narrow = _Weights(_moved(weights.a, layout, own), b)
        narrow, state = _epochs(narrow, None, own, moving, features, goal, shuffles, range(stage_one), job)
        weights = _Weights(_moved(narrow.a, own, layout), narrow.b)
        mean, square = (_Weights(_moved(part.a, own, layout), part.b) for part in (state.mean, state.square))
        state = AdamState(state.step, mean, square)
    rest = range(stage_one, config.epochs)
    return _epochs(weights, state, layout, np.ones_like(moving), features, goal, shuffles, rest, job)[0]


def _rows(head: _Head, piece: Piece, models: Sequence[_Model]) -> np.ndarray:
    """Return the rows of a head's A that belong to one of its models."""
    first = sum(models[place].width for place in head.coalition[: piece.term])
    return head.a[first : first + models[piece.model].width]


def _stacked(blocks: Sequence[np.ndarray], layout: Layout) -> np.ndarray:
    count, _, width = layout.into.shape
    found = np.zeros((count, width, blocks[0].shape[1]), np.float32)
    for place, block in enumerate(blocks):
        found[place, : len(block)] = block
    return found


def _moved(a: Any, before: Layout, after: Layout) -> np.ndarray:
    """Return weights by model in another layout; what one of the two lacks is 0 or left out."""
    a = np.asarray(a)
    found = np.zeros((*a.shape[:2], after.columns), np.float32)
    for old, new in zip(before.pieces, after.pieces, strict=True):
        start, stop = max(old.start, new.start), min(old.stop, new.stop)
        source = a[old.model, :, old.at + start - old.start : old.at + stop - old.start]
        found[new.model, :, new.at + start - new.start : new.at + stop - new.start] = source
    return found


def _epochs(
    weights: _Weights,
    state: AdamState | None,
    layout: Layout,
    moving: np.ndarray,
    features: jax.Array,
    goal: jax.Array,
    shuffles: np.random.Generator,
    epochs: range,
    job: CoalitionsJob,
) -> tuple[_Weights, AdamState]:
    into, back, moves = (jnp.asarray(one) for one in (layout.into, layout.back, moving))
    weights = jax.tree.map(jnp.array, weights)
    state = adam_start(weights) if state is None else jax.tree.map(jnp.array, state)
    for epoch in epochs:
        order = fusion._batches(shuffles, len(goal), job.config.batch)
        rate = job.config.learning_rate * (1 + math.cos(math.pi * epoch / job.config.epochs)) / 2
        weights, state = _epoch(weights, state, features, goal, order, into, back, moves, rate)
    return weights, state  # pyright: ignore[reportReturnType]


def _cross_entropy(h: jax.Array, b: jax.Array, goal: jax.Array) -> jax.Array:
    """Return the sum over heads of their mean cross-entropies: each one's gradient is its own."""
    scores = jax.nn.log_softmax(jnp.einsum("nvh,vhd->nvd", h, b))
    return -(goal[:, None] * scores).sum(axis=-1).mean(axis=0).sum()


def _hidden(a: jax.Array, features: jax.Array, into: jax.Array) -> jax.Array:
    """Return every head's hidden layer, (N, heads, width), of all models' features, (models, N, width)."""
    products = jnp.einsum("inw,iwm->inm", features, a)
    columns = products.transpose(1, 0, 2).reshape(products.shape[1], -1)
    return jnp.take(columns, into, axis=1, mode="fill", fill_value=0).sum(axis=2)


@partial(jax.jit, donate_argnames=("weights", "state"))
def _epoch(
    weights: _Weights,
    state: AdamState,
    features: jax.Array,
    goal: jax.Array,
    order: Any,
    into: jax.Array,
    back: jax.Array,
    moves: jax.Array,
    rate: float,
) -> Any:
    def step(carried: Any, rows: jax.Array) -> tuple[Any, None]:
        (a, b), moments = carried
        seen = features[:, rows]
        slopes_h, slopes_b = jax.grad(_cross_entropy, (0, 1))(_hidden(a, seen, into), b, goal[rows])
        slopes_h = slopes_h.reshape(len(rows), -1)
        slopes = jnp.take(slopes_h, back, axis=1, mode="fill", fill_value=0)
        slopes_a = jnp.einsum("inw,nim->iwm", seen, slopes)
        return adam_step(_Weights(a, b), _Weights(slopes_a, slopes_b * moves), moments, rate), None

    return lax.scan(step, (weights, state), order)[0]


def _measured(
    weights: _Weights,
    heads: Sequence[_Head],
    models: Sequence[_Model],
    networks: Sequence[TrainedNetwork],
    job: CoalitionsJob,
    cache: Cache,
) -> CoalitionsResult:
    """Return what the heads tell of the job's images."""
    layout = layout_of(
        [head.coalition for head in heads], [len(model.labels) for model in models], own_labels=False
    )
    most = max(model.width for model in models)
    trained = np.asarray(weights.a)
    a = np.zeros((len(models), most, layout.columns), np.float32)
    for piece in layout.pieces:
        model = models[piece.model]
        # What no training image has shown may be seen now, and meets the weights that it began with.
        rows = _rows(heads[piece.head], piece, models)[:, piece.hidden].copy()
        rows[model.live] = trained[piece.model, : len(model.live), piece.columns]
        a[piece.model, : model.width, piece.columns] = rows
    whole, into = jnp.asarray(a), jnp.asarray(layout.into)
    blocks = [evaluation.features_of(network, job.samples, cache) for network in networks]
    right, losses = [], []
    for start in range(0, len(job.samples), CHUNK):
        labels = job.samples.labels[start : start + CHUNK]
        seen = np.zeros((len(models), CHUNK, most), np.float32)
        for place, (block, model) in enumerate(zip(blocks, models, strict=True)):
            seen[place, : len(labels), : model.width] = block[start : start + CHUNK] / model.scale
        goal = np.zeros(CHUNK, np.int32)
        goal[: len(labels)] = labels
        told, loss = _tell(whole, weights.b, seen, into, goal)
        right.append(np.asarray(told)[: len(heads), : len(labels)])
        losses.append(np.asarray(loss)[: len(heads), : len(labels)])
    shape = len(job.coalitions), len(job.seeds)
    return CoalitionsResult(
        np.concatenate(right, axis=1).reshape(*shape, -1),
        np.concatenate(losses, axis=1).mean(axis=1, dtype=np.float64).reshape(shape),
    )


@jax.jit
def _tell(a: jax.Array, b: jax.Array, seen: jax.Array, into: jax.Array, labels: jax.Array) -> Any:
    """Return whether each head tells each image right, and its cross-entropy, both (heads, N)."""
    scores = jnp.einsum("nvh,vhd->vnd", _hidden(a, seen, into), b)
    shares = jax.nn.log_softmax(scores)
    true = jnp.take_along_axis(shares, labels[None, :, None], axis=-1)[..., 0]
    return scores.argmax(-1) == labels, jnp.minimum(-true, -math.log(np.finfo(np.float32).tiny))
