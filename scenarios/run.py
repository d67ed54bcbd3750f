"""Run a scenario and leave a record: a whole one, or none."""

import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..agents import Market
from ..errors import InputError
from ..learning import Workbench
from ..storage import ModelStore
from .record import RunRecord, read_record, write_record
from .schema import Scenario
from .summary import summarise
from .tables import tabulate


def run_scenario(
    scenario: Scenario,
    out: str | Path,
    *,
    workers: int | None = None,
    cache: Path | None = None,
    on_start: Callable[[Market], None] | None = None,
) -> RunRecord:
    """Run a scenario to its end.

    Args:
        scenario: What to run.
        out: Folder of the record; it must not exist yet, or be empty.
        workers: Worker processes for learning; by default one per core.
        cache: Folder in which trained models, features and heads are remembered; by default the user's.
        on_start: Called with the market before simulated time begins, to watch it.

    Returns:
        The record, complete on disk.

    Raises:
        InputError: The folder is taken, or the scenario asks for what cannot be had; nothing is written.
    """
    out, scenario = Path(out), scenario.resolved()
    check_free(out)
    started = time.perf_counter()
    with Workbench(workers=workers, cache=cache) as workbench, _partial_folder(out) as (partial, prepare):
        # Nothing is on disk yet: a scenario that is refused here has written nothing.
        market = Market(
            scenario, store=ModelStore(partial / "store"), workbench=workbench, title=scenario.title
        )
        try:
            prepare()
            if on_start is not None:
                on_start(market)
            market.run()
            tables = tabulate(market)
            summary = summarise(market, tables)
            write_record(partial, scenario, tables, summary, wall_seconds=time.perf_counter() - started)
        finally:
            market.close()
    return read_record(out)


@contextmanager
def _partial_folder(out: Path) -> Iterator[tuple[Path, Callable[[], None]]]:
    """Give a hidden folder beside ``out`` and the call that makes it; it becomes ``out``, or goes."""
    partial = out.parent / f".{out.name}.{uuid.uuid4().hex[:8]}"
    made = [folder for folder in (out.parent, *out.parent.parents) if not folder.exists()]

    def prepare() -> None:
        try:
            partial.mkdir(parents=True)
        except OSError as error:
            raise InputError("out", str(out), f"a place that can be written ({error.strerror})") from None

    try:
        yield partial, prepare
        check_free(out)  # another run may have taken it meanwhile
        if out.exists():
            out.rmdir()
        partial.replace(out)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        raise


def check_free(out: Path) -> None:
    """Refuse a folder that holds something, so that no earlier record is lost.

    Raises:
        InputError: The folder exists and is not empty, or is a file.
    """
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise InputError("out", str(out), "a folder that does not exist yet, or is empty")
    for parent in out.absolute().parents:
        if parent.exists():
            if not parent.is_dir():
                raise InputError("out", str(out), f"a folder; {parent} is a file")
            return


def free_folder(scenario: Scenario, root: Path) -> Path:
    """Return a folder below ``root`` that is not taken, named by scenario and seed."""
    name = f"{scenario.name}-seed{scenario.seed}"
    candidates = (root / (name if number == 1 else f"{name}-{number}") for number in range(1, 1_000_000))
    return next(path for path in candidates if not path.exists())
