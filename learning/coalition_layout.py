"""Where the weights of many coalitions' heads stand in one array, and where their hidden layers do.

Each model has a row of columns: for every head that it is part of, as many as that head's hidden layer is
wide, or, while blocks alone may move (equation 3), only its own labels. So a batch of a model's features is
multiplied once with everything that any head does with it. Two lists of places then take the products to
the hidden layers and the slopes back; a place that is none holds a zero.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from .coalition_jobs import Coalition

STEP = 32
"""Numbers of columns are rounded up to multiples of this, so that few programs are compiled."""


class Piece(NamedTuple):
    """One model's part in one head.

    Attributes:
        head: Which head.
        term: Which of the head's models it is.
        model: Which of all models.
        start: Its first column of the head's hidden layer.
        stop: Where it ends there.
        at: Its first column among the model's.
    """

    head: int
    term: int
    model: int
    start: int
    stop: int
    at: int

    @property
    def hidden(self) -> slice:
        """Its columns of the head's hidden layer."""
        return slice(self.start, self.stop)

    @property
    def columns(self) -> slice:
        """Its columns among the model's."""
        return slice(self.at, self.at + self.stop - self.start)


class Layout(NamedTuple):
    """Where everything stands.

    Attributes:
        pieces: All of them, head after head.
        columns: How many columns each model has room for, M.
        into: The columns that add up to each column of each head's hidden layer, among all models', int32
            (heads, terms, width); ``models · M`` is none.
        back: The place of each model's columns in the hidden layers, int32 (models, M); ``heads · width`` is
            none.
    """

    pieces: tuple[Piece, ...]
    columns: int
    into: np.ndarray
    back: np.ndarray


def layout_of(heads: Sequence[Coalition], labels: Sequence[int], *, own_labels: bool) -> Layout:
    """Lay heads out.

    Args:
        heads: The coalition of each head, as places of models.
        labels: How many labels each model knows.
        own_labels: Whether a model's features lead to its own labels' columns alone.
    """
    models = len(labels)
    taken = [0] * models
    pieces = []
    for head, term, model, start, stop in _parts(heads, labels, own_labels=own_labels):
        pieces.append(Piece(head, term, model, start, stop, taken[model]))
        taken[model] += stop - start
    columns = _up(max(taken), STEP)
    width = _up(max(sum(labels[place] for place in coalition) for coalition in heads), 2)
    count = _up(len(heads), 4)
    terms = 1 if own_labels else max(map(len, heads))
    into = np.full((count, terms, width), models * columns, np.int32)
    back = np.full((models, columns), count * width, np.int32)
    for piece in pieces:
        column = np.arange(piece.columns.start, piece.columns.stop)
        place = np.arange(piece.start, piece.stop)
        into[piece.head, 0 if own_labels else piece.term, place] = piece.model * columns + column
        back[piece.model, column] = piece.head * width + place
    return Layout(tuple(pieces), columns, into, back)


def _parts(
    heads: Sequence[Coalition], labels: Sequence[int], *, own_labels: bool
) -> Iterator[tuple[int, int, int, int, int]]:
    for head, coalition in enumerate(heads):
        width = sum(labels[place] for place in coalition)
        first = 0
        for term, place in enumerate(coalition):
            start, stop = (first, first + labels[place]) if own_labels else (0, width)
            yield head, term, place, start, stop
            first += labels[place]


def _up(number: int, step: int) -> int:
    return -(-number // step) * step
