"""Studies of many markets: a sweep is run, or gone on with, and its books are read."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pandas as pd
import pyarrow.parquet as pq
from pydantic import Field

from ...analysis.incentives import Books, keep_books
from ...analysis.series import NOT_TRAINED
from ...errors import InputError
from ...learning import Workbench
from ...scenarios import Scenario, read_record
from ...sweeps import LocalEngine, Plan, Progress, Sweep, load_sweep, run_sweep
from ...sweeps.folder import RESULTS, RUNS
from ..settings import Seed, StudySettings
from ..waiting import LINES


class MarketSettings(StudySettings):
    """Base of the settings of a study of many markets, whose sweep is in ``scenarios/studies/``.

    Attributes:
        seeds: One run of each point each; by default as many as the sweep says.
        overrides: ``key=value`` texts that change the scenario of all points.
        records: Folder of the sweeps' folders; runs that are there already are not run again.
    """

    seeds: tuple[Seed, ...] = Field(default=())
    overrides: tuple[str, ...] = ()
    records: Annotated[str, Field(min_length=1)] = "runs/studies"


@dataclass(frozen=True, eq=False)
class Markets:
    """The runs of one sweep.

    Attributes:
        sweep: What was run.
        books: All incentive figures of the runs.
        runs: The sweep's table, a row a run.
        trained: Whether models were trained; else accuracies were drawn from curves.
    """

    sweep: Sweep
    books: Books
    runs: pd.DataFrame
    trained: bool

    @property
    def setting(self) -> str:
        """What was run and how to run it alone, a paragraph in Markdown."""
        seeds = len(set(self.runs["seed"]))
        points = len(set(self.runs["point"]))
        drawn = "" if self.trained else f" {NOT_TRAINED}; the chain is the real one."
        return (
            f"{' '.join(self.sweep.description.split())}{drawn}\n\n{len(self.runs)} runs: {points} settings "
            f"with {seeds} seeds each. `verifuse sweep {self.sweep.name}` runs them alone, and "
            "`verifuse report` on its folder shows every figure and table of them. Intervals are at 95 %, "
            "over seeds unless it is said otherwise."
        )


def run_markets(
    name: str, settings: MarketSettings, bench: Workbench, tell: Callable[[str], None]
) -> Markets:
    """Run what is missing of a sweep, and read its books.

    Args:
        name: The sweep's.
        settings: What is changed in it, and where its runs are.
        bench: Says with how many workers, and where what is trained is remembered.
        tell: Gets a line now and then about how far it is.

    Raises:
        InputError: A setting cannot be used, or a run failed.
    """
    sweep = load_sweep(name, settings.overrides, seeds=list(settings.seeds) or None)
    folder = Path(settings.records) / sweep.name
    swept = run_sweep(
        sweep,
        folder,
        engine=LocalEngine(bench.workers, bench.cache_folder),
        cache=bench.cache_folder,
        tell=lambda progress: _tell(sweep.name, progress, tell),
    )
    if swept.progress.failed:
        allowed = f"runs that do not fail; {folder / 'failed'} says why these did"
        raise InputError(f"study {name}", f"{swept.progress.failed} failed runs", allowed)
    runs = pq.read_table(folder / RESULTS).to_pandas()
    first = read_record(folder / RUNS / str(runs["run"][0]))
    return Markets(sweep, keep_books(folder), runs, first.scenario.learning != "surrogate")


def _tell(name: str, progress: Progress, tell: Callable[[str], None]) -> None:
    done, total = progress.total - progress.left, progress.total
    if done * LINES // total > (done - 1) * LINES // total:
        tell(f"{name}: {done} of {total} runs")


def last_scenario(markets: Markets) -> Scenario:
    """Return the scenario of a sweep's last point, in which nothing is switched off."""
    *_, last = Plan(markets.sweep).runs()
    assert last.scenario is not None, "it was run"
    return last.scenario
