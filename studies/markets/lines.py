"""The figures of studies of markets: means with their intervals, as lines over a setting or as bars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...analysis.series import estimate
from ...units import ETHER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
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


def rate_dot(x: float | str, values: Sequence[float]) -> Dot:
    """Return the mean of rates in per cent, its interval cut at 0 and 100."""
    found = estimate(values)
    low, high = found.ends
    if low is None or high is None:
        return Dot(x, 100 * found.mean)
    return Dot(x, 100 * found.mean, 100 * max(0.0, low), 100 * min(1.0, high))


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
    from ...analysis.drawing import GREY, LINE_STYLES, SMALL

    figure, axes = _empty(title, axes_titles)
    if zero:
        axes.axhline(0, color=GREY, linewidth=1)
    places = {x: _place(x, place) for place, x in enumerate(_all_x(lines))}
    for number, (name, dots) in enumerate(lines.items()):
        colour, marker = LINE_STYLES[number % len(LINE_STYLES)]
        x, y = [places[dot.x] for dot in dots], [dot.y for dot in dots]
        axes.errorbar(x, y, yerr=_reach(dots), color=colour, marker=marker, capsize=3, label=name)
    for number, (name, dots) in enumerate((closed_forms or {}).items()):
        x = [places[dot.x] for dot in dots]
        colour = LINE_STYLES[number % len(LINE_STYLES)][0]
        axes.plot(x, [dot.y for dot in dots], "--", color=colour, label=name, alpha=0.7)
    axes.set_xticks(list(places.values()), [_label(x) for x in places])
    if len(lines) + len(closed_forms or {}) > 1:
        axes.legend(fontsize=SMALL, frameon=False)
    return figure


def bars_figure(title: str, y_title: str, bars: Mapping[str, Sequence[Dot]]) -> "Figure":
    """Draw means with their intervals as bars, side by side for each word on the axis.

    Args:
        title: Of the figure.
        y_title: Of the axis, with its unit.
        bars: Each colour's dots by its name, all for the same words in the same order.
    """
    from ...analysis.drawing import GREY, LINE_STYLES, SMALL

    figure, axes = _empty(title, ("", y_title))
    axes.axhline(0, color=GREY, linewidth=1)
    width = 0.8 / len(bars)
    for number, (name, dots) in enumerate(bars.items()):
        places = [place + (number - (len(bars) - 1) / 2) * width for place in range(len(dots))]
        colour = LINE_STYLES[number % len(LINE_STYLES)][0]
        axes.bar(
            places,
            [dot.y for dot in dots],
            0.9 * width,
            yerr=_reach(dots),
            color=colour,
            capsize=2,
            label=name,
        )
    words = [str(dot.x).replace(", ", ",\n") for dot in next(iter(bars.values()))]
    axes.set_xticks(range(len(words)), words)
    figure.legend(fontsize=SMALL, frameon=False, ncols=len(bars), loc="outside lower center")
    return figure


def in_ether(wei: float | None) -> float | None:
    """Return an end of an interval in ether, if there is one."""
    return None if wei is None or wei != wei else wei / ETHER


def _empty(title: str, axes_titles: tuple[str, str]) -> "tuple[Figure, Axes]":
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from ...analysis.drawing import DPI, INK, LARGE, NORMAL, PALE, SMALL

    figure = Figure(figsize=(7.2, 4.2), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    figure.suptitle(title, fontsize=LARGE, fontweight="bold", color=INK)
    axes.set_xlabel(axes_titles[0], fontsize=NORMAL)
    axes.set_ylabel(axes_titles[1], fontsize=NORMAL)
    axes.tick_params(labelsize=SMALL)
    axes.grid(axis="y", color=PALE)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _reach(dots: Sequence[Dot]) -> list[list[float]]:
    """Return how far intervals reach below and above."""
    return [
        [0.0 if dot.low is None else dot.y - dot.low for dot in dots],
        [0.0 if dot.high is None else dot.high - dot.y for dot in dots],
    ]


def _all_x(lines: Mapping[str, Sequence[Dot]]) -> list[float | str]:
    found = list(dict.fromkeys(dot.x for dots in lines.values() for dot in dots))
    words = any(isinstance(x, str) for x in found)
    return found if words else sorted(found, key=float)


def _place(x: float | str, place: int) -> float:
    return float(place) if isinstance(x, str) else float(x)


def _label(x: float | str) -> str:
    return x if isinstance(x, str) else f"{x:g}"
