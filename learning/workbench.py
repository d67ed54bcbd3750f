"""The door for agents: training and fusion in worker processes, answered from the cache when possible.

The calling process stays light: it imports neither JAX nor Keras, and when every answer is cached it
does not even start a worker. Each worker computes on one thread, so that results do not depend on the
number of cores or workers.
"""

import os
import signal
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Self

import loky
import numpy as np

from ..errors import InputError
from ..storage import cache_folder
from . import results
from .cache import Cache
from .jobs import (
    FingerprintJob,
    FusionJob,
    FusionResult,
    PredictionJob,
    StandaloneJob,
    TrainingJob,
    TrainingResult,
)

MAX_WORKERS = 8

_ONE_THREAD = {
    "KERAS_BACKEND": "jax",
    "NPROC": "1",  # the size of XLA's thread pool
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}


class Workbench:
    """Runs jobs on long-lived worker processes.

    Args:
        workers: Number of processes; ``None`` takes one a core, at most ``MAX_WORKERS``.
        cache: Folder of results; ``None`` takes ``VERIFUSE_CACHE`` or the user's cache folder.

    Use it as a context manager, or call ``close``. Errors of a job are raised by its future as they are.
    """

    def __init__(self, workers: int | None = None, cache: Path | None = None):
        if workers is not None and workers < 1:
            raise InputError("workers", workers, "at least 1, or none for one a core")
        self.workers = workers or min(loky.cpu_count(), MAX_WORKERS)
        self._cache = Cache(cache or cache_folder())
        self._executor: loky.ProcessPoolExecutor | None = None
        self._under_way: dict[str, Future[Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def cache_folder(self) -> Path:
        """Where results are kept."""
        return self._cache.folder

    @property
    def started(self) -> bool:
        """Whether worker processes have been needed so far."""
        return self._executor is not None

    def close(self) -> None:
        """Stop the workers; jobs not yet begun are cancelled. Calling twice does no harm."""
        if self._executor is not None:
            self._executor.shutdown(wait=True, kill_workers=True)
            self._executor = None

    def train(self, job: TrainingJob) -> "Future[TrainingResult]":
        """Train a contributor's model."""
        return self._cached("train", job, results.training_key(job), results.training_from)

    def fuse(self, job: FusionJob) -> "Future[FusionResult]":
        """Fuse models and measure the result.

        The future raises ``ModelFileError`` if one of the files cannot be trusted or does not fit, and
        ``DataFileError`` if the data bear labels that the task lacks.
        """
        return self._cached("fuse", job, results.fusion_key(job), results.fusion_from)

    def standalone(self, job: StandaloneJob) -> "Future[float]":
        """Return the share of the samples of its own labels that a model tells right, alone.

        The future raises ``ModelFileError`` if the file cannot be trusted, does not fit the samples, or
        declares none of their labels.
        """
        return self._cached("standalone", job, results.standalone_key(job), results.standalone_from)

    def fingerprint(self, job: FingerprintJob) -> "Future[bytes]":
        """Return the fingerprint of a model's features, 32 bytes.

        The future raises ``ModelFileError`` if the file cannot be trusted, does not fit the images, or has
        features that are the same for all of them.
        """
        return self._cached("fingerprint", job, results.fingerprint_key(job), results.fingerprint_from)

    def predict(self, job: PredictionJob) -> "Future[np.ndarray]":
        """Return a fused model's probabilities, float32 (N, d)."""
        return self._submit("predict", job)

    def _cached(self, task: str, job: Any, key: str, read: Callable[..., Any]) -> Future[Any]:
        entry = self._cache.get(key)
        if entry is not None:
            done: Future[Any] = Future()
            done.set_result(read(*entry))
            return done
        future = self._under_way.get(key)
        if future is None:
            future = self._under_way[key] = self._submit(task, job)
            future.add_done_callback(lambda _: self._under_way.pop(key, None))
        return future

    def _submit(self, task: str, job: Any) -> Future[Any]:
        executor = self._executor
        if executor is None:
            env = {**_ONE_THREAD, "JAX_PLATFORMS": os.environ.get("JAX_PLATFORMS", "cpu")}
            executor = self._executor = loky.ProcessPoolExecutor(
                self.workers, env=env, initializer=_leave_interrupts_to_the_caller
            )
        return executor.submit(_work, task, job, self._cache.folder)


def _work(task: str, job: Any, folder: Path) -> Any:
    from . import work  # imports JAX and Keras, in the worker only

    return getattr(work, task)(job, Cache(folder))


def _leave_interrupts_to_the_caller() -> None:
    # Ctrl-C reaches the whole process group; the caller stops its workers and says so in one line.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
