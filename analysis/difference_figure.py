"""Paired differences of one measure, each with its interval."""

import pandas as pd
from matplotlib.figure import Figure

from .comparison import MEASURES
from .drawing import BLUE, GREY, INK, NORMAL, ORANGE, PALE, SMALL, new_figure
from .frames import where
from .sweep_axis import row_labels, rows_height

MOST = 40
"""Points that a figure has room for; the table has all."""

UNITS = {"accuracy": (0.01, "percentage points"), "hours": (1.0, "hours"), "rewarded": (1.0, "models")}


def figure_difference(differences: pd.DataFrame, measure: str) -> Figure:
    """Draw how much others differ from the first side in one measure.

    Args:
        differences: As ``compare`` returns them, with at least one of this measure.
        measure: Which.
    """
    own = where(differences, differences["measure"] == measure).to_dict("records")[:MOST]
    scale, unit = UNITS.get(measure, (10**18, "ether"))
    names = row_labels(["\n".join(filter(None, (row["other"], row["setting"]))) for row in own])
    figure, axes = new_figure(
        f"Difference in the {MEASURES[measure].partition(',')[0]}",
        f"Against {own[0]['first']}\nPaired by seed; means with 95 % intervals (Student's t)",
        height=rows_height(names),
    )
    for place, row in enumerate(own):
        mean, low, high = (_float(row[name]) / scale for name in ("difference", "low", "high"))
        known = low == low
        color, marker = (
            (BLUE, "o") if known and low > 0 else (ORANGE, "s") if known and high < 0 else (GREY, "D")
        )
        bars = [[mean - low], [high - mean]] if known else None
        axes.errorbar([mean], [place], xerr=bars, color=color, marker=marker, capsize=4)
    axes.axvline(0, color=INK, linewidth=1)
    axes.set_yticks(range(len(names)), names, fontsize=SMALL)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel(unit, fontsize=NORMAL)
    axes.grid(axis="x", color=PALE, linewidth=0.8)
    return figure


def _float(value: float | None) -> float:
    return float("nan") if value is None else float(value)
