"""What a run came to: its report, its people's stories, and what its model predicts."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from .group import a_path, cli, folder_argument, json_option

if TYPE_CHECKING:
    from ..analysis import Report


@cli.command()
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=a_path)
@click.option("--out", type=a_path, help="Folder of the report.  [default: report/ in the first DIR]")
def report(folders: tuple[Path, ...], out: Path | None) -> None:
    """Write an HTML page with the paper's figures.

    DIR is a run's folder; several runs of one scenario with different seeds give means with intervals.
    """
    from .. import display

    display.show_report(report_on(folders, out))


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
    """Write the report on some records, by default beside the first."""
    from ..analysis import write_report
    from ..scenarios import read_record

    records = [read_record(folder) for folder in folders]
    return write_report(records, out or records[0].path / "report")
