"""How a sweep's points are laid out in a figure: one key along the axis, the others as lines."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from .drawing import BLUE, GREEN, GREY, INK, ORANGE, PALE, PINK, SKY, SMALL
from .frames import groups

STYLES = ((BLUE, "o"), (ORANGE, "s"), (GREEN, "^"), (PINK, "D"), (SKY, "v"), (INK, "P"), (GREY, "X"))
ROOM = 46
"""Letters that categories have room for along an axis before they have to stand upright."""


@dataclass(frozen=True)
class Layout:
    """Where points stand.

    Attributes:
        x: The key along the axis: the number with most values; ``None`` if no key is a number.
        others: The keys told apart by lines, or those that make categories where there is no ``x``.
    """

    x: str | None
    others: tuple[str, ...]


def layout_of(frame: pd.DataFrame, keys: list[str]) -> Layout:
    """Choose a layout for a frame with a row a point."""
    numbers = [key for key in keys if all(_is_number(value) for value in frame[key])]
    several = {key: len(set(frame[key])) for key in numbers}
    x = max(numbers, key=lambda key: several[key], default=None)
    return Layout(x, tuple(key for key in keys if key != x))


def place_text(values: dict[str, Any], *, short: bool = False) -> str:
    """Return keys with their values in words; ``short`` leaves out ``task.``."""
    names = {key: key.removeprefix("task.") if short else key for key in values}
    return ", ".join(f"{names[key]} = {_text(value)}" for key, value in values.items())


def draw_lines(
    axes: Axes, frame: pd.DataFrame, layout: Layout, columns: tuple[str, str, str], scale: float = 1.0
) -> int:
    """Draw means with intervals, and return how many lines there are.

    Args:
        axes: Where to.
        frame: A row a point, or a point and line.
        layout: Where rows stand.
        columns: The mean and both ends of its interval.
        scale: What values are divided by.
    """
    if layout.x is None:
        _draw_categories(axes, frame, layout, columns, scale)
        return 1
    lines = list(groups(frame, layout.others))
    for number, (values, group) in enumerate(lines):
        color, marker = STYLES[number % len(STYLES)]
        ordered = group.sort_values(layout.x)
        x = [float(value) for value in ordered[layout.x]]
        mean, bars = _bars(ordered, columns, scale)
        style = ("-", "--", ":")[number // len(STYLES) % 3]
        label = place_text(values, short=True) or None
        axes.errorbar(x, mean, yerr=bars, color=color, marker=marker, linestyle=style, capsize=3, label=label)
    axes.set_xlabel(layout.x)
    return len(lines)


def _draw_categories(
    axes: Axes, frame: pd.DataFrame, layout: Layout, columns: tuple[str, str, str], scale: float
) -> None:
    mean, bars = _bars(frame, columns, scale)
    names = [place_text({key: row[key] for key in layout.others}, short=True) for row in _records(frame)]
    axes.errorbar(range(len(mean)), mean, yerr=bars, color=BLUE, marker="o", linestyle="none", capsize=4)
    upright = sum(map(len, names)) > ROOM * 2
    axes.set_xticks(range(len(names)), names, fontsize=SMALL, rotation=60 if upright else 0)
    for label in axes.get_xticklabels():
        label.set_horizontalalignment("right" if upright else "center")
    axes.set_xlim(-0.5, len(names) - 0.5)


def _bars(
    frame: pd.DataFrame, columns: tuple[str, str, str], scale: float
) -> tuple[list[float], list[list[float]]]:
    mean, low, high = ([_float(value) / scale for value in frame[name]] for name in columns)
    below = [max(0.0, m - a) if a == a else 0.0 for m, a in zip(mean, low, strict=True)]
    above = [max(0.0, b - m) if b == b else 0.0 for m, b in zip(mean, high, strict=True)]
    return mean, [below, above]


def frame_axes(axes: Axes) -> None:
    """Draw a line at zero and a quiet grid."""
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.grid(axis="y", color=PALE, linewidth=0.8)


def _records(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    return frame.to_dict("records")


def _float(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
