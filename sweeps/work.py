"""What a sweep's worker does: run one run after another.

A worker lives as long as the sweep, computes on one thread, and answers in a few plain values: records and
failures are on disk before it answers.
"""

import errno
import socket
import time
import traceback
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..agents import Market
from ..errors import VerifuseError
from ..learning import Workbench
from ..scenarios import run_scenario, to_toml
from ..scenarios.run import UNFINISHED
from .places import Results
from .plan import Run

FULL = {errno.ENOSPC, errno.EDQUOT}


class DiskFull(VerifuseError):
    """Nothing more can be written; what is there stays whole."""


@dataclass(frozen=True)
class Answer:
    """What became of a run.

    Attributes:
        name: The run's.
        state: ``done`` or ``failed``, now or by somebody before, or ``taken`` while another sweep runs it.
        error: Why it failed, in one line.
        ran: Whether it was run for this answer.
        wall_seconds: What that took, by the clock.
        cpu_seconds: Of the worker, learning included.
    """

    name: str
    state: str
    error: str = ""
    ran: bool = False
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0


def run(run: Run, folder: Results, cache_folder: Path, models: bool) -> Answer:
    """Run a run, unless it was run before or another process is at it.

    Raises:
        DiskFull: Its record could not be written for want of room.
    """
    with folder.claim(run.name) as mine:
        state = folder.state(run.name) if mine else "taken"
        if state is not None:
            return Answer(run.name, state)
        started, worked = time.perf_counter(), time.process_time()
        error = _attempt(run, folder, cache_folder, models)
        return Answer(
            run.name,
            "failed" if error else "done",
            error,
            ran=True,
            wall_seconds=time.perf_counter() - started,
            cpu_seconds=time.process_time() - worked,
        )


def _attempt(run: Run, folder: Results, cache_folder: Path, models: bool) -> str:
    """Run it and keep the record, or what went wrong; return that in one line."""
    stage = Stage()
    try:
        if run.scenario is None:
            assert run.refusal is not None, "either a scenario or why there is none"
            raise run.refusal
        place = folder.place(run.name)
        run_scenario(
            run.scenario,
            place,
            workbench=_bench(cache_folder),
            shared_store=folder.store if models else None,
            keep_store=models,
            resume=place.with_name(place.name + UNFINISHED).exists(),
            on_start=stage.watch,
        )
        folder.keep(run.name, place)
    except (Exception, SystemExit) as error:
        if isinstance(error, OSError) and error.errno in FULL:
            raise DiskFull(f"{error.filename or folder}: the disk is full") from None
        folder.fail(run.name, _failure(run, stage, error))
        return _one_line(error)
    return ""


class Stage:
    """How far a run has come, to say where it failed."""

    def __init__(self) -> None:
        self._market: Market | None = None

    def watch(self, market: Market) -> None:
        """Follow a market that is about to run."""
        self._market = market

    def name(self, run: Run) -> str:
        """Return ``settings``, ``opening``, ``market`` or ``record``."""
        if run.scenario is None:
            return "settings"
        if self._market is None:
            return "opening"
        return "market" if self._market.running else "record"

    @property
    def seconds(self) -> float | None:
        """The simulated second that the market had reached."""
        return None if self._market is None else self._market.time


def _failure(run: Run, stage: Stage, error: BaseException) -> dict[str, Any]:
    return {
        "run": run.name,
        "point": dict(run.values),
        "seed": run.seed,
        "stage": stage.name(run),
        "simulated_seconds": stage.seconds,
        "type": type(error).__name__,
        "error": _one_line(error),
        "traceback": "".join(traceback.format_exception(error)),
        "scenario": None if run.scenario is None else to_toml(run.scenario),
        "host": socket.gethostname(),
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def died(run: Run, folder: Results) -> Answer:
    """Note that a run takes its worker process with it whenever it is run."""
    error = ChildProcessError("the worker process died, as it does for want of memory")
    folder.fail(run.name, {**_failure(run, Stage(), error), "stage": "process"})
    return Answer(run.name, "failed", _one_line(error), ran=True)


def _one_line(error: BaseException) -> str:
    lines = str(error).split() or [type(error).__name__]
    text = " ".join(lines)
    return text if isinstance(error, VerifuseError) else f"{type(error).__name__}: {text}"


@cache
def _bench(folder: Path) -> Workbench:
    return Workbench(workers=1, cache=folder, inside=True)
