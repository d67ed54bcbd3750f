"""What a sweep costs: ``python benchmarks/sweep.py [SWEEP] [KEY=VALUE]... [--workers N] [--seeds N]``.

Four measurements of one sweep, in CPU seconds of all processes together and in wall seconds:

* *cold*: the sweep from nothing, with an empty cache, worker processes and their imports included;
* *learning alone*: every different training and head fit that its runs ask for, each once, one after the
  other in one process without any market; cold divided by it says what the sweep adds;
* *warm*: the sweep into another folder, after models, features and heads exist; every run executes its whole
  chain and writes a full record;
* *Mesa's batch_run* over the same model with the same cache, which keeps no record and cannot be resumed.

The last lines say what a million such runs would take. Unless ``--kept FOLDER`` names a folder, everything is
in a temporary one.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mesa
import pyarrow.parquet as pq

from verifuse.agents import Market
from verifuse.learning import (
    FusionJob,
    FusionResult,
    TrainingJob,
    TrainingResult,
    Workbench,
    worker_environment,
)
from verifuse.learning.results import fusion_key, training_key
from verifuse.storage import ModelStore
from verifuse.sweeps import Plan, load_sweep


@dataclass(frozen=True)
class Cost:
    """CPU seconds of a process and its children, and wall seconds."""

    cpu: float
    wall: float


def cost_of(command: list[str], environment: dict[str, str]) -> Cost:
    """Run a command to its end and return what it took, its workers included."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, env={**os.environ, **environment}, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, time.perf_counter() - began)


class Recorder(Workbench):
    """A workbench that remembers every different training and fusion it was asked for."""

    def __init__(self, cache: Path):
        super().__init__(1, cache, inside=True)
        self.trainings: dict[str, TrainingJob] = {}
        self.fusions: dict[str, FusionJob] = {}

    def train_all(self, jobs: Any) -> "list[Future[TrainingResult]]":
        """Train, and remember."""
        self.trainings |= {training_key(job): job for job in jobs}
        return super().train_all(jobs)

    def fuse(self, job: FusionJob) -> "Future[list[FusionResult]]":
        """Fuse, and remember."""
        self.fusions.setdefault(fusion_key(job), job)
        return super().fuse(job)


def learn_alone(sweep: list[str], warm: Path, fresh: Path) -> None:
    """Compute once, into a fresh cache, all that a sweep's runs ask for; prints CPU seconds and counts."""
    recorder = Recorder(warm)
    with tempfile.TemporaryDirectory() as folder:
        for number, run in enumerate(Plan(load_sweep(sweep[0], sweep[1:])).runs()):
            assert run.scenario is not None, "the benchmark is for sweeps without failures"
            store = ModelStore(Path(folder) / str(number))
            market = Market(run.scenario, store=store, workbench=recorder)
            market.run()
            market.close()
    began = time.process_time()
    with Workbench(1, fresh, inside=True) as bench:
        for job in recorder.trainings.values():
            bench.train(job).result()
        for job in recorder.fusions.values():
            bench.fuse(job).result()
    print(time.process_time() - began, len(recorder.trainings), len(recorder.fusions))


def batch_run(sweep: list[str], cache: Path) -> None:
    """Run all points with Mesa's own ``batch_run``; prints CPU seconds and runs."""
    runs = list(Plan(load_sweep(sweep[0], sweep[1:])).runs())
    bench = Workbench(1, cache, inside=True)

    class Point(mesa.Model):
        """A market as a model that one step runs to its end."""

        def __init__(self, number: int, rng: int | None = None):
            super().__init__(rng=rng)
            self.number = number
            self.datacollector = mesa.DataCollector({"rewarded": lambda model: model.rewarded})
            self.rewarded = 0

        def step(self) -> None:
            """Run the whole market."""
            scenario = runs[self.number].scenario
            assert scenario is not None
            with tempfile.TemporaryDirectory() as folder:
                market = Market(scenario, store=ModelStore(folder), workbench=bench)
                market.run()
                self.rewarded = sum(model.is_rewarded for model in market.web.models.values())
                market.close()
            self.datacollector.collect(self)
            self.running = False

    began = time.process_time()
    parameters: Any = {"number": range(len(runs))}
    rows = mesa.batch_run(Point, parameters, number_processes=1, display_progress=False)
    print(time.process_time() - began, len({row["number"] for row in rows}))


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sweep", nargs="?", default="contributors_vs_mafr")
    parser.add_argument("changes", nargs="*", metavar="KEY=VALUE")
    parser.add_argument("--workers", default="2")
    parser.add_argument("--seeds")
    parser.add_argument("--kept", type=Path, help="folder in which caches and results stay")
    parser.add_argument("--inside", choices=["learning", "mesa"], help=argparse.SUPPRESS)
    parser.add_argument("--caches", nargs=2, type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    sweep = [given.sweep, *given.changes]
    if given.inside == "learning":
        learn_alone(sweep, *given.caches)
    elif given.inside == "mesa":
        batch_run(sweep, given.caches[0])
    elif given.kept:
        given.kept.mkdir(parents=True, exist_ok=True)
        measure(given, given.kept)
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure(given, Path(folder))


def measure(given: argparse.Namespace, folder: Path) -> None:
    """Do the four measurements."""
    seeds = ["--seeds", given.seeds] if given.seeds else []
    command = [sys.executable, "-m", "verifuse", "sweep", given.sweep, *given.changes, *seeds]
    command += ["--workers", given.workers, "--out"]
    cache, fresh = folder / "cache", folder / "fresh"
    shared = {"VERIFUSE_CACHE": str(cache)}

    cold = cost_of([*command, str(folder / "cold")], shared)
    warm = cost_of([*command, str(folder / "warm")], shared)
    rows = pq.read_table(folder / "warm" / "timings.parquet").to_pylist()
    runs, per_run = len(rows), sum(row["cpu_seconds"] for row in rows) / len(rows)
    same = (folder / "cold/results.parquet").read_bytes() == (folder / "warm/results.parquet").read_bytes()

    written = folder / "sweep.toml"
    written.write_text((folder / "warm/sweep.toml").read_text("utf-8"), "utf-8")
    this = [sys.executable, __file__, str(written), "--caches", str(cache), str(fresh), "--inside"]
    alone, trainings, fits = said([*this, "learning"], worker_environment(fresh))
    by_mesa, _ = said([*this, "mesa"], worker_environment(cache))

    print(f"{given.sweep}: {runs} runs, {trainings:.0f} trainings and {fits:.0f} fusions in them")
    print(f"{'':<36}{'CPU s':>10}{'a run':>9}{'wall s':>10}")
    table: list[tuple[str, float, float | None]] = [
        (f"cold, {given.workers} workers", cold.cpu, cold.wall),
        ("learning alone, one process", alone, None),
        (f"warm, {given.workers} workers", warm.cpu, warm.wall),
        ("warm, without starting workers", per_run * runs, None),
        ("Mesa's batch_run, warm, one process", by_mesa, None),
    ]
    for name, cpu, wall in table:
        print(f"{name:<36}{cpu:>10.1f}{cpu / runs:>9.2f}" + (f"{wall:>10.1f}" if wall else ""))
    print(f"cold is {cold.cpu / alone:.2f} times the learning in it; both tables are the same bytes: {same}")
    days = warm.cpu / runs * 1e6 / 86400
    size = sum(path.stat().st_size for path in {file_of(path): path for path in files(folder)}.values())
    print(f"records: {size / runs / 1e3:,.0f} kB a run, {len(files(folder)) / runs:.0f} files a run")
    print(f"a million warm runs: {days:.1f} CPU days, {1e6 * size / runs / 1e12:.2f} TB;")
    print(f"on 1,000 cores {days * 24 / 1000:.1f} hours, if the chain is all that they do")


def said(command: list[str], environment: dict[str, str]) -> tuple[float, ...]:
    """Return the numbers that a command prints in its last line."""
    done = subprocess.run(
        command, env={**os.environ, **environment}, check=True, stdout=subprocess.PIPE, text=True
    )
    return tuple(map(float, done.stdout.splitlines()[-1].split()))


def files(folder: Path) -> list[Path]:
    """Return all files of the warm sweep's records."""
    return [path for path in (folder / "warm" / "runs").rglob("*") if path.is_file()]


def file_of(path: Path) -> Any:
    """Return what hard links to one file have in common."""
    return path.stat().st_ino


if __name__ == "__main__":
    main()
