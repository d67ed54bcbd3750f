"""How a list of coalitions is cut into blocks, each of which one worker fits as one program."""

from collections.abc import Iterator, Sequence

import numpy as np

from .coalition_jobs import Coalition

COLUMNS = 192
"""Columns of hidden layers that one model's features are multiplied with at a time. A wide product is several
times as fast as one head's, until the weights with Adam's moments no longer fit into a CPU's cache."""


def blocks_of(
    coalitions: Sequence[Coalition], labels: Sequence[int], *, heads: int = 1, columns: int = COLUMNS
) -> list[list[int]]:
    """Cut coalitions into blocks in which every model has about equally many columns.

    Coalitions of one size make alike programs, which are compiled once; sizes share a block where there is
    room for all of them. A block's cost goes by the model that is in most of its coalitions, so each next
    coalition is, of those that there is room for, the one that keeps the models most alike. The cut depends
    on the arguments alone: which heads are fitted together decides their last bits.

    Args:
        coalitions: Places of models, of one size or of several.
        labels: How many labels each model knows: as many columns the hidden layer of a coalition gets for it.
        heads: How many heads each coalition gets.
        columns: The most that a model has in a block with several coalitions.

    Returns:
        Positions in ``coalitions``, block after block.
    """
    members = np.zeros((len(coalitions), len(labels)), np.int64)
    for row, coalition in enumerate(coalitions):
        members[row, list(coalition)] = 1
    widths = heads * (members @ np.asarray(labels, np.int64))
    return [
        block
        for rows in _sizes_together(members, widths, columns)
        for block in _balanced(rows, members, widths, columns)
    ]


def _sizes_together(members: np.ndarray, widths: np.ndarray, columns: int) -> Iterator[np.ndarray]:
    """Yield the rows of one size, or of several that fit into one block, from small to large."""
    sizes = members.sum(axis=1)
    group = np.zeros(0, np.int64)
    for size in np.unique(sizes):
        rows = np.flatnonzero(sizes == size)
        both = np.concatenate([group, rows])
        if len(group) and (members[both].T @ widths[both]).max() > columns:
            yield group
            both = rows
        group = both
    yield group


def _balanced(rows: np.ndarray, members: np.ndarray, widths: np.ndarray, columns: int) -> list[list[int]]:
    left = np.zeros(len(members), bool)
    left[rows] = True
    blocks: list[list[int]] = []
    load = np.zeros(members.shape[1], np.int64)
    while left.any():
        rows = np.flatnonzero(left)
        after = load + members[rows] * widths[rows, None]
        too_wide = after.max(axis=1) > columns
        best = np.lexsort((np.square(after).sum(axis=1), too_wide))[0]
        if not blocks or too_wide[best]:
            blocks.append([])
            load[:] = 0
        row = int(rows[best])
        blocks[-1].append(row)
        load += members[row] * widths[row]
        left[row] = False
    return blocks
