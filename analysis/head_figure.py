"""A fusion head as a picture: where Strategy I and Strategy II put their weights."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from .drawing import BLUE, GREY, INK, NORMAL, ORANGE, SKY, SMALL, new_figure
from .people import numbers

if TYPE_CHECKING:
    from .fusing import Fused

SHADES = LinearSegmentedColormap.from_list("shades", ["#ffffff", SKY, BLUE, "#003a5d"])


def figure_head(fused: "Fused") -> Figure:
    """Draw the sizes of all weights of A and B, with the blocks of equations 3 and 4 framed.

    The darkest are as large as the largest in a hundred, or larger.
    """
    labels = fused.head.labels
    figure, axes = new_figure(
        f"Weights of the fusion head, Strategy {fused.strategy}",
        f"Models of contributors {numbers(fused.contributors)}, one after the other; darker is larger\n"
        "Left: A, from features to the hidden layer; right: B, from the hidden layer to labels",
        height=4.6,
    )
    grid = figure.add_gridspec(1, 2, width_ratios=[3, 2])
    axes.set_subplotspec(grid[0])
    other = figure.add_subplot(grid[1])
    _draw(axes, fused.head.A)
    _draw(other, fused.head.B)
    row = column = 0
    for width, known in zip(fused.widths, labels, strict=True):
        _frame(axes, row, column, width, len(known))
        row, column = row + width, column + len(known)
    for place, label in enumerate(label for known in labels for label in known):
        _frame(other, place, label, 1, 1)
    axes.set_xlabel("hidden layer h: each model's labels", fontsize=NORMAL)
    axes.set_ylabel("concatenated features fc", fontsize=NORMAL)
    axes.set_xticks(range(fused.head.A.shape[1]), [str(label) for known in labels for label in known])
    other.set_xlabel("label told", fontsize=NORMAL)
    other.set_ylabel("hidden layer h", fontsize=NORMAL)
    other.set_xticks(range(fused.head.B.shape[1]))
    other.set_yticks(range(fused.head.B.shape[0]), [str(label) for known in labels for label in known])
    for one in (axes, other):
        one.tick_params(labelsize=SMALL - 2, colors=INK)
    return figure


def _draw(axes: Axes, weights: np.ndarray) -> None:
    sizes = np.abs(weights)
    top = float(np.quantile(sizes, 0.99)) or float(sizes.max()) or 1.0
    axes.imshow(sizes, cmap=SHADES, vmin=0, vmax=top, aspect="auto", interpolation="nearest")
    for edge in axes.spines.values():
        edge.set_visible(True)
        edge.set_color(GREY)


def _frame(axes: Axes, row: int, column: int, height: int, width: int) -> None:
    left, right, top, bottom = column - 0.5, column + width - 0.5, row - 0.5, row + height - 0.5
    axes.plot(
        [left, right, right, left, left],
        [top, top, bottom, bottom, top],
        color=ORANGE,
        linewidth=1.2,
        clip_on=False,
    )
