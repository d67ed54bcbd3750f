"""What a run or a sweep came to: its report, its people's stories, and what its model predicts."""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from ..errors import InputError
from .group import a_path, cli, folder_argument, json_option

if TYPE_CHECKING:
    from ..analysis import Report


@cli.command()
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=a_path)
@click.option("--out", type=a_path, help="Folder of the report.  [default: report/ in the first DIR]")
def report(folders: tuple[Path, ...], out: Path | None) -> None:
    """Write an HTML page that tells what came out, with figures and tables beside it.

    DIR is a run's folder, or a sweep's; several runs of one scenario with different seeds give means with
    intervals. Figures are written as PNG and SVG, tables as CSV and LaTeX.
    """
    from .. import display

    display.show_report(report_on(folders, out))


@cli.command()
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=a_path)
@click.option("--out", type=a_path, help="Folder of the page.  [default: compare/ in the first DIR]")
@json_option
def compare(folders: tuple[Path, ...], out: Path | None, as_json: bool) -> None:
    """Set runs or sweeps side by side: differences to the first, paired by seed, with 95 % intervals.

    Runs that differ in their seed only count as one side; of a single sweep, its points are compared with
    the first. It is refused where no seed is common.
    """
    from .. import display
    from ..analysis.comparison import compare as differences_of
    from ..analysis.comparison import sides_of
    from ..analysis.report.compare import shown_differences, write_comparison

    sides = sides_of(folders)
    differences = differences_of(sides)
    command = shlex.join(["verifuse", "compare", *map(str, folders)])
    page = write_comparison(sides, out or folders[0] / "compare", command)
    if as_json:
        print(differences.to_json(orient="records", indent=2))
    else:
        display.show_texts("Differences to the first, paired by seed", shown_differences(differences))
        display.show_report(page)


@cli.command()
@folder_argument
@click.argument("who", metavar="WHO")
def why(folder: Path, who: str) -> None:
    """Tell one participant's story: what it did, who judged it by which rule, what it was paid.

    WHO is a name such as contributor-3, verifier-1, initiator or oracle, or an address.
    """
    from ..analysis import tell
    from ..scenarios import read_record

    for line in tell(read_record(folder), who):
        print(line)


@cli.command()
@folder_argument
@click.argument("images", metavar="[IMAGE]...", nargs=-1, type=a_path)
@click.option(
    "--held-out",
    type=click.IntRange(0, 10_000),
    default=0,
    help="Also tell this many images that nobody trained or voted on.",
)
@click.option("--task", help="Ask this task's model.  [default: the first task's]")
@json_option
def predict(folder: Path, images: tuple[Path, ...], held_out: int, task: str | None, as_json: bool) -> None:
    """Ask the integrated model that the initiator fused from the rewarded models.

    IMAGE is a picture of one digit: PNG, JPEG and the like. Dark ink on a light ground is inverted, and a
    picture of another size is cropped and centred as the training images were.
    """
    from .. import display
    from ..analysis import predict as ask
    from ..scenarios import read_record

    predictions = ask(read_record(folder), images, held_out=held_out, task=task)
    if as_json:
        print(json.dumps([vars(prediction) for prediction in predictions], indent=2))
    else:
        display.show_predictions(predictions)


def report_on(folders: tuple[Path, ...], out: Path | None) -> "Report":
    """Write the report on a sweep or on some records, by default beside the first."""
    from ..analysis import write_report, write_sweep_report
    from ..analysis.incentives.source import is_sweep
    from ..scenarios import read_record

    sweeps = [folder for folder in folders if is_sweep(folder)]
    if sweeps:
        if len(folders) > 1:
            raise InputError("DIR", " ".join(map(str, folders)), "one sweep; verifuse compare takes several")
        return write_sweep_report(sweeps[0], out or sweeps[0] / "report")
    records = [read_record(folder) for folder in folders]
    return write_report(records, out or records[0].path / "report")
