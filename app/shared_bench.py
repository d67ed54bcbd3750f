"""One learning process for all visitors: they take turns, everybody can cancel, and no job lasts for ever.

Answers that are remembered need no turn. What a visitor asks for is otherwise computed by the one worker of
the server, which is started when it is needed and stopped when the last visitor has gone.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import VerifuseError
from ..learning import Workbench
from ..storage import cache_folder

LOOK_SECONDS = 0.1
LONGEST_SECONDS = 120.0

IN_WORDS = {
    "train": "training a model",
    "fuse": "fitting fusion heads",
    "fingerprint": "taking a model's fingerprint",
    "standalone": "measuring a model alone",
    "label": "letting a model label images",
}


class Cancelled(VerifuseError):
    """The visitor does not want the answer any more."""


class TooLong(VerifuseError):
    """A job took longer than a page may ask for."""


@dataclass(frozen=True)
class Work:
    """What a visitor waits for.

    Attributes:
        what: In words; empty if for nothing.
        ahead: How many jobs of others come first.
    """

    what: str = ""
    ahead: int = 0


Tell = Callable[[Work], None]


class SharedBench:
    """The server's learning, of which each visitor has a door of her own.

    Args:
        cache: Folder of results; ``None`` takes ``VERIFUSE_CACHE`` or the user's cache folder.
        longest: Seconds after which a job is given up and the worker stopped.
    """

    def __init__(self, cache: Path | None = None, *, longest: float = LONGEST_SECONDS):
        self.cache = cache or cache_folder()
        self._longest = longest
        self._turns = threading.Condition()
        self._queue: deque[object] = deque()
        self._visitors = 0
        self._bench: Workbench | None = None

    @property
    def visitors(self) -> int:
        """How many doors are open."""
        return self._visitors

    @property
    def waiting(self) -> int:
        """How many jobs are computed or wait."""
        return len(self._queue)

    @property
    def started(self) -> bool:
        """Whether the worker is there."""
        return self._bench is not None and self._bench.started

    def enter(self) -> None:
        """Count a visitor in."""
        with self._turns:
            self._visitors += 1

    def leave(self) -> None:
        """Count a visitor out; the last one's leaving stops the worker."""
        with self._turns:
            self._visitors -= 1
            is_last = not self._visitors
        if is_last:
            self.close()

    def close(self) -> None:
        """Stop the worker, whoever waits for it."""
        with self._turns:
            bench, self._bench = self._bench, None
        if bench is not None:
            bench.close()  # outside the lock, which the jobs that this ends ask for

    def compute(
        self, submit: Callable[[Workbench], Future[Any]], what: str, cancelled: threading.Event, tell: Tell
    ) -> Future[Any]:
        """Wait for a turn, compute, and return a future that is done.

        Args:
            submit: Hands the job to the workbench that computes.
            what: What it is, in words.
            cancelled: Set by whoever does not want the answer any more.
            tell: Is told what is waited for, and how many come first.

        Raises:
            Cancelled: It was cancelled. A job that was begun is ended all the same, and remembered.
            TooLong: It took too long; the worker was stopped.
        """
        turn = object()
        self._await_turn(turn, what, cancelled, tell)
        try:
            with self._turns:
                if self._bench is None:
                    self._bench = Workbench(workers=1, cache=self.cache)
                future = submit(self._bench)
        except BaseException:
            self._end_turn(turn)
            raise
        # Whoever cancels lets the others wait until the worker is free.
        future.add_done_callback(lambda _: self._end_turn(turn))
        ends = time.monotonic() + self._longest
        while not wait_for([future], timeout=LOOK_SECONDS).done:
            if cancelled.is_set():
                raise Cancelled(f"{what} was cancelled")
            if time.monotonic() > ends:
                self.close()
                self._end_turn(turn)
                raise TooLong(f"{what} took longer than {self._longest:g} s, more than a page may ask for")
        if isinstance(future.exception(), BrokenExecutor):
            self.close()
        return future

    def _await_turn(self, turn: object, what: str, cancelled: threading.Event, tell: Tell) -> None:
        told = -1
        with self._turns:
            self._queue.append(turn)
        while True:
            with self._turns:
                ahead = self._queue.index(turn)
                if ahead and ahead == told:
                    self._turns.wait(LOOK_SECONDS)
                    ahead = self._queue.index(turn)
                if cancelled.is_set():
                    self._queue.remove(turn)
                    self._turns.notify_all()
                    raise Cancelled(f"{what} was cancelled")
            if ahead != told:
                tell(Work(what, ahead))  # outside the lock: who is told may take her time
                told = ahead
            if not ahead:
                return

    def _end_turn(self, turn: object) -> None:
        with self._turns:
            if turn in self._queue:
                self._queue.remove(turn)
            self._turns.notify_all()


class VisitorBench(Workbench):
    """One visitor's door: a workbench that looks answers up itself, and has all else computed in turn.

    Args:
        shared: Where it is computed.
        tell: Is told what the visitor waits for, and when she no longer does.
    """

    def __init__(self, shared: SharedBench, tell: Tell):
        super().__init__(workers=1, cache=shared.cache)
        self.cancelled = threading.Event()
        self._shared = shared
        self._tell = tell
        self._is_open = True
        shared.enter()

    def close(self) -> None:
        """Leave; calling twice does no harm."""
        self.cancelled.set()
        if self._is_open:
            self._is_open = False
            self._shared.leave()

    def _submit(self, task: str, job: Any) -> Future[Any]:
        what = IN_WORDS.get(task, task)
        try:
            return self._shared.compute(
                lambda bench: bench._submit(task, job), what, self.cancelled, self._tell
            )
        finally:
            self._tell(Work())


@cache
def the_bench() -> SharedBench:
    """Return the one that all visitors of this process share; it is all that they share."""
    return SharedBench()
