"""Run what is missing of a sweep: on any engine, with any number of sweeps beside it on the same folder."""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from pathlib import Path

from . import work
from .engines import Engine, WorkerLost
from .places import Results
from .plan import Plan, Run, share
from .until import more_seeds, refuse_unknown_metric
from .work import Answer

AHEAD = 2
"""Runs given to an engine for each of its slots, so that no worker waits for the next."""

MAX_LOSSES = 3
"""Workers that a run may lose before it is held to be what kills them, where each loss is one run's own."""

TAKEN_SECONDS = 0.5


@dataclass
class Progress:
    """How far a sweep is; safe to look at from another thread.

    Attributes:
        total: Runs of this part; with ``until``, those that are known to be needed.
        known: Runs that were there before.
        done: Runs that were run now, by this sweep or another one on the same folder.
        failed: Runs that failed, now or before.
        errors: The newest failures, in one line each.
        noted: How many failures were noted in ``errors`` so far.
        cpu_seconds: Of this sweep's workers, for the runs that they finished.
        ran: How many these are.
        notes: What the user should know, in one line each, until it is told.
        started: When the sweep began, on ``time.perf_counter``.
    """

    total: int = 0
    known: int = 0
    done: int = 0
    failed: int = 0
    cpu_seconds: float = 0.0
    ran: int = 0
    noted: int = 0
    started: float = field(default_factory=time.perf_counter)
    errors: deque[str] = field(default_factory=lambda: deque(maxlen=5))
    notes: deque[str] = field(default_factory=deque)

    @property
    def left(self) -> int:
        """Runs that are still to be run."""
        return self.total - self.known - self.done

    @property
    def rate(self) -> float:
        """Runs a second since the sweep began."""
        return self.done / max(time.perf_counter() - self.started, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the end, as far as the runs so far tell."""
        return self.left / self.rate if self.done else None


def conduct(
    plan: Plan,
    folder: Results,
    engine: Engine,
    cache: Path,
    *,
    part: tuple[int, int] = (1, 1),
    retry_failed: bool = False,
    progress: Progress | None = None,
    tell: Callable[[Progress], None] = lambda progress: None,
) -> Progress:
    """Run what is missing of a part of a sweep.

    Args:
        plan: The sweep.
        folder: Where results are kept; begun already.
        engine: Where runs are computed.
        cache: Folder of trained models, features and heads, as the engine's workers see it.
        part: Which share of the runs, ``(i, n)`` for part i of n.
        retry_failed: Whether runs that failed before are run again.
        progress: Where to keep count; a new one by default.
        tell: Called after every run.

    Raises:
        InputError: The metric that decides how many seeds there are is in no result.
        DiskFull: There is no room for more results; what is there stays.
    """
    progress = progress or Progress()
    folder.look()
    progress.total = sum(1 for _ in plan.runs(part)) if plan.sweep.until else _count(plan, part)
    crew = Crew(folder, engine, cache, plan.sweep.models, progress, tell)
    crew.run_all(_missing(plan.runs(part), folder, progress, retry_failed))
    if plan.sweep.until:
        refuse_unknown_metric(plan, folder, part)
    while plan.sweep.until:
        folder.look()
        more = list(more_seeds(plan, folder, part))
        if not more:
            break
        progress.total += len(more)
        crew.run_all(_missing(more, folder, progress, retry_failed))
    return progress


def _count(plan: Plan, part: tuple[int, int]) -> int:
    low, high = share(plan.size * len(plan.seeds), part)
    return high - low


def _missing(runs: Iterable[Run], folder: Results, progress: Progress, retry_failed: bool) -> Iterator[Run]:
    for run in runs:
        state = folder.state(run.name, fresh=False)
        if state == "failed" and retry_failed:
            folder.forgive(run.name)
        elif state is not None:
            progress.known += 1
            progress.failed += state == "failed"
            continue
        yield run


class Crew:
    """Keeps an engine's workers busy, and finds out which run it is that kills them."""

    def __init__(
        self,
        folder: Results,
        engine: Engine,
        cache: Path,
        models: bool,
        progress: Progress,
        tell: Callable[[Progress], None],
    ):
        self._folder = folder
        self._engine = engine
        self._cache = cache
        self._models = models
        self._progress = progress
        self._tell = tell
        self._flying: dict[Future[Answer], Run] = {}
        self._losses: Counter[str] = Counter()

    def run_all(self, runs: Iterator[Run]) -> None:
        """Run all of them; those that another sweep has taken are waited for."""
        taken: deque[Run] = deque()
        while True:
            suspects = self._fly(runs, taken)
            for run in suspects:
                self._alone(run, taken)
            if suspects:
                continue
            if not taken:
                return
            # Another sweep is at them; should it be killed, they are free again and ours.
            time.sleep(TAKEN_SECONDS)
            runs, taken = iter(taken), deque()

    def _fly(self, runs: Iterator[Run], taken: deque[Run]) -> list[Run]:
        """Run until there are no more, or until a loss leaves suspects; return these."""
        lost: list[Run] = []
        again: deque[Run] = deque()
        while True:
            while not lost and len(self._flying) < AHEAD * max(1, self._engine.slots):
                run = again.popleft() if again else next(runs, None)
                if run is None:
                    break
                self._start(run)
            if not self._flying:
                break
            landed, _ = wait(self._flying, return_when=FIRST_COMPLETED)
            for future in landed:
                run = self._flying.pop(future)
                if self._land(future, run, taken):
                    continue
                self._losses[run.name] += 1
                if not self._engine.isolates:
                    lost.append(run)
                elif self._losses[run.name] < MAX_LOSSES:
                    again.append(run)
                else:
                    self._note(work.died(run, self._folder))
        if lost:
            self._engine.renew()
        return lost

    def _alone(self, run: Run, taken: deque[Run]) -> None:
        """Run one that may have killed its worker with nothing beside it: if it does, it is the one."""
        self._start(run)
        (future,) = wait(self._flying).done
        self._flying.clear()
        if not self._land(future, run, taken):
            self._engine.renew()
            self._note(work.died(run, self._folder))

    def _start(self, run: Run) -> None:
        future = self._engine.submit(work.run, run, self._folder, self._cache, self._models)
        self._flying[future] = run

    def _land(self, future: "Future[Answer]", run: Run, taken: deque[Run]) -> bool:
        """Take an answer; return whether there was one."""
        try:
            answer = future.result()
        except WorkerLost:
            return False
        if answer.state == "taken":
            taken.append(run)
        else:
            self._note(answer)
        return True

    def _note(self, answer: Answer) -> None:
        progress = self._progress
        progress.done += 1
        if answer.ran:
            progress.ran += 1
            progress.cpu_seconds += answer.cpu_seconds
        if answer.state == "failed":
            progress.failed += 1
            if answer.error:
                progress.errors.append(f"{answer.name}: {answer.error}")
                progress.noted += 1
        self._tell(progress)
