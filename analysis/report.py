"""One page that tells a run, or several with different seeds, to somebody who was not there."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from ..errors import InputError
from ..scenarios import RunRecord
from ..storage.files import write_atomically
from .drawing import png
from .figures import (
    figure_fused_accuracy,
    figure_local_accuracy,
    figure_numbers,
    figure_payments,
    figure_standalone_accuracy,
    figure_timeline,
)
from .report_content import content_of
from .series import same_scenario


@dataclass(frozen=True)
class Report:
    """Where a report lies.

    Attributes:
        page: The HTML page, which holds its figures and needs no other file.
        figures: The same figures as PNG files.
    """

    page: Path
    figures: tuple[Path, ...]


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
    _check_folder(out)
    drawn = [drawing for name in ordered[0].task_names for drawing in _of_one_task(ordered, name)]
    drawn += [
        Drawing(
            None, "payments.png", png(figure_payments(ordered)), "What each role gained or paid, net of gas"
        ),
        Drawing(
            None, "timeline.png", png(figure_timeline(ordered[0])), "Who did what when in simulated time"
        ),
    ]
    figures = [
        {"task": one.task, "name": one.name, "text": one.text, "data": b64encode(one.content).decode()}
        for one in drawn
    ]
    template = resources.files("verifuse.analysis").joinpath("templates", "report.html").read_text("utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.from_string(template).render(content_of(ordered), figures=figures)
    page = page.replace(" %", "\N{NO-BREAK SPACE}%")  # a number and its unit stay on one line

    for one in drawn:
        write_atomically(out / one.name, one.content)
    write_atomically(out / "index.html", page.encode())
    return Report(out / "index.html", tuple(out / one.name for one in drawn))


@dataclass(frozen=True)
class Drawing:
    """A figure as PNG, with its file's name and what it shows; ``task`` is ``None`` if it is of all tasks."""

    task: str | None
    name: str
    content: bytes
    text: str


def _of_one_task(records: Sequence[RunRecord], name: str) -> list[Drawing]:
    """Draw accuracies of one task; where there are several, the files' names end in its own."""
    one = records[0].of_task(name)
    local, fused = figure_numbers(one)
    which = "" if one.task is None else f"_{name}"
    drawn = [
        Drawing(
            name,
            f"figure_{local}_local_accuracy{which}.png",
            png(figure_local_accuracy(records, name)),
            "Accuracy of each contributor's own model on its own verification images",
        )
    ]
    if one.scenario.task.fitness == "standalone":
        text = "What panels measured of each model alone, on the labels that it declares"
        content = png(figure_standalone_accuracy(records, name))
        return [*drawn, Drawing(name, f"standalone_accuracy{which}.png", content, text)]
    text = "Average evaluation accuracy as more and more models are fused"
    content = png(figure_fused_accuracy(records, name))
    return [*drawn, Drawing(name, f"figure_{fused}_fused_accuracy{which}.png", content, text)]


def _check_folder(out: Path) -> None:
    nearest = next(path for path in (out.absolute(), *out.absolute().parents) if path.exists())
    if not nearest.is_dir():
        raise InputError("out", str(out), f"a folder; the file {nearest.name} is in the way")
