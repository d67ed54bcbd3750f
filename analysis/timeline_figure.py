"""One run along simulated time: who worked, who waited, and what the chain did when."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MultipleLocator

from ..scenarios import RunRecord
from .chronicle import answering_time
from .drawing import BLUE, GREEN, GREY, INK, NORMAL, ORANGE, PALE, PINK, SKY, SMALL, new_figure
from .people import clock
from .rows import Row, events, rows
from .series import drawn_line, seeds_text

MAX_ROWS = 40
STEPS = (
    ("ModelAnnounced", "announced", "^", BLUE, -0.25),
    ("PanelDrawn", "panel drawn", "D", GREEN, 0.25),
    ("EvaluationsRequested", "oracle asked", "o", PINK, -0.25),
    ("ModelSettled", "settled", "s", ORANGE, 0.0),
    ("Withdrawn", "paid out", "*", INK, 0.25),
)
"""Kinds of events with name, marker, colour and place in the row, so that none hides the next."""
TICKS = (60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)


def figure_timeline(record: RunRecord) -> Figure:
    """Draw one run: bars for training, waiting and evaluating; markers for what was mined, with its blocks.

    Contributors come first, then planted tests, then verifiers; of more than 40 the rest is left out, and
    the figure says so.
    """
    people = [
        row
        for role in ("contributor", "planter", "verifier")
        for row in rows(record, "participants")
        if row["role"].split(" and ")[0] == role
    ]
    shown = people[:MAX_ROWS]
    happened = events(record)
    end = max([record.summary["simulated_seconds"], 1.0])
    cut = _last_activity(record, happened) * 1.06
    is_cut = cut < 0.75 * end
    left_out = f"; the first {MAX_ROWS} of {len(people)} participants" if len(people) > MAX_ROWS else ""
    span = cut if is_cut else end
    several = len(record.task_names) > 1
    beside = (
        "the first and last block of its markers" if several else "the blocks of its markers, in their order"
    )
    tail = f"\n{_tail(happened, span)}" if is_cut else ""
    figure, axes = new_figure(
        "The run along simulated time",
        f"Scenario {record.scenario.name}, {seeds_text([record])}{left_out}\n"
        f"Beside each name: {beside}{tail}{drawn_line(record.scenario)}",
        height=2.4 + 0.42 * len(shown) + (0.15 if tail else 0),
    )
    happened = [event for event in happened if event["time"] <= span]
    labels = []
    trainings: dict[str, list[Row]] = {}
    for row in rows(record, "models"):
        trainings.setdefault(row["contributor"], []).append(row)
    windows = _answering_times(record)
    for place, person in enumerate(shown):
        if person["role"] != "verifier":
            blocks = _contributor(axes, place, person, trainings.get(person["name"], []), happened)
        else:
            blocks = _verifier(axes, place, person, windows, record, happened)
        if several and blocks:  # there is no room for those of many models
            blocks = sorted({min(blocks), max(blocks)})
        between = "–" if several else " · "
        labels.append("\n".join([person["name"], *([between.join(map(str, blocks))] if blocks else [])]))
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlim(0, span)
    axes.xaxis.set_major_locator(MultipleLocator(next((t for t in TICKS if span / t <= 8), 604_800)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: clock(x)))
    axes.set_xlabel("simulated time (h:mm:ss)", fontsize=NORMAL)
    axes.grid(axis="x", color=PALE, linewidth=0.8)
    axes.tick_params(axis="y", length=0)
    figure.legend(handles=_legend(), loc="outside lower center", ncols=5, fontsize=SMALL, frameon=False)
    return figure


def _contributor(axes: Axes, place: int, person: Row, trainings: list[Row], happened: list[Row]) -> list[int]:
    if not trainings:
        return []
    own = [_model(axes, place, person, training, happened) for training in trainings]
    paid = [
        event for event in happened if event["event"] == "Withdrawn" and event["account"] == person["account"]
    ]
    if not any(training["model_id"] is not None for training in trainings):
        return []
    return _markers(axes, place, [*(event for events in own for event in events), *paid])


def _model(axes: Axes, place: int, person: Row, training: Row, happened: list[Row]) -> list[Row]:
    """Draw the bars of one model and return the events about it."""
    started, finished = training["training_started"], training["training_finished"]
    if started is None:  # a planted test: who announces it trained nothing
        finished = training["time"]
    else:
        axes.barh(place, finished - started, left=started, height=0.5, color=BLUE, alpha=0.55)
    if training["model_id"] is None:
        axes.annotate(
            "never announced",
            (finished, place),
            (6, 0),
            textcoords="offset points",
            fontsize=SMALL,
            color=GREY,
            va="center",
        )
        return []
    own = [event for event in happened if event.get("model_id") == training["model_id"]]
    settled = training["settled_time"] if training["settled_time"] is not None else person["time"]
    drawn = next((event["time"] for event in own if event["event"] == "PanelDrawn"), settled)
    axes.barh(place, drawn - finished, left=finished, height=0.16, color=GREY, alpha=0.6)
    axes.barh(place, settled - drawn, left=drawn, height=0.34, color=SKY, alpha=0.6)
    return own


def _answering_times(record: RunRecord) -> dict[int, int]:
    """Return the seconds that a panel has, by the number of the task; 0 for a stranger's."""
    names = {row["name"]: row["task_id"] for row in rows(record, "tasks")}
    return {
        names[task.name]: answering_time(task) for task in record.scenario.task_list if task.name in names
    }


def _verifier(
    axes: Axes, place: int, person: Row, windows: dict[int, int], record: RunRecord, happened: list[Row]
) -> list[int]:
    measured = {
        row["model_id"]: row["time"]
        for row in rows(record, "timeline")
        if row["who"] == person["name"] and row["kind"] == "measured"
    }
    for drawn in happened:
        if drawn["event"] != "PanelDrawn" or person["account"] not in drawn["panel"]:
            continue
        start, window = drawn["time"], windows.get(drawn["task_id"], 0)
        axes.barh(place, window, left=start, height=0.34, color=SKY, alpha=0.6)
        done = measured.get(drawn["model_id"])
        if done is not None:
            axes.barh(place, done - start, left=start, height=0.5, color=BLUE, alpha=0.55)
    paid = [
        event for event in happened if event["event"] == "Withdrawn" and event["account"] == person["account"]
    ]
    return _markers(axes, place, paid)


def _markers(axes: Axes, place: int, own: list[Row]) -> list[int]:
    """Draw events and return the blocks that hold them."""
    kinds = {kind: (marker, color, shift) for kind, _, marker, color, shift in STEPS}
    shown = [event for event in own if event["event"] in kinds]
    for event in shown:
        marker, color, shift = kinds[event["event"]]
        size = 10 if marker == "*" else 6
        axes.plot(
            event["time"], place + shift, marker, color=color, markersize=size, mec="white", mew=0.7, zorder=3
        )
    return [event["block"] for event in shown]


def _tail(happened: list[Row], span: float) -> str:
    """Say what was mined after the part that is shown."""
    words = {
        "TaskClosed": "last task closed" if _tasks(happened) > 1 else "task closed",
        "Withdrawn": "last pay-out",
    }
    last = {event["event"]: event for event in happened if event["time"] > span and event["event"] in words}
    parts = [f"{words[kind]} {clock(event['time'])} (block {event['block']})" for kind, event in last.items()]
    return f"Later: {', '.join(parts)}" if parts else "Nothing was mined later"


def _tasks(happened: list[Row]) -> int:
    return sum(event["event"] == "TaskPosted" for event in happened)


def _last_activity(record: RunRecord, happened: list[Row]) -> float:
    """Return when the last training, measurement or settlement was over."""
    times = [event["time"] for event in happened if event["event"] == "ModelSettled"]
    times += [row["training_finished"] or row["time"] for row in rows(record, "models")]
    return max(times, default=0.0) + record.scenario.chain.slot_seconds


def _legend() -> list[Patch | Line2D]:
    bars = [
        Patch(color=BLUE, alpha=0.55, label="training, measuring"),
        Patch(color=SKY, alpha=0.6, label="evaluation open"),
        Patch(color=GREY, alpha=0.6, label="waiting"),
    ]
    markers = [
        Line2D(
            [], [], marker=marker, color=color, linestyle="", markersize=9 if marker == "*" else 6, label=text
        )
        for _, text, marker, color, _ in STEPS
    ]
    return [*bars, *markers]
