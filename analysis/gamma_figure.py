"""What is between the two stages of Strategy II, as a figure."""

import pandas as pd
from matplotlib.figure import Figure

from .drawing import LINE_STYLES, NORMAL, legend_below, new_figure, percent_axis

MEASURED = {
    "accuracy": "on the verification images",
    "held_out_accuracy": "on images that nobody has seen",
}


def figure_gamma(frame: pd.DataFrame, about: str = "") -> Figure:
    """Draw a fused model's accuracy by gamma.

    Args:
        frame: As ``along_gamma`` returns it.
        about: What is fused, for the line below the title.
    """
    figure, axes = new_figure("From the blocks alone to the whole head, equations 5 and 6", about)
    for (column, label), (colour, marker) in zip(MEASURED.items(), LINE_STYLES, strict=False):
        axes.plot(frame["gamma"], frame[column], color=colour, marker=marker, label=label)
    percent_axis(axes, [float(one) for column in MEASURED for one in frame[column]], "accuracy")
    axes.set_xlabel("gamma: what all weights outside the blocks are multiplied by", fontsize=NORMAL)
    legend_below(axes)
    return figure
