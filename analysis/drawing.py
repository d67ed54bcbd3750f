"""What all figures share: canvas, letters, colours that colour-blind readers tell apart, honest axes."""

from collections.abc import Iterable
from io import BytesIO

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

# Okabe and Ito's palette; every use is backed by a shape or a line style, so print in grey works too.
BLUE, ORANGE, GREEN, PINK, SKY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9"
INK, GREY, PALE = "#1a1a1a", "#5f6368", "#d9dce0"

LINE_STYLES = ((BLUE, "o"), (ORANGE, "s"), (GREEN, "^"), (PINK, "D"), (SKY, "v"), (INK, "P"), (GREY, "X"))
"""Colour and marker of each line, in the order in which they are taken."""

DPI = 150
SHOWN_WIDTH = 680
"""Pixels of a screen that a figure takes up in a notebook."""

SMALL, NORMAL, LARGE = 9.5, 11.0, 13.0
LEGEND_LETTERS = 100
"""What a legend's row has room for below a figure's axes, handles and gaps counted as six letters each."""

LEAST_SPAN = 0.1
"""The least that an axis of rates covers: a closer look would make a story of a single image."""


class ShownFigure(Figure):
    """A figure that a notebook shows as the result of a cell, whatever matplotlib is set to there."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        return png(self), {"width": SHOWN_WIDTH}


def new_figure(title: str, subtitle: str, *, height: float = 5.0) -> tuple[Figure, Axes]:
    """Return a figure 8 inches wide, with one pair of axes, a title and a line below it."""
    figure = ShownFigure(figsize=(8.0, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    lines = subtitle.count("\n") + 1
    axes.set_title(title, loc="left", fontsize=LARGE, fontweight="bold", color=INK, pad=10 + 14 * lines)
    below = axes.annotate(
        subtitle,
        (0, 1),
        (0, 6),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=SMALL,
        color=GREY,
        va="bottom",
        linespacing=1.3,
    )
    below.set_in_layout(False)  # a long line must not squeeze the axes; the title's padding makes its room
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=SMALL + 0.5, colors=INK)
    axes.set_axisbelow(True)
    return figure, axes


def percent_axis(axes: Axes, values: Iterable[float], label: str) -> None:
    """Scale the y axis in per cent around ``values``, and say so where it does not start at 0."""
    found = list(values)
    low, high = min(found, default=0.0), max(found, default=1.0)
    room = max(0.02, 0.12 * (high - low))
    top = min(1.0, high + room)
    bottom = max(0.0, min(low - room, top - LEAST_SPAN))
    axes.set_ylim(bottom, top + 0.02 * (1.0 - bottom))
    axes.yaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{100 * y:.4g}" if y <= 1 + 1e-9 else ""))
    cut = "\n(axis does not start at 0)" if bottom > 0 else ""
    axes.set_ylabel(f"{label} (%){cut}", fontsize=NORMAL)
    axes.grid(axis="y", color=PALE, linewidth=0.8)


def legend_below(axes: Axes) -> None:
    """Put the legend of what has a label below the axes, where it hides nothing."""
    handles, labels = axes.get_legend_handles_labels()
    figure = axes.get_figure(root=True)
    assert figure is not None, "axes belong to a figure"
    rows = 1 + sum(len(label) + 6 for label in labels) // LEGEND_LETTERS
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=-(-len(labels) // rows),
        fontsize=SMALL,
        frameon=False,
    )


def png(figure: Figure) -> bytes:
    """Return a figure as PNG without a date or version in it, so that equal figures are equal files."""
    content = BytesIO()
    figure.savefig(content, format="png", dpi=DPI, metadata={"Software": None})
    return content.getvalue()
