"""Run a sweep, or say what it would do."""

import json
import re
import sys
from typing import TYPE_CHECKING

import rich_click as click

from ..errors import InputError
from .group import RUNS, cli, json_option, overrides_argument, stop, with_notes

if TYPE_CHECKING:
    from ..sweeps import Engine, Plan, Progress, Results

LISTED = 20


@cli.command()
@click.argument("file", metavar="[FILE]", default="")
@overrides_argument
@click.option("--out", metavar="DIR", help="Folder of the results.  [default: runs/NAME]")
@click.option("--workers", type=click.IntRange(1, 4096), help="Worker processes.  [default: one per core]")
@click.option("--seeds", type=click.IntRange(min=1), help="How many seeds.  [default: the sweep's]")
@click.option("--part", metavar="I/N", default="1/1", help="Only part I of N, such as of a job array.")
@click.option("--retry-failed", is_flag=True, help="Run again what failed before.")
@click.option("--no-gather", is_flag=True, help="Leave the table to a later sweep, as in all parts but one.")
@click.option("--dry-run", is_flag=True, help="List the runs and what they train; run nothing.")
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Where runs are computed: processes of this machine, or a Ray cluster.",
)
@click.option("--address", metavar="ADDRESS", help="With --engine ray: of the cluster.  [default: auto]")
@click.option("--cpus", type=float, help="With --engine ray: CPUs of a run.  [default: 1]")
@click.option("--gpus", type=float, help="With --engine ray: GPU share of a run.  [default: 0]")
@json_option
def sweep(
    file: str,
    overrides: tuple[str, ...],
    out: str | None,
    workers: int | None,
    seeds: int | None,
    part: str,
    retry_failed: bool,
    no_gather: bool,
    dry_run: bool,
    engine: str,
    address: str | None,
    cpus: float | None,
    gpus: float | None,
    as_json: bool,
) -> None:
    """Run many markets: every point of a sweep with every seed, each once.

    FILE is a shipped sweep's name or the path of a TOML file; without one, the shipped sweeps are listed.
    KEY=VALUE changes the scenario of all points.

    Run it again and it goes on where it was stopped, in whatever way; so it does when several are run at once
    on one folder. Failed runs are kept as data in DIR/failed; they do not change the exit status unless all
    fail. The table of all runs is DIR/results.parquet.
    """
    from ..sweeps import Plan, Progress, load_sweep, open_results, run_sweep, shipped_sweeps

    if not file:
        for name in shipped_sweeps():
            print(f"{name}: {' '.join(load_sweep(name).description.split())}")
        return
    wanted = load_sweep(file, overrides, seeds=seeds)
    where = out or str(RUNS / wanted.name)
    which = _part(part)
    if dry_run:
        _show_outlook(Plan(wanted), open_results(where), which, workers, as_json=as_json)
        return
    from .progress import SweepWatch

    progress = Progress()
    try:
        with SweepWatch(progress):
            swept = run_sweep(
                wanted,
                where,
                engine=_engine(engine, workers, address, cpus, gpus),
                part=which,
                retry_failed=retry_failed,
                collect=not no_gather,
                progress=progress,
            )
    except KeyboardInterrupt as error:
        stop(with_notes("stopped; finished runs are kept, and the same command goes on", error), 130)
    if as_json:
        print(json.dumps({"results": swept.results, "rows": swept.rows, **_counts(progress)}, indent=2))
    else:
        print(swept.folder if no_gather else swept.results)
    if progress.failed and progress.failed == progress.total:
        stop("every run failed", 1)


def _counts(progress: "Progress") -> dict[str, float]:
    return {
        "runs": progress.total,
        "there_before": progress.known,
        "done": progress.done,
        "ran": progress.ran,
        "failed": progress.failed,
        "cpu_seconds": round(progress.cpu_seconds, 3),
    }


def _part(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise InputError("part", text, "part I of N as I/N, with I from 1 to N")
    return int(found[1]), int(found[2])


def _engine(
    name: str, workers: int | None, address: str | None, cpus: float | None, gpus: float | None
) -> "Engine":
    from ..storage import cache_folder
    from ..sweeps import LocalEngine

    if name == "ray":
        from ..sweeps.on_ray import RayEngine

        return RayEngine(
            address or "auto", cache_folder(), cpus=1.0 if cpus is None else cpus, gpus=gpus or 0.0
        )
    for option, value in (("--address", address), ("--cpus", cpus), ("--gpus", gpus)):
        if value is not None:
            raise InputError(option, value, "only with --engine ray")
    return LocalEngine(workers, cache_folder())


def _show_outlook(
    plan: "Plan", folder: "Results", part: tuple[int, int], workers: int | None, *, as_json: bool
) -> None:
    from loky import cpu_count

    from ..storage import cache_folder
    from ..sweeps import outlook
    from .progress import duration

    found = outlook(plan, folder, cache_folder(), part)
    seconds = found.seconds(workers or cpu_count())
    if as_json:
        told = [
            {"run": run.name, "seed": run.seed, "state": state, **run.values} for run, state in found.runs
        ]
        counts = {"trainings": found.trainings, "trainings_known": found.trainings_known, "seconds": seconds}
        print(json.dumps({"runs": told, **counts}, indent=2, default=str))
        return
    for run, state in found.runs[:LISTED]:
        values = ", ".join(f"{key} = {value}" for key, value in run.values.items())
        refused = f"refused: {run.refusal}" if run.refusal else state or "to be run"
        print(f"{run.name}  seed {run.seed}  {values}  {refused}")
    if len(found.runs) > LISTED:
        print(f"… and {len(found.runs) - LISTED} more")
    more = " at first; the results decide how many follow" if plan.sweep.until else ""
    refused = f", {found.refused} refused" if found.refused else ""
    runs = f"{len(found.runs)} run{'' if len(found.runs) == 1 else 's'}"
    print(f"{runs}{more}, {found.missing} to be run{refused}.")
    looked = "" if found.looked_into == found.missing else f" of the first {found.looked_into}"
    print(f"Trainings in those{looked}: {found.trainings}, of which {found.trainings_known} are known.")
    if seconds is not None:
        print(f"By the runs that are there, it takes {duration(seconds)}.")
    elif found.missing:
        print("How long it takes can be told when the first runs are there.", file=sys.stderr)
