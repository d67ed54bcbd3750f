"""Who gained and who paid, by role."""

from collections.abc import Sequence
from statistics import fmean

from matplotlib.figure import Figure

from ..scenarios import RunRecord
from ..units import ETHER
from .drawing import BLUE, GREY, INK, NORMAL, ORANGE, PALE, SMALL, new_figure
from .rows import rows
from .series import drawn_line, estimate, same_scenario, seeds_text

ROLES = ("initiator", "planter", "contributor", "verifier", "oracle", "platform")


def figure_payments(records: Sequence[RunRecord] | RunRecord) -> Figure:
    """Draw what each role gained or paid per head: wallet at the end less wallet at the start, gas included.

    Args:
        records: A run, or runs of one scenario with different seeds: then means with 95 % intervals.

    Raises:
        InputError: The records do not belong together.
    """
    runs = same_scenario((records,) if isinstance(records, RunRecord) else records)
    scenario = runs[0].scenario
    people = [rows(record, "participants") for record in runs]
    known = {row["role"] for run in people for row in run}
    roles = [*(role for role in ROLES if role in known), *sorted(known - set(ROLES))]
    several = f", n = {len(runs)} runs, 95 % intervals (Student's t)" if len(runs) > 1 else ""
    figure, axes = new_figure(
        "Who gained and who paid",
        f"Scenario {scenario.name}, {seeds_text(runs)}{several}\n"
        "Mean change of a wallet by role, net of gas; each account a dot"
        f"{drawn_line(scenario)}",
        height=1.9 + 0.62 * len(roles),
    )
    labels = []
    for place, role in enumerate(roles):
        own = [[row for row in run if row["role"] == role] for run in people]
        changes = [
            [(row["balance_end_wei"] - row["balance_start_wei"]) / ETHER for row in run] for run in own
        ]
        mean = estimate([fmean(run) for run in changes])
        gas = fmean([fmean([row["fees_wei"] / ETHER for row in run]) for run in own])
        color = BLUE if mean.mean >= 0 else ORANGE
        axes.barh(
            place, mean.mean, color=color, alpha=0.55, height=0.55, hatch="" if mean.mean >= 0 else "//"
        )
        axes.errorbar(mean.mean, place, xerr=mean.half_width, color=INK, capsize=4, fmt="none")
        spread = [change for run in changes for change in run]
        axes.plot(spread, [place] * len(spread), "o", color=INK, markersize=4, alpha=0.5)
        gas_text = "  (gas for deploying)" if role == "platform" else f"  (gas {gas:.4f})"
        edge = max(0.0, *spread, mean.mean + (mean.half_width or 0.0))
        text = f"{mean.mean:+.4f}{gas_text}".replace("-", "−")
        axes.annotate(text, (edge, place), (8, 0), textcoords="offset points", va="center", fontsize=SMALL)
        labels.append(role if len(own[0]) == 1 else f"{len(own[0])} {role}s, each")
    axes.axvline(0, color=INK, linewidth=1)
    axes.set_yticks(range(len(labels)), labels, fontsize=NORMAL)
    axes.invert_yaxis()
    low, high = axes.get_xlim()
    axes.set_xlim(low, max(high, 0.0) + 0.32 * (high - low))
    axes.set_xlabel("ether gained (right) or paid (left)", fontsize=NORMAL)
    axes.grid(axis="x", color=PALE, linewidth=0.8)
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.spines["left"].set_visible(False)
    axes.xaxis.label.set_color(GREY)
    return figure
