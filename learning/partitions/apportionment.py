"""Whole numbers of images from shares that are fractions."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..partition import ShareRequest


def apportion(total: int, weights: np.ndarray, most: np.ndarray) -> np.ndarray | None:
    """Split a number in proportion to weights, by largest remainders; None if the limits leave too little.

    Args:
        total: What is split.
        weights: Not negative, shape (N,); where one is 0, nothing goes.
        most: The most that each can get, shape (N,); what is above goes to the others.
    """
    if not total:
        return np.zeros(len(weights), np.int64)
    if not weights.any():
        return None
    quota = total * (weights / weights.sum())
    counts = np.minimum(np.floor(quota).astype(np.int64), most)
    while missing := total - counts.sum():
        is_open = (weights > 0) & (counts < most)
        if not is_open.any():
            return None
        gaps = np.where(is_open, quota - counts, -np.inf)
        counts[np.argsort(-gaps, kind="stable")[: min(missing, is_open.sum())]] += 1
    return counts


def draw(total: int, weights: np.ndarray, most: np.ndarray, stream: np.random.Generator) -> np.ndarray | None:
    """Draw labels independently, each with its weight; None if the limits leave too little.

    What would be drawn beyond a label's limit is drawn again among the others.
    """
    counts = np.zeros(len(weights), np.int64)
    while missing := int(total - counts.sum()):
        open_weights = np.where(counts < most, weights, 0.0)
        if not open_weights.any():
            return None
        more = stream.multinomial(missing, open_weights / open_weights.sum())
        counts += np.minimum(more, most - counts)
    return counts


def with_own_kind(request: "ShareRequest", train: np.ndarray, left: np.ndarray) -> np.ndarray | None:
    """Return the labels of all three sets, test and verification in the proportions of the training set.

    Args:
        request: The sizes.
        train: Images of each label to train on, shape (classes,).
        left: Images of each label that nobody took, these included, shape (classes,).

    Returns:
        Counts of shape (3, classes), or None if there are too few images.
    """
    rows = [train]
    for size in (request.test, request.verification):
        row = apportion(size, train, left - sum(rows))
        if row is None:
            return None
        rows.append(row)
    return np.stack(rows)
