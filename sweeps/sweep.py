"""Run a sweep from its file to its table."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..storage import cache_folder
from .conduct import Progress, conduct
from .engines import Engine, LocalEngine
from .folder import RESULTS
from .gather import gather
from .load import to_toml
from .places import Results, open_results
from .plan import Plan
from .schema import Sweep


@dataclass(frozen=True)
class Swept:
    """What a sweep came to.

    Attributes:
        folder: Where it lies.
        progress: What was run, and what was there before.
        rows: Runs in ``results.parquet``, those of other parts included.
    """

    folder: Results
    progress: Progress
    rows: int

    @property
    def results(self) -> str:
        """Where the gathered table is."""
        return f"{self.folder}/{RESULTS}"


def run_sweep(
    sweep: Sweep,
    out: str | Path,
    *,
    workers: int | None = None,
    cache: Path | None = None,
    engine: Engine | None = None,
    part: tuple[int, int] = (1, 1),
    retry_failed: bool = False,
    collect: bool = True,
    progress: Progress | None = None,
    tell: Callable[[Progress], None] = lambda progress: None,
) -> Swept:
    """Run what is missing of a sweep, and gather its table.

    Run again, it goes on where it was stopped, in whatever way. Several processes may do so at once on one
    folder: each run is done by one of them.

    Args:
        sweep: What to run.
        out: The folder of its results, or any URL that fsspec can open.
        workers: Worker processes; by default one per core.
        cache: Folder in which trained models, features and heads are remembered; by default the user's.
        engine: Where runs are computed, in place of ``workers``; it is closed at the end.
        part: Which share of the runs, ``(i, n)`` for part i of n, such as in a job array.
        retry_failed: Whether runs that failed before are run again.
        collect: Whether the table is gathered in the end; of many parts, one may do that for all.
        progress: Where to keep count, to watch it from another thread.
        tell: Called after every run.

    Raises:
        InputError: The sweep makes no scenario, or the folder cannot be used; nothing has run.
        DiskFull: There is no room for more results; what is there stays, and counts when it is run again.
    """
    number, parts = part
    if not 1 <= number <= parts:
        raise InputError("part", f"{number}/{parts}", "part i of n as i/n, with i from 1 to n")
    plan = Plan(sweep)
    folder = open_results(out)
    cache = cache or cache_folder()
    engine = engine or LocalEngine(workers, cache)
    progress = progress or Progress()
    earlier = folder.begin(to_toml(sweep))
    if earlier:
        progress.notes.append(
            f"{out} was filled by another sweep, kept as {earlier}: its runs stay in runs/, and the table "
            "will have those of this one"
        )
    try:
        progress = conduct(
            plan,
            folder,
            engine,
            cache,
            part=part,
            retry_failed=retry_failed,
            progress=progress,
            tell=tell,
        )
    finally:
        engine.close()
        folder.clean()
    return Swept(folder, progress, gather(plan, folder) if collect else 0)
