"""The map of cooperation as small multiples: a panel for each data set and recipe."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ...analysis.series import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .cooperation_words import Place

MARKERS = "os^Dvp"


def map_figure(gains: "Mapping[Place, Estimate]") -> "Figure":
    """Draw the gain in points against the verifier's number of images, a line for each contributor size.

    Args:
        gains: In points, by place.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from ...analysis.drawing import DPI, INK, LARGE, NORMAL

    rows = list(dict.fromkeys(place.data for place in gains))
    columns = list(dict.fromkeys(place.recipe for place in gains))
    figure = Figure(
        figsize=(max(6.0, 4.4 * len(columns) + 0.6), 3.3 * len(rows) + 0.7), dpi=DPI, layout="constrained"
    )
    FigureCanvasAgg(figure)
    figure.suptitle(
        "What cooperation adds to a verifier's own network", fontsize=LARGE, fontweight="bold", color=INK
    )
    panels = figure.subplots(len(rows), len(columns), squeeze=False, sharey="row")
    for data, line in zip(rows, panels, strict=True):
        for recipe, axes in zip(columns, line, strict=True):
            _panel(
                axes,
                {place: one for place, one in gains.items() if (place.data, place.recipe) == (data, recipe)},
            )
            axes.set_title(f"{data}, {recipe}", loc="left", fontsize=NORMAL, color=INK)
        line[0].set_ylabel("fused − alone (points)", fontsize=NORMAL)
    for axes in panels[-1]:
        axes.set_xlabel("images the verifier learns from", fontsize=NORMAL)
    return figure


def _panel(axes: "Axes", gains: "Mapping[Place, Estimate]") -> None:
    from matplotlib.ticker import FixedLocator, NullLocator, StrMethodFormatter

    from ...analysis.drawing import BLUE, GREEN, GREY, INK, ORANGE, PALE, PINK, SKY, SMALL

    colours = (BLUE, ORANGE, GREEN, PINK, SKY, INK)
    axes.set_xscale("log")
    axes.axhline(0, color=GREY, linewidth=1)
    for number, theirs in enumerate(dict.fromkeys(place.theirs for place in gains)):
        row = sorted((place.mine, one) for place, one in gains.items() if place.theirs == theirs)
        colour, marker = colours[number % len(colours)], MARKERS[number % len(MARKERS)]
        sizes, means = [mine for mine, _ in row], [one.mean for _, one in row]
        axes.plot(sizes, means, color=colour, marker=marker, markersize=5, label=f"{theirs:,} a contributor")
        low, high = _band([one for _, one in row])
        axes.fill_between(sizes, low, high, color=colour, alpha=0.18, linewidth=0)
    axes.xaxis.set_major_locator(FixedLocator(sorted({place.mine for place in gains})))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=SMALL, colors=INK)
    axes.grid(axis="y", color=PALE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.legend(fontsize=SMALL, frameon=False)


def _band(row: Sequence[Estimate]) -> tuple[list[float], list[float]]:
    halves = [one.half_width or 0.0 for one in row]
    return (
        [one.mean - half for one, half in zip(row, halves, strict=True)],
        [one.mean + half for one, half in zip(row, halves, strict=True)],
    )
