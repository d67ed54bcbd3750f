"""Who holds what: the training images of each participant by label, and how many images she has in all."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..scenarios import Holding, Holdings
from .drawing import BLUE, GREY, INK, NORMAL, ORANGE, PALE, SKY, SMALL, new_figure

MOST_NAMED = 30
"""Participants up to which each has a name and numbers beside her."""

PARTS = (("train", BLUE, "training"), ("test", SKY, "testing"), ("verification", ORANGE, "verification"))


def figure_holdings(holdings: Holdings) -> Figure:
    """Draw a map of holders and labels, the darker the more training images, beside bars of their sizes."""
    holders = holdings.holders
    number, is_named = len(holders), len(holders) <= MOST_NAMED
    figure, axes = new_figure(
        "Who holds which images",
        f"Scenario {holdings.scenario}, seed {holdings.seed}, data set {holdings.data_set}\n"
        "Left: training images of each label; right: all images",
        height=2.1 + (0.34 * number if is_named else min(0.075 * number, 12.0)),
    )
    grid = figure.add_gridspec(1, 2, width_ratios=[5, 2])
    axes.set_subplotspec(grid[0])
    sizes = figure.add_subplot(grid[1], sharey=axes)
    train = np.array([one.train for one in holders])
    shades = LinearSegmentedColormap.from_list("shades", ["#ffffff", SKY, BLUE, "#003a5d"])
    axes.imshow(train, cmap=shades, vmin=0, vmax=max(1, train.max()), aspect="auto", interpolation="nearest")
    axes.set_xlabel("label", fontsize=NORMAL)
    axes.xaxis.set_major_locator(MaxNLocator(min(holdings.classes, 20), integer=True))
    for edge in axes.spines.values():
        edge.set_visible(True)
        edge.set_color(PALE)
    step = -(-number // MOST_NAMED)
    named = sorted({*range(0, number, step), number - 1})
    axes.set_yticks(named, [holders[place].who for place in named], fontsize=SMALL)
    if is_named:
        axes.set_yticks(np.arange(number - 1) + 0.5, minor=True)
        axes.grid(axis="y", which="minor", color=PALE, linewidth=0.8)
        _write_numbers(axes, train)
    axes.tick_params(which="both", length=0)
    left = np.zeros(number)
    for part, colour, word in PARTS:
        amounts = np.array([sum(getattr(one, part)) for one in holders])
        sizes.barh(
            range(number), amounts, left=left, height=0.7 if is_named else 1.0, color=colour, label=word
        )
        left += amounts
    _end_where_contributors_do(sizes, holders, left)
    sizes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    sizes.set_xlabel("images", fontsize=NORMAL, color=GREY)
    sizes.tick_params(labelleft=False, left=False, labelsize=SMALL, colors=INK)
    sizes.spines[["top", "right", "left"]].set_visible(False)
    sizes.grid(axis="x", color=PALE, linewidth=0.8)
    sizes.set_axisbelow(True)
    handles, labels = sizes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=SMALL, frameon=False)
    return figure


def _end_where_contributors_do(axes: Axes, holders: Sequence[Holding], sizes: np.ndarray) -> None:
    """Scale the axis of sizes for contributors; a verifier's bar that is far longer is cut, and says so."""
    own = [size for one, size in zip(holders, sizes, strict=True) if not one.verifies]
    end = 1.04 * max(own, default=1.0)
    is_cut = sizes > 1.5 * end
    end = max(end, 1.04 * sizes[~is_cut].max(initial=0))
    axes.set_xlim(0, end)
    for place in np.flatnonzero(is_cut).tolist():
        text = f"{sizes[place]:,.0f} →"
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
        axes.text(end, place, text, ha="right", va="center", fontsize=SMALL - 1.5, color=INK, bbox=box)


def _write_numbers(axes: Axes, train: np.ndarray) -> None:
    """Write each count into its field, unless there are too many labels for that."""
    if train.shape[1] > 12:
        return
    dark = 0.55 * max(1, train.max())
    for row, column in zip(*np.nonzero(train), strict=True):
        count = train[row, column]
        colour = "white" if count > dark else INK
        axes.text(column, row, str(count), ha="center", va="center", fontsize=SMALL - 1.5, color=colour)
