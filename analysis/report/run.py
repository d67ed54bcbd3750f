"""The page that tells a run, or several with different seeds, to somebody who was not there."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from ...scenarios import RunRecord
from ..figures import (
    figure_fused_accuracy,
    figure_local_accuracy,
    figure_numbers,
    figure_payments,
    figure_standalone_accuracy,
    figure_timeline,
)
from ..series import same_scenario
from ..tables import accounts, contributors, verifiers
from .content import content_of
from .files import Drawing, Report, Table, check_folder, draw, write_report_files
from .shown import shown


def write_report(records: Sequence[RunRecord], out: Path) -> Report:
    """Write figures and a page into a folder; an earlier report there is replaced.

    Everything is made before the first file is written, and each file appears whole; the page comes last.

    Args:
        records: One run, or runs of one scenario with different seeds.
        out: The folder; made if it is not there.

    Raises:
        InputError: The records do not belong together or are damaged, or ``out`` cannot be a folder.
    """
    ordered = same_scenario(records)
    check_folder(out)
    drawn = [drawing for name in ordered[0].task_names for drawing in _of_one_task(ordered, name)]
    drawn += [
        draw("payments", "What each role gained or paid, net of gas", figure_payments(ordered)),
        draw("timeline", "Who did what when in simulated time", figure_timeline(ordered[0])),
    ]
    tables = [_table(ordered, kind) for kind in (contributors, verifiers, accounts)]
    return write_report_files(out, "report.html", content_of(ordered), drawn, tables)


def _table(records: Sequence[RunRecord], kind: Callable[[RunRecord], pd.DataFrame]) -> Table:
    """Return a table of ``analysis.tables`` of all runs, with their seeds."""
    frames = [(record.manifest["seed"], kind(record)) for record in records]
    for seed, frame in frames:
        frame.insert(0, "seed", seed)
    exact = pd.concat([frame for _, frame in frames], ignore_index=True)
    return Table(kind.__name__, kind.__name__.capitalize(), exact, shown(exact))


def _of_one_task(records: Sequence[RunRecord], name: str) -> list[Drawing]:
    """Draw accuracies of one task; where there are several, the files' names end in its own."""
    one = records[0].of_task(name)
    local, fused = figure_numbers(one)
    which = "" if one.task is None else f"_{name}"
    drawn = [
        draw(
            f"figure_{local}_local_accuracy{which}",
            "Accuracy of each contributor's own model on its own verification images",
            figure_local_accuracy(records, name),
            name,
        )
    ]
    if one.scenario.task.fitness == "standalone":
        text = "What panels measured of each model alone, on the labels that it declares"
        figure = figure_standalone_accuracy(records, name)
        return [*drawn, draw(f"standalone_accuracy{which}", text, figure, name)]
    text = "Average evaluation accuracy as more and more models are fused"
    figure = figure_fused_accuracy(records, name)
    return [*drawn, draw(f"figure_{fused}_fused_accuracy{which}", text, figure, name)]
