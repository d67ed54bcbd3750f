"""Adam (Kingma & Ba 2015, arXiv:1412.6980, section 2's efficient order) with Keras' epsilon."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

BETA_1 = 0.9
BETA_2 = 0.999
EPSILON = 1e-7


class AdamState(NamedTuple):
    """Step count and running moments, shaped like the weights."""

    step: jax.Array
    mean: Any
    square: Any


def adam_start(weights: Any) -> AdamState:
    """Return the state before the first step for a tree of weights."""
    mean, square = (jax.tree.map(jnp.zeros_like, weights) for _ in range(2))  # a step may reuse each's memory
    return AdamState(jnp.zeros((), jnp.int32), mean, square)


def adam_step(weights: Any, slopes: Any, state: AdamState, rate: jax.Array | float) -> tuple[Any, AdamState]:
    """Return weights and state after one step with learning rate ``rate`` along the gradient ``slopes``."""
    step = state.step + 1
    mean = jax.tree.map(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, state.mean, slopes)
    square = jax.tree.map(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, state.square, slopes)
    count = step.astype(jnp.float32)
    size = rate * jnp.sqrt(1 - BETA_2**count) / (1 - BETA_1**count)
    moved = jax.tree.map(lambda w, m, v: w - size * m / (jnp.sqrt(v) + EPSILON), weights, mean, square)
    return moved, AdamState(step, mean, square)
