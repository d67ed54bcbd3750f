"""How a sweep's points are laid out in a figure: one key along the axis, the others as lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .drawing import (
    BLUE,
    INK,
    LEGEND_LETTERS,
    LINE_STYLES,
    NORMAL,
    PALE,
    SMALL,
    new_figure,
)
from .frames import groups

LINES = 6
"""Lines that can be told apart; where there were more, every point stands in a row of its own."""

WIDE = 34
"""Letters in a line of a row's label."""

ROWS = 40
"""Rows that a figure has room for."""


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
    others = [key for key in keys if key != x]
    if x is None or several[x] < 2 or len(list(groups(frame, others))) > LINES:
        return Layout(None, tuple(keys))
    return Layout(x, tuple(others))


def place_text(values: Mapping[str, Any], *, short: bool = False) -> str:
    """Return keys with their values in words; ``short`` leaves out the tables that go without saying."""
    return ", ".join(f"{_short(key) if short else key} = {_text(value)}" for key, value in values.items())


def row_labels(texts: Sequence[str]) -> list[str]:
    """Return labels of rows with lines short enough to leave the axes room; a key stays with its value."""
    whole = [text.replace(" = ", "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}") for text in texts]
    return [
        "\n".join(fill(line, WIDE, break_long_words=False) for line in text.split("\n")) for text in whole
    ]


def rows_height(labels: Sequence[str]) -> float:
    """Return how high a figure with these labels of rows has to be, in inches."""
    return 2.2 + sum(0.12 + 0.17 * (1 + label.count("\n")) for label in labels)


def new_points_figure(title: str, subtitle: str, frame: pd.DataFrame, layout: Layout) -> tuple[Figure, Axes]:
    """Return an empty figure that is as high as the layout needs."""
    if layout.x is not None:
        return new_figure(title, subtitle)
    if len(frame) > ROWS:
        subtitle += f"\nThe first {ROWS} of {len(frame)}; the table has all"
    return new_figure(title, subtitle, height=rows_height(_row_names(frame.head(ROWS), layout)))


def draw_points(
    axes: Axes,
    frame: pd.DataFrame,
    layout: Layout,
    columns: tuple[str, str, str],
    label: str,
    scale: float = 1.0,
) -> None:
    """Draw means with intervals, by the layout as lines or as rows.

    Args:
        axes: Where to.
        frame: A row a point, or a point and line.
        layout: Where rows stand.
        columns: The mean and both ends of its interval.
        label: What is measured, in which unit.
        scale: What values are divided by.
    """
    if layout.x is None:
        _draw_rows(axes, frame.head(ROWS), layout, columns, scale)
        axes.set_xlabel(label, fontsize=NORMAL)
        return
    names = []
    for number, (values, group) in enumerate(groups(frame, layout.others)):
        color, marker = LINE_STYLES[number]
        ordered = group.sort_values(layout.x)
        x = [float(value) for value in ordered[layout.x]]
        mean, bars = _bars(ordered, columns, scale)
        names.append(place_text(values, short=True))
        axes.errorbar(x, mean, yerr=bars, color=color, marker=marker, capsize=3, label=names[-1] or None)
    axes.set_xlabel(layout.x, fontsize=NORMAL)
    axes.set_ylabel(label, fontsize=NORMAL)
    axes.grid(axis="y", color=PALE, linewidth=0.8)
    if len(names) > 1:
        _legend(axes, names)


def _draw_rows(
    axes: Axes, frame: pd.DataFrame, layout: Layout, columns: tuple[str, str, str], scale: float
) -> None:
    mean, bars = _bars(frame, columns, scale)
    names = _row_names(frame, layout)
    axes.errorbar(mean, range(len(mean)), xerr=bars, color=BLUE, marker="o", linestyle="none", capsize=4)
    axes.set_yticks(range(len(names)), names, fontsize=SMALL)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="x", color=PALE, linewidth=0.8)


def _row_names(frame: pd.DataFrame, layout: Layout) -> list[str]:
    texts = [place_text({key: row[key] for key in layout.others}, short=True) for row in _records(frame)]
    return row_labels([text or "all runs" for text in texts])


def _legend(axes: Axes, names: list[str]) -> None:
    """Put the legend below the axes, in as many columns as its longest line leaves room for."""
    figure = axes.get_figure(root=True)
    assert figure is not None, "axes belong to a figure"
    columns = max(1, min(len(names), LEGEND_LETTERS // (max(map(len, names)) + 6)))
    figure.legend(loc="outside lower center", ncols=columns, fontsize=SMALL, frameon=False)


def zero_line(axes: Axes, layout: Layout) -> None:
    """Draw where nothing is gained."""
    (axes.axvline if layout.x is None else axes.axhline)(0, color=INK, linewidth=0.8)


def _bars(
    frame: pd.DataFrame, columns: tuple[str, str, str], scale: float
) -> tuple[list[float], list[list[float]]]:
    mean, low, high = ([_float(value) / scale for value in frame[name]] for name in columns)
    below = [max(0.0, m - a) if a == a else 0.0 for m, a in zip(mean, low, strict=True)]
    above = [max(0.0, b - m) if b == b else 0.0 for m, b in zip(mean, high, strict=True)]
    return mean, [below, above]


def _short(key: str) -> str:
    """Return a key without the tables that go without saying: ``one.behaviour`` of a group's."""
    parts = key.split(".")
    if len(parts) > 2 and parts[1] == "groups":
        return ".".join(parts[2:])
    return key.removeprefix("task.")


def _records(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    return frame.to_dict("records")


def _float(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
