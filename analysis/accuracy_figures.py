"""The paper's Figures 6 to 9 from run records: local and fused accuracy."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..learning import Strategy
from ..scenarios import RunRecord
from .drawing import BLUE, GREY, INK, NORMAL, ORANGE, SMALL, legend_below, new_figure, percent_axis
from .people import announced_models, base_of, contributed_models, number_of, numbers, percent
from .rows import Row, rows
from .series import Estimate, drawn_line, estimate, of_one_task, seeds_text, task_text

PAPER = "Mendis et al. (2018)"
STRATEGIES: tuple[tuple[Strategy, str, str, float], ...] = (
    ("I", BLUE, "o", -0.09),
    ("II", ORANGE, "s", 0.09),
)


IN_THE_PAPER: dict[str, dict[Strategy, float]] = {"paper_2": {"I": 0.984, "II": 0.986}}
"""What the paper prints of five fused models (end of Section IV); of Scenario I it prints no number."""

MOST_NAMES = 30
"""Models that have room for a name below an axis; more are counted."""

WHOSE = {
    "shared": "the same for all",
    "split": "of which each verifier has a part of her own",
    "private": "each verifier's own",
}
"""Who measures on which images, by ``verifiers.data``."""


def figure_numbers(record: RunRecord) -> tuple[int, int]:
    """Return which of the paper's figures show local and fused accuracy for this kind of task.

    Figures 6 and 7 belong to Scenario I, where contributors design their own networks; Figures 8 and 9 to
    Scenario II, where the initiator recommends one.
    """
    return (6, 7) if record.scenario.task.network is None else (8, 9)


def figure_local_accuracy(records: Sequence[RunRecord], task: str | None = None) -> Figure:
    """Draw each contributor's accuracy on its own verification images (Figure 6 or 8).

    Args:
        records: One run, or runs of one scenario with different seeds: then the mean with its 95 % interval.
        task: The name of the task whose models to draw; absent, the first.

    Raises:
        InputError: The records do not belong together, or there is no such task.
    """
    records = of_one_task(records, task)
    found: dict[str, list[Row]] = {}
    for record in records:
        for row in sorted(contributed_models(record), key=lambda row: _natural(row["contributor"])):
            found.setdefault(row["contributor"], []).append(row)
    members = records[0].scenario.contributors.members
    images = " or ".join(f"{one:,}" for one in sorted({one.settings.verification for one in members}))
    figure, axes = new_figure(
        _title(records[0], 0, "Local accuracy"),
        f"{_which(records)}\n"
        f"Each contributor's own model on its own {images} verification images{_how(records)}"
        f"{drawn_line(records[0].scenario)}",
    )
    edges: list[float] = []
    for place, models in enumerate(found.values()):
        values = [row["local_accuracy"] for row in models]
        mean = estimate(values)
        edges += _edges(mean)
        if mean.half_width is not None:
            axes.plot([place - 0.1] * len(values), values, "o", color=BLUE, alpha=0.35, markersize=5, mew=0)
        hollow = not any(row["announced"] for row in models)
        axes.errorbar(
            [place],
            [mean.mean],
            yerr=mean.rate_bars,
            fmt="D" if hollow else "o",
            color=BLUE,
            markerfacecolor="white" if hollow else BLUE,
            markersize=9,
            capsize=5,
            clip_on=False,
            zorder=3,
        )
        text = f"{100 * mean.mean:.1f}" if len(found) <= MOST_NAMES else ""
        axes.annotate(
            text, (place, mean.mean), (8, 0), textcoords="offset points", fontsize=SMALL, va="center"
        )
    axes.plot([], [], "o", color=BLUE, markersize=9, label="announced")
    if not all(any(row["announced"] for row in models) for models in found.values()):
        axes.plot([], [], "D", color=BLUE, markerfacecolor="white", markersize=9, label="never announced")
        legend_below(axes)
    shown = [row["local_accuracy"] for models in found.values() for row in models]
    percent_axis(axes, [*shown, *edges], "local accuracy")
    _places(axes, [number_of(name) for name in found])
    axes.set_xlabel("computing contributor", fontsize=NORMAL)
    return figure


def figure_fused_accuracy(records: Sequence[RunRecord], task: str | None = None) -> Figure:
    """Draw the average evaluation accuracy after each fusion by Strategies I and II (Figure 7 or 9).

    Args:
        records: One run: the panel's mean, each verifier as a faint dot. Several runs of one scenario with
            different seeds: the mean over runs with its 95 % interval, each run as a faint dot.
        task: The name of the task whose models to draw; absent, the first.

    Raises:
        InputError: The records do not belong together, or there is no such task.
    """
    records = of_one_task(records, task)
    terms = records[0].scenario.task
    orders = [announced_models(record) for record in records]
    verifiers = records[0].scenario.verifiers
    images = verifiers.verification
    figure, axes = new_figure(
        _title(records[0], 1, "Accuracy of the fused model"),
        f"{_which(records)}\n{images:,} verification images, {WHOSE[verifiers.data]}{_dots(records)}"
        f"{drawn_line(records[0].scenario)}",
    )
    shown: list[float] = []
    for strategy, color, marker, shift in STRATEGIES:
        points, dots = _points(records, orders, strategy)
        if not points:
            continue
        for place, values in dots.items():
            axes.plot(
                [place + 1.9 * shift] * len(values),
                values,
                marker,
                color=color,
                alpha=0.4,
                markersize=4,
                mew=0,
            )
        means = {place: estimate(values) for place, values in points.items()}
        axes.errorbar(
            [place + shift for place in means],
            [one.mean for one in means.values()],
            yerr=_bars(list(means.values())),
            fmt=f"-{marker}" if strategy == "I" else f"--{marker}",
            color=color,
            markersize=8,
            linewidth=1.8,
            capsize=4,
            label=f"Strategy {strategy}{' (voted on)' if strategy == terms.strategy else ''}",
            zorder=3,
        )
        shown += [edge for one in means.values() for edge in _edges(one)]
        shown += [value for values in dots.values() for value in values]
    measured = bool(shown)
    for strategy, color, _, shift in STRATEGIES:
        printed = IN_THE_PAPER.get(records[0].scenario.name, {}).get(strategy)
        if measured and printed is not None and any(len(order) == 5 for order in orders):
            label = f"paper, Strategy {strategy}: {percent(printed)}"
            axes.plot([4 + 2.4 * shift], [printed], "*", color=color, markersize=12, label=label)
            shown.append(printed)
    if terms.fitness == "accuracy":
        axes.axhline(terms.mafr, color=INK, linestyle=":", linewidth=1.5, label=f"MAFR {percent(terms.mafr)}")
        shown.append(terms.mafr)
    percent_axis(axes, shown, "average evaluation accuracy")
    _places(axes, _tick_texts(records, orders))
    if not measured:
        axes.text(0.5, 0.5, _nothing(records[0], orders), transform=axes.transAxes, ha="center", color=GREY)
    else:
        legend_below(axes)
    axes.set_xlabel("computing contributors of the fused models, in order of announcement", fontsize=NORMAL)
    return figure


def _nothing(record: RunRecord, orders: list[list[Row]]) -> str:
    """Say why no fused accuracy can be shown."""
    if record.scenario.task.fitness == "standalone":
        return "each model is measured alone, so nothing was fused"
    return "no model was measured" if any(orders) else "no model was announced"


def _edges(mean: Estimate) -> list[float]:
    """Return the ends of an estimate's interval, or the mean itself."""
    below, above = mean.rate_bars or ([0.0], [0.0])
    return [mean.mean - below[0], mean.mean + above[0]]


def _bars(means: list[Estimate]) -> list[list[float]] | None:
    """Return the intervals of several estimates as matplotlib wants them: lengths below, lengths above."""
    bars = [mean.rate_bars or ([0.0], [0.0]) for mean in means]
    if all(mean.half_width is None for mean in means):
        return None
    return [[below[0] for below, _ in bars], [above[0] for _, above in bars]]


def _points(
    records: Sequence[RunRecord], orders: list[list[Row]], strategy: str
) -> tuple[dict[int, list[float]], dict[int, list[float]]]:
    """Return by place in the order of announcement: a panel mean per run, and the faint dots behind it."""
    column = f"fused_accuracy_{strategy}"
    points: dict[int, list[float]] = {}
    dots: dict[int, list[float]] = {}
    for record, models in zip(records, orders, strict=True):
        places = {model["model_id"]: place for place, model in enumerate(models)}
        for model in models:
            if model[column] is not None:
                points.setdefault(places[model["model_id"]], []).append(model[column])
        for row in rows(record, "evaluations") if len(records) == 1 else ():
            if row[column] is not None:
                dots.setdefault(places[row["model_id"]], []).append(row[column])
    return points, dots or {place: values for place, values in points.items() if len(records) > 1}


def _tick_texts(records: Sequence[RunRecord], orders: list[list[Row]]) -> list[str]:
    """Name the fused models at each place; runs that differ there are named by their place alone."""
    texts: list[set[str]] = [set() for _ in range(max(map(len, orders), default=0))]
    for record, models in zip(records, orders, strict=True):
        for place, model in enumerate(models):
            if len(records) == 1 and model[f"fused_accuracy_{record.scenario.task.strategy}"] is None:
                texts[place].add(f"{number_of(model['contributor'])}\nnot measured")
                continue
            fused = [*base_of(record, models, model["model_id"]), model]
            names = _those_fused(record, fused)
            outcome = model["outcome"] or "open"
            texts[place].add(
                names if outcome == "Rewarded" or len(records) > 1 else f"{names}\n{outcome.lower()}"
            )
    return [
        found.pop() if len(found) == 1 else f"{place}. model" for place, found in enumerate(texts, start=1)
    ]


def _those_fused(record: RunRecord, fused: list[Row]) -> str:
    """Return the numbers of who is fused; members of groups have names, of which only the newest has room."""
    newest = fused[-1]["contributor"]
    if record.scenario.contributors.groups:
        return newest if len(fused) == 1 else f"+ {newest}"
    return numbers(row["contributor"] for row in fused)


def _places(axes: Axes, texts: list[str]) -> None:
    if len(texts) > MOST_NAMES:
        axes.xaxis.set_major_locator(MaxNLocator(10, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda place, _: f"{place + 1:.0f}"))
        axes.set_xlim(-1, len(texts))
        return
    crowded = sum(map(len, texts)) > 75
    axes.set_xticks(
        range(len(texts)), texts, rotation=45 if crowded else 0, ha="right" if crowded else "center"
    )
    axes.set_xlim(-0.5, max(len(texts), 1) - 0.35)


def _title(record: RunRecord, which: int, what: str) -> str:
    number = figure_numbers(record)[which]
    scenario = {"paper_1": "I", "paper_2": "II"}.get(record.scenario.name)
    if scenario is not None:
        return f"Figure {number} of {PAPER}, Scenario {scenario} – ours"
    return f"{what}, as in Figure {number} of {PAPER}"


def _which(records: Sequence[RunRecord]) -> str:
    runs = "" if len(records) == 1 else f", n = {len(records)} runs"
    scenario = records[0].scenario
    recipe = "" if scenario.recipe == "plain" else f", recipe {scenario.recipe}"
    return f"Scenario {scenario.name}{recipe}{task_text(records[0])}, {seeds_text(records)}{runs}"


def _how(records: Sequence[RunRecord]) -> str:
    return (
        ""
        if len(records) == 1
        else ";\nmeans with 95 % intervals (Student's t, cut at 100 %), each run a faint dot"
    )


def _dots(records: Sequence[RunRecord]) -> str:
    if len(records) > 1:
        return ";\nmeans over runs with 95 % intervals (Student's t, cut at 100 %), each run a faint dot"
    verifiers = records[0].scenario.verifiers.panel
    return f"; mean of a panel of {verifiers}, each verifier a faint dot"


def _natural(name: str) -> tuple[int, str]:
    number = number_of(name)
    return (int(number) if number.isdigit() else 0, name)
