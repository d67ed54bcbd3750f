"""A fused model anywhere between the two stages of Strategy II: equations 5 and 6 for any gamma."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..errors import InputError
from .model_files import FusionHead


def at_gamma(head: FusionHead, widths: Sequence[int], gamma: float) -> FusionHead:
    """Return a trained head as equations 5 and 6 read it.

    What joins a model's features to its own labels, and a label to itself, counts in full; all the rest is
    multiplied by gamma. At 0 each model speaks for its own labels alone and the votes are added up; at 1 the
    head is what was trained. For a head of Strategy I, which knows no such blocks, it is the same question
    asked afterwards.

    Args:
        head: A and B as they were trained.
        widths: Width of each model's features.
        gamma: From 0 to 1.

    Raises:
        InputError: Gamma lies outside, or the widths are not the head's.
    """
    from .fusion import block_masks  # which loads JAX

    if not 0 <= gamma <= 1:
        raise InputError("gamma", gamma, "a number from 0 to 1")
    if len(widths) != len(head.labels) or sum(widths) != len(head.A):
        raise InputError("widths", list(widths), f"one a model, {len(head.A)} together")
    inside_a, inside_b = block_masks(widths, head.labels, head.B.shape[1])
    rest = np.float32(gamma)
    return replace(
        head,
        A=head.A * (inside_a + rest * (1 - inside_a)),
        B=head.B * (inside_b + rest * (1 - inside_b)),
    )
