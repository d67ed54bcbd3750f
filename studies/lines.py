"""The figure of most studies: means with their intervals against one setting, a line for each kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Dot:
    """One mean.

    Attributes:
        x: The setting; words are drawn at equal distances.
        y: The mean.
        low: Lower end of its interval; ``None`` where there is none.
        high: Upper end.
    """

    x: float | str
    y: float
    low: float | None = None
    high: float | None = None


def lines_figure(
    title: str,
    axes_titles: tuple[str, str],
    lines: Mapping[str, Sequence[Dot]],
    *,
    closed_forms: Mapping[str, Sequence[Dot]] | None = None,
    zero: bool = False,
) -> "Figure":
    """Draw lines of means with their intervals.

    Args:
        title: Of the figure.
        axes_titles: Of x and y, with units.
        lines: Each line's dots by its name.
        closed_forms: What theory says, drawn dashed in the colour of the line at the same place.
        zero: Whether a line marks y = 0.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from ..analysis.drawing import (
        BLUE,
        DPI,
        GREEN,
        GREY,
        INK,
        LARGE,
        NORMAL,
        ORANGE,
        PALE,
        PINK,
        SKY,
        SMALL,
    )

    colours = (BLUE, ORANGE, GREEN, PINK, SKY, INK)
    figure = Figure(figsize=(7.2, 4.2), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    figure.suptitle(title, fontsize=LARGE, fontweight="bold", color=INK)
    places = {x: _place(x, place) for place, x in enumerate(_all_x(lines))}
    if zero:
        axes.axhline(0, color=GREY, linewidth=1)
    for number, (name, dots) in enumerate(lines.items()):
        colour = colours[number % len(colours)]
        x, y = [places[dot.x] for dot in dots], [dot.y for dot in dots]
        below = [dot.y - (dot.y if dot.low is None else dot.low) for dot in dots]
        above = [(dot.y if dot.high is None else dot.high) - dot.y for dot in dots]
        marker = "os^Dvp"[number % 6]
        axes.errorbar(x, y, yerr=[below, above], color=colour, marker=marker, capsize=3, label=name)
    for number, (name, dots) in enumerate((closed_forms or {}).items()):
        x = [places[dot.x] for dot in dots]
        colour = colours[number % len(colours)]
        axes.plot(x, [dot.y for dot in dots], "--", color=colour, label=name, alpha=0.7)
    axes.set_xlabel(axes_titles[0], fontsize=NORMAL)
    axes.set_ylabel(axes_titles[1], fontsize=NORMAL)
    axes.set_xticks(list(places.values()), [_label(x) for x in places])
    axes.tick_params(labelsize=SMALL)
    axes.grid(axis="y", color=PALE)
    axes.spines[["top", "right"]].set_visible(False)
    if len(lines) + len(closed_forms or {}) > 1:
        axes.legend(fontsize=SMALL, frameon=False)
    return figure


def _all_x(lines: Mapping[str, Sequence[Dot]]) -> list[float | str]:
    found = list(dict.fromkeys(dot.x for dots in lines.values() for dot in dots))
    words = any(isinstance(x, str) for x in found)
    return found if words else sorted(found, key=float)


def _place(x: float | str, place: int) -> float:
    return float(place) if isinstance(x, str) else float(x)


def _label(x: float | str) -> str:
    return x if isinstance(x, str) else f"{x:g}"
