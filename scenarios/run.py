"""Run a scenario and leave a record: a whole one, or none."""

import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from ..agents import Market
from ..chain import ChainUnreachable
from ..errors import InputError
from ..learning import Surrogate, Workbench, curves_of
from ..storage import ModelStore
from .checkpoints import FILE as CHECKPOINTS
from .checkpoints import Checkpoints
from .load import load
from .record import RunRecord, keep_files, read_record, write_record
from .schema import Scenario, to_toml
from .summary import summarise
from .tables import tabulate

SCENARIO = "scenario.toml"
UNFINISHED = ".unfinished"
HOUR = 3600.0


def run_scenario(
    scenario: Scenario,
    out: str | Path,
    *,
    workers: int | None = None,
    cache: Path | None = None,
    workbench: Workbench | None = None,
    shared_store: Path | None = None,
    keep_store: bool = True,
    resume: bool = False,
    checkpoint: float | None = None,
    on_start: Callable[[Market], None] | None = None,
    on_end: Callable[[RunRecord], None] | None = None,
) -> RunRecord:
    """Run a scenario to its end.

    Args:
        scenario: What to run.
        out: Folder of the record; it must not exist yet, or be empty.
        workers: Worker processes for learning; by default one per core.
        cache: Folder in which trained models, features and heads are remembered; by default the user's.
        workbench: Where models are trained and fused, in place of ``workers`` and ``cache``; it stays open.
        shared_store: Folder of a store that the record's own links its files from; see ``ModelStore``.
        keep_store: Whether the record keeps the models and the sample; without them it is some hundred kB.
        resume: Whether an unfinished run into ``out`` is continued; else it is refused.
        checkpoint: Simulated seconds between checkpoints; with them, a run that is stopped in whatever way
            leaves a folder beside ``out`` from which ``resume_scenario`` continues it.
        on_start: Called with the market before simulated time begins, to watch it.
        on_end: Called when the record is on disk, before the chain is given back.

    Returns:
        The record, complete on disk.

    Raises:
        InputError: The folder is taken, or the scenario asks for what cannot be had; nothing is written.
        ChainUnreachable: The node is gone. A run on a node that somebody else runs leaves a folder beside
            ``out`` from which ``resume_scenario`` continues it; so does one that is interrupted.
    """
    out, scenario = Path(out), scenario.resolved()
    check_free(out)
    started, worked = time.perf_counter(), time.process_time()
    with ExitStack() as at_the_end:
        with (
            _unfinished(scenario, out, resume=resume, checkpoint=checkpoint) as unfinished,
            _learning(scenario, workbench, workers, cache) as bench,
            _partial_folder(out) as (partial, prepare),
        ):
            # Nothing is on disk yet: a scenario that is refused here has written nothing.
            market = Market(
                scenario,
                store=ModelStore(partial / "store", shared=shared_store),
                workbench=bench,
                title=scenario.title,
                chain_journal=unfinished.journal,
            )
            at_the_end.callback(market.close)
            prepare()
            keep_files(partial, scenario)
            if on_start is not None:
                on_start(market)
            if unfinished.checkpoints is not None:
                market.each_slot.append(unfinished.checkpoints)
            market.run()
            tables = tabulate(market)
            summary = summarise(market, tables)
            if not keep_store:
                shutil.rmtree(partial / "store", ignore_errors=True)
            write_record(
                partial,
                scenario,
                tables,
                summary,
                wall_seconds=time.perf_counter() - started,
                cpu_seconds=time.process_time() - worked,
            )
        record = read_record(out)
        if on_end is not None:
            on_end(record)
    return record


def resume_scenario(
    folder: str | Path,
    *,
    workers: int | None = None,
    cache: Path | None = None,
    on_start: Callable[[Market], None] | None = None,
) -> RunRecord:
    """Continue a run that lost its node, or that was stopped with checkpoints; see ``run_scenario``.

    Args:
        folder: What the run left, named as its record with ``.unfinished`` behind.
        workers: Worker processes for learning; by default one per core.
        cache: Folder in which trained models, features and heads are remembered; by default the user's.
        on_start: Called with the market before simulated time begins, to watch it.

    Raises:
        InputError: The folder is no such thing, the node is not on the chain that the run began on, or the
            run that goes on is not the same.
        ChainUnreachable: The node is still gone.
    """
    folder = Path(folder)
    if not folder.exists():
        raise InputError("folder", str(folder), "a folder that an unfinished run left; there is none")
    if folder.suffix != UNFINISHED or not (folder / SCENARIO).is_file():
        raise InputError(
            "folder", str(folder), f"a folder that an unfinished run left; its name ends in {UNFINISHED}"
        )
    scenario, out = load(str(folder / SCENARIO)), folder.with_suffix("")
    for killed in out.parent.glob(f".{out.name}.*"):  # had no time to clean up
        shutil.rmtree(killed, ignore_errors=True)
    return run_scenario(scenario, out, workers=workers, cache=cache, resume=True, on_start=on_start)


def _learning(
    scenario: Scenario, workbench: Workbench | None, workers: int | None, cache: Path | None
) -> AbstractContextManager[Workbench | Surrogate]:
    if scenario.learning == "surrogate":
        return Surrogate(curves_of(scenario.data.set, scenario.recipe), cache)
    return nullcontext(workbench) if workbench else Workbench(workers=workers, cache=cache)


@dataclass(frozen=True)
class _Unfinished:
    """What a run keeps until it is over, so that it can go on: a node's answers, or checkpoints."""

    journal: Path | None = None
    checkpoints: Checkpoints | None = None


@contextmanager
def _unfinished(
    scenario: Scenario, out: Path, *, resume: bool, checkpoint: float | None
) -> Iterator[_Unfinished]:
    folder = out.with_name(out.name + UNFINISHED)
    is_on_a_node = scenario.chain.is_running_node
    if checkpoint is not None:
        _check(checkpoint, is_on_a_node=is_on_a_node)
    if folder.exists() and not resume:
        allowed = f"another folder, as a run into it is unfinished; continue with: verifuse resume {folder}"
        raise InputError("out", str(out), allowed)
    if not (is_on_a_node or checkpoint is not None or resume):
        yield _Unfinished()
        return
    known, journal = folder / SCENARIO, folder / "node.jsonl"
    made = _absent_parents(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not resume:
            known.write_text(to_toml(scenario), encoding="utf-8")
        if is_on_a_node:
            yield _Unfinished(journal=journal)
        else:
            yield _Unfinished(checkpoints=Checkpoints(folder / CHECKPOINTS, checkpoint or HOUR))
    except BaseException as error:
        # What a node's run failed for, other than the node, would fail again; a full disk would not.
        may = ChainUnreachable | KeyboardInterrupt if is_on_a_node else BaseException
        is_refused = isinstance(error, InputError)
        can_go_on = (
            isinstance(error, may) and not is_refused and (not is_on_a_node or _has_something(journal))
        )
        if can_go_on:
            error.add_note(f"continue with: verifuse resume {folder}")
        elif not resume:
            _forget(folder, made)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def _check(checkpoint: float, *, is_on_a_node: bool) -> None:
    if is_on_a_node:
        allowed = "left out on a running node, where a run can be continued without"
        raise InputError("checkpoint", checkpoint, allowed)
    if not 0 < checkpoint < float("inf"):  # nor is nan
        raise InputError("checkpoint", checkpoint, "a number of simulated seconds above 0")


@contextmanager
def _partial_folder(out: Path) -> Iterator[tuple[Path, Callable[[], None]]]:
    """Give a hidden folder beside ``out`` and the call that makes it; it becomes ``out``, or goes."""
    partial = out.parent / f".{out.name}.{uuid.uuid4().hex[:8]}"
    made = _absent_parents(out)

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
        _forget(partial, made)
        raise


def _has_something(file: Path) -> bool:
    return file.exists() and file.stat().st_size > 0


def _absent_parents(path: Path) -> list[Path]:
    return [folder for folder in path.parents if not folder.exists()]


def _forget(folder: Path, made: list[Path]) -> None:
    """Delete a folder and those made for it, as far as nobody else has put something into them."""
    shutil.rmtree(folder, ignore_errors=True)
    for parent in made:
        with suppress(OSError):
            parent.rmdir()


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


def free_folder(scenario: Scenario, root: str | Path) -> Path:
    """Return a folder below ``root`` that is not taken, named by scenario and seed."""
    name = f"{scenario.name}-seed{scenario.seed}"
    names = (name if number == 1 else f"{name}-{number}" for number in range(1, 1_000_000))
    return next(path for path in map(Path(root).joinpath, names) if not path.exists())
