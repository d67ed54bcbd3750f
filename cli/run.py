"""Run a market, or go on with one that stopped."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from .group import (
    RUNS,
    a_path,
    cli,
    folder_argument,
    json_option,
    overrides_argument,
    scenario_argument,
    seed_option,
    workers_option,
)
from .results import report_on

if TYPE_CHECKING:
    from ..agents import Market
    from ..scenarios import RunRecord


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
@click.option(
    "--checkpoint",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Keep how far it is, every so many simulated seconds, so that `verifuse resume` can go on however"
    " the run is stopped.",
)
@workers_option
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
    checkpoint: float | None,
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
    from .. import display
    from ..scenarios import free_folder, load, named, run_scenario
    from ..serving import Service

    if pause_at is not None and not serve:
        raise click.UsageError("--pause-at needs --serve, or nobody could look at the market meanwhile")
    changes = [*overrides, *([f"chain.name={json.dumps(chain)}"] if chain is not None else [])]
    wanted = load(scenario, changes, seed=seed)
    folder = out or free_folder(wanted, RUNS)
    with named(scenario, changes), display.Watch() as watch:
        service = Service(watch.say, pause_at=pause_at) if serve else None

        def start(market: "Market") -> None:
            for line in wanted.without_effect:
                print(f"verifuse: {line}", file=sys.stderr)
            if service is not None:
                service.begin(market)
            watch.follow(market)

        def end(record: "RunRecord") -> None:
            watch.stop()
            _show_run(record, with_report=with_report, as_json=as_json)
            if service is not None:
                service.stay()

        run_scenario(wanted, folder, workers=workers, checkpoint=checkpoint, on_start=start, on_end=end)


@cli.command()
@folder_argument
@workers_option
def resume(folder: Path, workers: int | None) -> None:
    """Continue a run that was stopped, if it had checkpoints or ran on somebody else's node.

    DIR ends in `.unfinished`. The market is played again up to where it was, with what it has learnt, and
    goes on; on a node, nothing is sent twice. The record is the one of a run that was never stopped.
    """
    from .. import display
    from ..scenarios import resume_scenario

    with display.Watch() as watch:
        record = resume_scenario(folder, workers=workers, on_start=watch.follow)
    display.show_run(record)


def _show_run(record: "RunRecord", *, with_report: bool, as_json: bool) -> None:
    from .. import display

    page = report_on((record.path,), None) if with_report else None
    if as_json:
        result = {"record": str(record.path), "manifest": record.manifest, "summary": record.summary}
        print(json.dumps(result | ({"report": str(page.page)} if page else {}), indent=2), flush=True)
        return
    display.show_run(record)
    if page:
        display.show_report(page)
