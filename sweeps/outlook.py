"""What a sweep would do: its runs, what they train, and how long that may take."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from ..agents import Market
from ..errors import VerifuseError
from ..learning import TrainingJob, TrainingResult, Workbench
from ..learning.results import training_key
from ..scenarios import Scenario
from ..storage import ModelStore
from .places import Results
from .plan import Plan, Run

RUNS_LOOKED_INTO = 2000


class _Asked(Exception):
    """What a market wants trained, before anything is."""

    def __init__(self, jobs: Sequence[TrainingJob]):
        self.jobs = jobs


class _Listener(Workbench):
    """A workbench that trains nothing but tells what it was asked for first."""

    def train_all(self, jobs: Sequence[TrainingJob]) -> "list[Future[TrainingResult]]":
        raise _Asked(jobs)


def trainings_of(scenario: Scenario, cache: Path) -> list[str]:
    """Return the address of each training that a run begins with; none if it cannot be opened."""
    if scenario.learning == "surrogate":
        return []
    with tempfile.TemporaryDirectory() as folder, _Listener(1, cache) as listener:
        try:
            market = Market(scenario, store=ModelStore(Path(folder)), workbench=listener)
        except VerifuseError:
            return []
        try:
            market.run()
        except _Asked as asked:
            return [training_key(job, grouped=listener.grouped) for job in asked.jobs]
        finally:
            market.close()
    return []


@dataclass(frozen=True)
class Outlook:
    """What a part of a sweep consists of.

    Attributes:
        runs: All of its runs with ``done``, ``failed`` or ``None``; with ``until``, those it begins with.
        trainings: Different models that the missing runs train.
        trainings_known: How many of them are in the cache.
        looked_into: Missing runs of which that is known; the first ones of a large sweep.
        run_seconds: Mean wall-clock seconds of the finished runs, if there are any.
    """

    runs: Sequence[tuple[Run, str | None]]
    trainings: int
    trainings_known: int
    looked_into: int
    run_seconds: float | None

    @property
    def missing(self) -> int:
        """Runs that are still to be run."""
        return sum(state is None and run.refusal is None for run, state in self.runs)

    @property
    def refused(self) -> int:
        """Runs whose values make no scenario."""
        return sum(run.refusal is not None for run, _ in self.runs)

    def seconds(self, workers: int) -> float | None:
        """Return the seconds that the missing runs may take, by the finished ones."""
        return None if self.run_seconds is None else self.missing * self.run_seconds / workers


def outlook(plan: Plan, folder: Results, cache: Path, part: tuple[int, int] = (1, 1)) -> Outlook:
    """Look at what a sweep would do, and do nothing."""
    folder.look()
    runs = [(run, folder.state(run.name, fresh=False)) for run in plan.runs(part)]
    missing = [run for run, state in runs if state is None and run.scenario][:RUNS_LOOKED_INTO]
    alike = {_without_what_trains_nothing(run.scenario): run.scenario for run in missing if run.scenario}
    with Workbench(1, cache) as bench:
        keys = {key for scenario in alike.values() for key in trainings_of(scenario, cache)}
        known = sum(bench.knows(key) for key in keys)
    seconds = list(_seconds(folder, runs))
    return Outlook(runs, len(keys), known, len(missing), fmean(seconds) if seconds else None)


def _without_what_trains_nothing(scenario: Scenario) -> str:
    """Return a scenario's settings but for those that change no training, so that not every run is opened."""
    table = scenario.model_dump(mode="json")
    for name in ("chain", "costs", "fusion", "oracle"):
        table.pop(name, None)
    table["task"].pop("mafr", None)
    return json.dumps(table, sort_keys=True, default=str)


def _seconds(folder: Results, runs: Sequence[tuple[Run, str | None]]) -> Iterator[float]:
    for run, state in runs:
        if state == "done":
            yield folder.read(run.name, "manifest.json")["wall_seconds"]
