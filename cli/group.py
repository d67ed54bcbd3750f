"""The group that every command joins, the arguments that several share, and how a command ends early."""

import sys
from pathlib import Path
from typing import NoReturn

import rich_click as click

from .. import __version__
from ..errors import InputError

RUNS = Path("runs")

a_path = click.Path(path_type=Path)
scenario_argument = click.argument("scenario", metavar="SCENARIO")
overrides_argument = click.argument("overrides", metavar="[KEY=VALUE]...", nargs=-1)
folder_argument = click.argument("folder", metavar="DIR", type=a_path)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
seed_option = click.option(
    "--seed", type=int, help="Seed of every draw; same seed, same digest.  [default: the scenario's]"
)
workers_option = click.option(
    "--workers", type=click.IntRange(1, 64), help="Learning processes.  [default: one per core]"
)


class Commands(click.RichGroup):
    """Commands that Ctrl-C ends with one line."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:  # click would first print an empty line
            stop(with_notes("stopped; no record was written", error), 130)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="verifuse")
def cli() -> None:
    """Markets in which strangers train a model together, on a real smart contract.

    Start with `verifuse list`, then `verifuse run quick` for a market of seconds, or `verifuse run paper_2`
    for the paper's second scenario. Results go to standard output, progress to standard error; the exit
    status is 0 when done, 1 when the run failed, 2 when the input was wrong, 130 when it was stopped.
    """


def write_out(path: Path, content: bytes) -> None:
    """Write what ``--out`` asks for.

    Raises:
        InputError: It cannot be written there.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise InputError("--out", str(path), f"a file that can be written ({error.strerror})") from None


def stop(reason: str, status: int) -> NoReturn:
    """End with one line on standard error."""
    print(f"verifuse: {' '.join(reason.split())}", file=sys.stderr)
    sys.exit(status)


def with_notes(reason: str, error: BaseException) -> str:
    """Add what was noted on an error to its reason."""
    return "; ".join([reason, *getattr(error, "__notes__", ())])
