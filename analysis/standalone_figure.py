"""What panels measured of models alone, for tasks that fuse nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from matplotlib.figure import Figure

from ..scenarios import RunRecord
from .drawing import BLUE, GREY, INK, NORMAL, ORANGE, legend_below, new_figure, percent_axis
from .people import announced_models, number_of, percent
from .rows import rows
from .series import drawn_line, estimate, of_one_task, seeds_text, task_text
from .tables import is_measured


def figure_standalone_accuracy(records: Sequence[RunRecord], task: str | None = None) -> Figure:
    """Draw the fitness that panels measured of each model alone, on the labels that it declares.

    Args:
        records: One run: the panel's mean, each verifier as a faint dot, planted tests apart. Several runs of
            one scenario with different seeds: the mean over runs with its 95 % interval.
        task: The name of the task whose models to draw; absent, the first.

    Raises:
        InputError: The records do not belong together, or there is no such task.
    """
    records = of_one_task(records, task)
    scenario, groups = records[0].scenario, _groups(records)
    several = len(records) > 1
    runs = f", n = {len(records)} runs, 95 % intervals (Student's t)" if several else ""
    figure, axes = new_figure(
        "Accuracy of each model alone",
        f"Scenario {scenario.name}{task_text(records[0])}, {seeds_text(records)}{runs}\n"
        "Mean of what the contract counted, on the labels that a model declares; "
        f"each {'run' if several else 'verifier'} a faint dot"
        f"{drawn_line(scenario)}",
    )
    shown = [scenario.task.mafr]
    for planted, color, marker in ((False, BLUE, "o"), (True, ORANGE, "D")):
        measured = [(place, g.runs) for place, g in enumerate(groups) if g.planted is planted and g.runs]
        for place, own in measured:
            dots = [fmean(run) for run in own] if several else own[0]
            axes.plot([place - 0.1] * len(dots), dots, marker, color=color, alpha=0.4, markersize=4, mew=0)
            mean = estimate([fmean(run) for run in own])
            axes.errorbar(
                [place],
                [mean.mean],
                yerr=mean.rate_bars,
                fmt=marker,
                color=color,
                markersize=9,
                capsize=5,
                zorder=3,
            )
            shown += dots
        if measured:
            label = "planted test" if planted else "contributor's model"
            axes.plot([], [], marker, color=color, markersize=9, label=label)
    mafr = scenario.task.mafr
    axes.axhline(mafr, color=INK, linestyle=":", linewidth=1.5, label=f"MAFR {percent(mafr)}")
    percent_axis(axes, shown, "stand-alone accuracy")
    axes.set_xticks(range(len(groups)), [f"plant {g.number}" if g.planted else g.number for g in groups])
    axes.set_xlim(-0.5, max(len(groups), 1) - 0.35)
    if not any(group.runs for group in groups):
        axes.text(0.5, 0.5, "no model was measured", transform=axes.transAxes, ha="center", color=GREY)
    legend_below(axes)
    planted = any(group.planted for group in groups)
    what = "computing contributor, planted test" if planted else "computing contributor"
    axes.set_xlabel(what, fontsize=NORMAL)
    return figure


@dataclass(frozen=True)
class Group:
    """One announcer's place in the figure: what each run's verifiers measured of its model, as fractions."""

    number: str
    planted: bool
    runs: list[list[float]]


def _groups(records: Sequence[RunRecord]) -> list[Group]:
    """Return everybody who announced, contributors first, by their numbers."""
    groups: dict[str, Group] = {}
    for record in records:
        seats = [seat for seat in rows(record, "evaluations") if is_measured(seat)]
        for model in announced_models(record):
            name = model["contributor"]
            group = groups.setdefault(name, Group(number_of(name), bool(model["planted"]), []))
            own = [seat["fitness_bps"] / 10_000 for seat in seats if seat["model_id"] == model["model_id"]]
            if own:
                group.runs.append(own)
    return sorted(groups.values(), key=lambda group: (group.planted, int(group.number)))
