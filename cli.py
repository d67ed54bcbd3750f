"""The command line: what to do stands here, how it looks stands in ``display``.

Each command imports what it needs when it runs, so that ``--help`` answers at once.
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import NoArgsIsHelpError

from . import __version__
from .errors import InputError, VerifuseError

if TYPE_CHECKING:
    from .agents import Market
    from .analysis import Report
    from .scenarios import RunRecord

RUNS = Path("runs")

a_path = click.Path(path_type=Path)
scenario_argument = click.argument("scenario", metavar="SCENARIO")
overrides_argument = click.argument("overrides", metavar="[KEY=VALUE]...", nargs=-1)
folder_argument = click.argument("folder", metavar="DIR", type=a_path)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
seed_option = click.option(
    "--seed", type=int, help="Seed of every draw; same seed, same digest.  [default: the scenario's]"
)


class Commands(click.RichGroup):
    """Commands that Ctrl-C ends with one line."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:  # click would first print an empty line
            _stop(_with_notes("stopped; no record was written", error), 130)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="verifuse")
def cli() -> None:
    """Markets in which strangers train a model together, on a real smart contract.

    Start with `verifuse list`, then `verifuse run quick` for a market of seconds, or `verifuse run paper_2`
    for the paper's second scenario. Results go to standard output, progress to standard error; the exit
    status is 0 when done, 1 when the run failed, 2 when the input was wrong, 130 when it was stopped.
    """


@cli.command()
@scenario_argument
@overrides_argument
@seed_option
@click.option("--out", type=a_path, help="Folder of the run record.  [default: a new one in runs/]")
@click.option(
    "--chain",
    metavar="NAME|URL",
    help="'tester' (py-evm inside this process), 'anvil' (foundry's node, started for the run), or the URL or"
    " socket path of a running node.  [default: the scenario's]",
)
@click.option("--serve", is_flag=True, help="Let others reach the run's node, also afterwards, until Ctrl-C.")
@click.option(
    "--pause-at",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="With --serve: let the market stand still at this simulated second until you press Enter.",
)
@click.option("--workers", type=click.IntRange(1, 64), help="Learning processes.  [default: one per core]")
@click.option("--report", "with_report", is_flag=True, help="Also write the report with its figures.")
@json_option
def run(
    scenario: str,
    overrides: tuple[str, ...],
    seed: int | None,
    out: Path | None,
    chain: str | None,
    serve: bool,
    pause_at: float | None,
    workers: int | None,
    with_report: bool,
    as_json: bool,
) -> None:
    """Run a market: train, announce, fuse, vote, pay; leave a run record.

    SCENARIO is a shipped name (see `verifuse list`) or the path of a TOML file. KEY=VALUE changes settings,
    such as `task.mafr=0.9 contributors.count=3`; `verifuse show SCENARIO` prints all of them.

    Trained models, features and fusion heads are remembered, so that a next run with the same seed and data
    takes seconds.
    """
    from . import display
    from .scenarios import free_folder, load, run_scenario
    from .serving import Service

    if pause_at is not None and not serve:
        raise click.UsageError("--pause-at needs --serve, or nobody could look at the market meanwhile")
    changes = [*overrides, *([f"chain.name={json.dumps(chain)}"] if chain is not None else [])]
    wanted = load(scenario, changes, seed=seed)
    folder = out or free_folder(wanted, RUNS)
    for line in wanted.without_effect:
        print(f"verifuse: {line}", file=sys.stderr)
    with display.Watch() as watch:
        service = Service(watch.say, pause_at=pause_at) if serve else None

        def start(market: "Market") -> None:
            if service is not None:
                service.begin(market)
            watch.follow(market)

        def end(record: "RunRecord") -> None:
            watch.stop()
            _show_run(record, with_report=with_report, as_json=as_json)
            if service is not None:
                service.stay()

        run_scenario(wanted, folder, workers=workers, on_start=start, on_end=end)


@cli.command()
@folder_argument
@click.option("--workers", type=click.IntRange(1, 64), help="Learning processes.  [default: one per core]")
def resume(folder: Path, workers: int | None) -> None:
    """Continue a run that lost its node, or that was stopped while it ran on one.

    DIR ends in `.unfinished`. It remembers what the node answered: the market is played again up to there,
    without sending anything twice, and goes on.
    """
    from . import display
    from .scenarios import resume_scenario

    with display.Watch() as watch:
        record = resume_scenario(folder, workers=workers, on_start=watch.follow)
    display.show_run(record)


@cli.command()
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=a_path)
@click.option("--out", type=a_path, help="Folder of the report.  [default: report/ in the first DIR]")
def report(folders: tuple[Path, ...], out: Path | None) -> None:
    """Write an HTML page with the paper's figures.

    DIR is a run's folder; several runs of one scenario with different seeds give means with intervals.
    """
    from . import display

    display.show_report(_report(folders, out))


@cli.command()
@folder_argument
@click.argument("who", metavar="WHO")
def why(folder: Path, who: str) -> None:
    """Tell one participant's story: what it did, who judged it by which rule, what it was paid.

    WHO is a name such as contributor-3, verifier-1, initiator or oracle, or an address.
    """
    from .analysis import tell
    from .scenarios import read_record

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
@json_option
def predict(folder: Path, images: tuple[Path, ...], held_out: int, as_json: bool) -> None:
    """Ask the integrated model that the initiator fused from the rewarded models.

    IMAGE is a picture of one digit: PNG, JPEG and the like. Dark ink on a light ground is inverted, and a
    picture of another size is cropped and centred as the training images were.
    """
    from . import display
    from .analysis import predict as ask
    from .scenarios import read_record

    predictions = ask(read_record(folder), images, held_out=held_out)
    if as_json:
        print(json.dumps([vars(prediction) for prediction in predictions], indent=2))
    else:
        display.show_predictions(predictions)


@cli.command()
@click.argument("name", metavar="[NAME]", default="")
@overrides_argument
@click.option("--out", type=a_path, default=RUNS / "studies", show_default=True, help="Folder of the page.")
@click.option("--workers", type=click.IntRange(1, 64), help="Learning processes.  [default: one per core]")
def study(name: str, overrides: tuple[str, ...], out: Path, workers: int | None) -> None:
    """Answer a question that takes many markets or trainings, on a page with tables and figures.

    Without a NAME, list the studies. KEY=VALUE changes a study's settings, such as `seeds=[1,2,3]`. What was
    trained before is remembered, so that a study that was stopped goes on where it was.
    """
    from . import display
    from .learning import Workbench
    from .studies import STUDIES, run_study, write_page

    if not name:
        display.show_studies(STUDIES)
        return
    with Workbench(workers) as bench:
        findings = run_study(name, overrides, bench, lambda line: print(line, file=sys.stderr, flush=True))
    for path in write_page(findings, out, name):
        print(path)


@cli.command(name="list")
def list_scenarios() -> None:
    """List the scenarios that come with Verifuse."""
    from . import display
    from .scenarios import load, shipped

    display.show_scenarios([load(name) for name in shipped()])


@cli.command()
@scenario_argument
@overrides_argument
@seed_option
@json_option
def show(scenario: str, overrides: tuple[str, ...], seed: int | None, as_json: bool) -> None:
    """Print a scenario with its defaults filled in, as TOML; what is not set is named in comments.

    Save it under a name of your own, change it, and run it: `verifuse show paper_2 > mine.toml`.
    """
    from .scenarios import load, to_toml

    wanted = load(scenario, overrides, seed=seed)
    if as_json:
        print(json.dumps(wanted.resolved().model_dump(mode="json"), indent=2))
        return
    print(to_toml(wanted).rstrip())
    own, resolved = (one.model_dump(mode="json") for one in (wanted, wanted.resolved()))
    unset = [
        (f"{table}.{key}", resolved[table][key])
        for table, settings in own.items()
        if isinstance(settings, dict)
        for key, value in settings.items()
        if value is None
    ]
    print("\n# These follow from the rest unless you set them:")
    for key, value in unset:
        if value is not None:
            print(f"# {key} = {json.dumps(value)}")
    print(f"# Not set: {', '.join(key for key, value in unset if value is None)}.")
    for line in wanted.without_effect:
        print(f"# {line}.")


def _show_run(record: "RunRecord", *, with_report: bool, as_json: bool) -> None:
    from . import display

    page = _report((record.path,), None) if with_report else None
    if as_json:
        result = {"record": str(record.path), "manifest": record.manifest, "summary": record.summary}
        print(json.dumps(result | ({"report": str(page.page)} if page else {}), indent=2), flush=True)
        return
    display.show_run(record)
    if page:
        display.show_report(page)


def _report(folders: tuple[Path, ...], out: Path | None) -> "Report":
    from .analysis import write_report
    from .scenarios import read_record

    records = [read_record(folder) for folder in folders]
    return write_report(records, out or records[0].path / "report")


def main() -> None:
    """Run the command line: exit status 0 done, 1 the run failed, 2 the input was wrong."""
    try:
        cli(standalone_mode=False)
    except NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        sys.exit(2)
    except click.ClickException as error:
        _stop(error.format_message(), 2)
    except InputError as error:
        _stop(str(error), 2)
    except (click.Abort, KeyboardInterrupt) as error:
        _stop(_with_notes("stopped; no record was written", error), 130)
    except VerifuseError as error:
        _stop(_with_notes(str(error), error), 1)
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:
        _stop(f"{error.strerror}: {error.filename or 'output'}", 1)


def _with_notes(reason: str, error: BaseException) -> str:
    return "; ".join([reason, *getattr(error, "__notes__", ())])


def _stop(reason: str, status: int) -> None:
    print(f"verifuse: {' '.join(reason.split())}", file=sys.stderr)
    sys.exit(status)
