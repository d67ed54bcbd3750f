"""Figures of a sweep: what its keys change for everybody."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from ..units import ETHER
from .drawing import (
    BLUE,
    GREEN,
    GREY,
    INK,
    LINE_STYLES,
    NORMAL,
    ORANGE,
    PALE,
    PINK,
    SKY,
    SMALL,
    legend_below,
    new_figure,
)
from .frames import groups, keys_of, where
from .incentives.budget import Budget
from .incentives.deviations import Deviation
from .incentives.margins import histogram
from .incentives.means import Mean
from .incentives.results import PointResult
from .sweep_axis import (
    ROWS,
    draw_points,
    layout_of,
    new_points_figure,
    place_text,
    row_labels,
    rows_height,
    zero_line,
)

INTERVALS = "means over seeds with 95 % intervals (Student's t)"
MONEY = {
    "contributors_wei": ("contributors", BLUE, ""),
    "verifiers_wei": ("verifiers", ORANGE, "//"),
    "oracle_wei": ("oracle", GREEN, ".."),
    "planted_wei": ("planted tests", PINK, "xx"),
    "returned_wei": ("returned", SKY, "--"),
    "held_wei": ("still held", GREY, "++"),
}


def figure_payoffs(means: pd.DataFrame, role: str, about: str) -> Figure:
    """Draw what a role's members net at each point, behaviours apart.

    Args:
        means: As ``mean_payoffs`` returns them.
        role: Whose.
        about: The sweep in words, for the line below the title.
    """
    own = where(means, means["role"] == role).drop(columns="role")
    keys = [key for key in keys_of(own, Mean) if key != "behaviour"]
    if len(set(own["behaviour"])) > 1:
        keys.append("behaviour")
    layout = layout_of(own, keys)
    subtitle = f"{about}\nNet of gas and work; {INTERVALS}"
    figure, axes = new_points_figure(f"What each {role} gains by taking part", subtitle, own, layout)
    draw_points(axes, own, layout, ("mean_wei", "low_wei", "high_wei"), "ether", ETHER)
    zero_line(axes, layout)
    return figure


def figure_accuracy(results: pd.DataFrame, about: str) -> Figure:
    """Draw the integrated model's accuracy at each point.

    Args:
        results: As ``point_results`` returns them.
        about: The sweep in words.
    """
    titles = "What the initiator's model can do", f"{about}\nAccuracy on held-out images; {INTERVALS}"
    return _figure_of("accuracy", results, titles, "accuracy (%), axis not from 0", 0.01)


def figure_price(results: pd.DataFrame, about: str) -> Figure:
    """Draw what a percentage point above guessing costs the initiator at each point.

    Args:
        results: As ``point_results`` returns them.
        about: The sweep in words.
    """
    titles = (
        "What a point of accuracy costs the initiator",
        f"{about}\nAll that she pays, gas too; {INTERVALS}",
    )
    unit = "ether for each point above guessing"
    return _figure_of("wei_per_point", results, titles, unit, ETHER, from_zero=True)


def _figure_of(
    what: str,
    results: pd.DataFrame,
    titles: tuple[str, str],
    unit: str,
    size: float,
    *,
    from_zero: bool = False,
) -> Figure:
    """Draw a column with its interval at each point."""
    layout = layout_of(results, keys_of(results, PointResult))
    figure, axes = new_points_figure(*titles, results, layout)
    draw_points(axes, results, layout, (what, f"{what}_low", f"{what}_high"), unit, size)
    if from_zero:
        zero_line(axes, layout)
    return figure


def figure_money(budgets: pd.DataFrame, about: str) -> Figure:
    """Draw where deposits went, one bar a point.

    Args:
        budgets: As ``budgets`` returns them.
        about: The sweep in words.
    """
    points = list(groups(budgets, keys_of(budgets, Budget)))
    names = row_labels([place_text(values, short=True) or "all runs" for values, _ in points])
    figure, axes = new_figure(
        "Where the initiator's deposit went",
        f"{about}\nMean over runs; every bar adds up to what was deposited, to the wei",
        height=rows_height(names),
    )
    left = [0.0] * len(points)
    for column, (label, color, hatch) in MONEY.items():
        sizes = [sum(group[column]) / len(set(group["run"])) / ETHER for _, group in points]
        if any(sizes):
            axes.barh(
                range(len(points)), sizes, left=left, color=color, hatch=hatch, edgecolor="white", label=label
            )
            left = [one + other for one, other in zip(left, sizes, strict=True)]
    axes.set_yticks(range(len(points)), names, fontsize=SMALL)
    axes.invert_yaxis()
    axes.set_xlabel("ether", fontsize=NORMAL)
    axes.grid(axis="x", color=PALE, linewidth=0.8)
    legend_below(axes)
    return figure


def figure_margins(evaluations: pd.DataFrame, about: str) -> Figure:
    """Draw how far from the MAFR evaluations fall.

    Args:
        evaluations: As ``evaluations`` returns them; at least one.
        about: The sweep in words.
    """
    spread = max(evaluations["distance"]) - min(evaluations["distance"])
    width = next((one for one in (0.002, 0.005, 0.01, 0.02) if spread / one <= 60), 0.05)
    bins = histogram(evaluations, width)
    figure, axes = new_figure(
        "How near to the threshold verifiers measured",
        f"{about}\n{len(evaluations):,} counted measurements, in bins {100 * width:g} percentage points wide",
    )
    centres = [100 * (low + width / 2) for low in bins["low"]]
    against = [count - passed for count, passed in zip(bins["evaluations"], bins["passed"], strict=True)]
    axes.bar(centres, bins["passed"], 92 * width, color=BLUE, label="votes for the model")
    axes.bar(
        centres,
        against,
        92 * width,
        bottom=bins["passed"],
        color=ORANGE,
        hatch="//",
        edgecolor="white",
        label="against",
    )
    axes.axvline(0, color=INK, linewidth=1.2)
    axes.set_xlabel("fitness less reference less MAFR (percentage points)", fontsize=NORMAL)
    axes.set_ylabel("measurements", fontsize=NORMAL)
    axes.grid(axis="y", color=PALE, linewidth=0.8)
    legend_below(axes)
    return figure


def figure_deviations(gains: pd.DataFrame, key: str, about: str) -> Figure:
    """Draw what each deviation gains, with its interval.

    Args:
        gains: As ``gains_of_deviation`` returns them.
        key: The key that deviates.
        about: The sweep in words.
    """
    keys = keys_of(gains, Deviation)
    rows: list[dict[Any, Any]] = gains.head(ROWS).to_dict("records")
    settings = [place_text({name: row[name] for name in keys}, short=True) for row in rows]
    told = ["\n".join(filter(None, (row["value"], text))) for row, text in zip(rows, settings, strict=True)]
    names = row_labels(told)
    figure, axes = new_figure(
        "Does it pay to deviate?",
        f"{about}, {key}\nGain against being honest in the same seeds; 95 % intervals",
        height=rows_height(names),
    )
    for place, row in enumerate(rows):
        gain, low, high = (float(row[name]) / ETHER for name in ("gain_wei", "low_wei", "high_wei"))
        color, marker = {"profitable": LINE_STYLES[1], "costly": LINE_STYLES[0]}.get(
            row["verdict"], (GREY, "D")
        )
        bars = None if low != low else [[gain - low], [high - gain]]
        axes.errorbar([gain], [place], xerr=bars, color=color, marker=marker, capsize=4)
    axes.axvline(0, color=INK, linewidth=1)
    axes.set_yticks(range(len(names)), names, fontsize=SMALL)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel("ether gained (right) or lost (left) by deviating", fontsize=NORMAL)
    axes.grid(axis="x", color=PALE, linewidth=0.8)
    return figure


def figure_drift(drift: pd.DataFrame, about: str) -> Figure:
    """Draw where populations of learners drift.

    Args:
        drift: As ``replicator`` returns it.
        about: The sweep in words.
    """
    figure, axes = new_figure(
        "Which behaviours spread",
        f"{about}\nReplicator dynamics of the mean game; a line style for each start",
    )
    for told, path in groups(drift, ["behaviour", "start"]):
        place = list(dict.fromkeys(drift["behaviour"])).index(told["behaviour"])
        style = ("-", "--", ":", "-.")[(told["start"] - 1) % 4]
        label = told["behaviour"] if told["start"] == 1 else None
        axes.plot(
            path["time"],
            100 * path["share"],
            style,
            color=LINE_STYLES[place % len(LINE_STYLES)][0],
            label=label,
        )
    axes.set_ylim(0, 101)
    axes.set_xlabel("time (in units of the largest difference of payoffs)", fontsize=NORMAL)
    axes.set_ylabel("share of the population (%)", fontsize=NORMAL)
    axes.grid(axis="y", color=PALE, linewidth=0.8)
    legend_below(axes)
    return figure
