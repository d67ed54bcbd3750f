"""Where runs are computed: on this machine's own worker processes; ``on_ray`` is another place."""

import os
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, Protocol

import loky

from ..errors import InputError
from ..learning import live_as_long_as, worker_environment


class WorkerLost(Exception):
    """The process or machine that computed something is gone; it may be asked for again."""


class Engine(Protocol):
    """Runs functions elsewhere, a few at a time.

    Attributes:
        isolates: Whether a worker that dies takes no more with it than what it was computing.
    """

    isolates: bool

    @property
    def slots(self) -> int:
        """How many functions it runs at once."""
        ...

    def submit(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        """Begin to run a function; the future raises ``WorkerLost`` if its worker is gone."""
        ...

    def renew(self) -> None:
        """Be ready again after a worker was lost."""
        ...

    def close(self) -> None:
        """Stop at once what is still running."""
        ...


class LocalEngine:
    """Long-lived processes of this machine, each computing on one thread.

    Args:
        workers: How many; one a core by default.
        cache: Folder of trained models, features and heads.
    """

    isolates = False

    def __init__(self, workers: int | None, cache: Path):
        if workers is not None and workers < 1:
            raise InputError("workers", workers, "at least 1, or none for one a core")
        self._workers = workers or loky.cpu_count()
        self._cache = cache
        self._pool: loky.ProcessPoolExecutor | None = None

    @property
    def slots(self) -> int:
        """How many workers there are."""
        return self._workers

    def submit(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        """Begin to run a function in a worker."""
        if self._pool is None:
            self._pool = loky.ProcessPoolExecutor(
                self._workers,
                env=worker_environment(self._cache),
                initializer=live_as_long_as,
                initargs=(os.getpid(),),
            )
        answer: Future[Any] = Future()
        answer.set_running_or_notify_cancel()
        try:
            future = self._pool.submit(function, *arguments)
        except BrokenProcessPool as error:
            answer.set_exception(WorkerLost(str(error)))
            return answer
        future.add_done_callback(lambda done: _pass_on(done, answer))
        return answer

    def renew(self) -> None:
        """Forget the pool, of which loky has stopped all workers when one was gone."""
        self.close()

    def close(self) -> None:
        """Stop the workers at once."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, kill_workers=True)
            self._pool = None


def _pass_on(done: "Future[Any]", answer: "Future[Any]") -> None:
    if done.cancelled():
        answer.set_exception(WorkerLost("it was stopped before it began"))
        return
    error = done.exception()
    if isinstance(error, BrokenProcessPool):
        answer.set_exception(WorkerLost(str(error)))
    elif error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(done.result())
