"""The door for agents: training and fusion in worker processes, answered from the cache when possible.

The calling process stays light: it imports neither JAX nor Keras, and when every answer is cached it
does not even start a worker. Each worker computes on one thread, so that results do not depend on the
number of cores or workers.

Where ``JAX_PLATFORMS`` names a GPU first (``cuda,cpu``), one worker has it, and trainings of one shape that
are asked for together run as one program; see ``groups``.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Self

import loky
import numpy as np

from ..errors import InputError
from ..storage import cache_folder
from . import results
from .baselines import results as baseline_results
from .baselines.jobs import (
    FederationJob,
    FederationResult,
    FitTimingJob,
    LateFusionJob,
    LateFusionResult,
    RidgeJob,
    RidgeResult,
)
from .cache import Cache, accelerator
from .cache_room import PROGRAMS, cache_limit
from .coalition_jobs import CoalitionsJob, CoalitionsResult, coalitions_from, coalitions_key
from .futures import at_once, done
from .jobs import (
    FingerprintJob,
    FusionJob,
    FusionResult,
    LabellingJob,
    LossesJob,
    PredictionJob,
    StandaloneJob,
    TrainingJob,
    TrainingResult,
)
from .model_files import FusedModel, decode_model, encode_fused

MAX_WORKERS = 8
WAIT_SECONDS = 0.05
RECENT_BYTES = 128 * 2**20
"""Answers that a process which computes itself keeps in memory: the next run mostly asks for the same."""

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
        grouped: Whether trainings of one shape run together; ``None`` does so on a GPU only, as a CPU is much
            slower that way. What a model is then differs by rounding, and it is remembered apart.
        inside: Whether jobs are computed in the calling process, at once when they are asked for, without
            workers. It has to have been started with ``worker_environment``; that is for processes which are
            workers themselves, such as a sweep's.

    Use it as a context manager, or call ``close``. Errors of a job are raised by its future as they are.
    """

    def __init__(
        self,
        workers: int | None = None,
        cache: Path | None = None,
        *,
        grouped: bool | None = None,
        inside: bool = False,
    ):
        if workers is not None and workers < 1:
            raise InputError("workers", workers, "at least 1, or none for one a core")
        on_gpu = accelerator() is not None
        self.workers = workers or (1 if on_gpu else min(loky.cpu_count(), MAX_WORKERS))
        self.grouped = on_gpu if grouped is None else grouped
        self._cache = Cache(cache or cache_folder(), recent=RECENT_BYTES if inside else 0)
        cache_limit()  # a limit that cannot be read is refused now, not by a worker later
        self._inside = inside
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

    def knows(self, key: str) -> bool:
        """Whether a result is remembered under an address; see ``results``."""
        return self._cache.has(key)

    def close(self) -> None:
        """Stop the workers; jobs not yet begun are cancelled. Calling twice does no harm."""
        if self._executor is not None:
            self._executor.shutdown(wait=True, kill_workers=True)
            self._executor = None

    def train(self, job: TrainingJob) -> "Future[TrainingResult]":
        """Train a contributor's model."""
        return self.train_all([job])[0]

    def train_all(self, jobs: Sequence[TrainingJob]) -> "list[Future[TrainingResult]]":
        """Train several contributors' models: each by itself, or those of one shape together."""
        if self._inside and not self.grouped:
            return self._train_beside_others(jobs)
        if not self.grouped:
            read = results.training_from
            return [self._cached("train", job, results.training_key(job), read) for job in jobs]
        keys = [results.training_key(job, grouped=True) for job in jobs]
        futures: dict[str, Future[TrainingResult]] = {}
        groups: dict[Any, dict[str, TrainingJob]] = {}
        for key, job in zip(keys, jobs, strict=True):
            entry = self._cache.get(key)
            if entry is not None:
                futures[key] = done(results.training_from(*entry))
            elif key in self._under_way:
                futures[key] = self._under_way[key]
            else:
                futures[key] = self._under_way[key] = Future()
                groups.setdefault(_shape(job, key), {})[key] = job
        for members in groups.values():
            whole = self._submit("train_group", list(members.values()))
            whole.add_done_callback(partial(self._hand_out, list(members)))
        return [futures[key] for key in keys]

    def _train_beside_others(self, jobs: Sequence[TrainingJob]) -> "list[Future[TrainingResult]]":
        """Train what nobody else is training just now, until all is known: processes share the work."""
        keys = [results.training_key(job) for job in jobs]
        found: dict[str, Future[TrainingResult]] = {}
        while missing := {key: job for key, job in zip(keys, jobs, strict=True) if key not in found}:
            before = len(found)
            for key, job in missing.items():
                entry = self._cache.get(key)
                if entry is not None:
                    found[key] = done(results.training_from(*entry))
                    continue
                with self._cache.alone(key, wait=False) as mine:
                    if mine:
                        found[key] = at_once(_compute, "train", job, self._cache)
            if len(found) == before:
                time.sleep(WAIT_SECONDS)
        return [found[key] for key in keys]

    def _hand_out(self, keys: Sequence[str], whole: Future[Any]) -> None:
        failure = CancelledError() if whole.cancelled() else whole.exception()
        outcomes = whole.result() if failure is None else [failure] * len(keys)
        for key, outcome in zip(keys, outcomes, strict=True):
            future = self._under_way.pop(key)
            if isinstance(outcome, BaseException):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

    def fuse(self, job: FusionJob) -> "Future[list[FusionResult]]":
        """Fuse models and measure the results, one for each of the job's seeds.

        The future raises ``ModelFileError`` if one of the files cannot be trusted or does not fit, and
        ``DataFileError`` if the data bear labels that the task lacks.
        """
        return self._ask("fuse", job, results.fusion_key(job), results.known_fusion(job, self._cache))

    def coalitions(self, job: CoalitionsJob) -> "Future[CoalitionsResult]":
        """Fuse coalitions of models, as one program, and measure each; raises as ``fuse`` does.

        A head is the one that ``fuse`` would fit, within rounding.
        """
        return self._cached("coalitions", job, coalitions_key(job), coalitions_from)

    def fused_file(self, job: FusionJob, result: FusionResult) -> bytes:
        """Return fused models and a verifier's head as one file; see ``encode_fused``."""
        networks = tuple(decode_model(file) for file in job.model_files)
        return encode_fused(FusedModel(networks, result.head))

    def standalone(self, job: StandaloneJob) -> "Future[float]":
        """Return the share of the samples of its own labels that a model tells right, alone.

        The future raises ``ModelFileError`` if the file cannot be trusted, does not fit the samples, or
        declares none of their labels.
        """
        return self._cached("standalone", job, results.standalone_key(job), results.standalone_from)

    def losses(self, job: LossesJob) -> "Future[np.ndarray]":
        """Return a model's cross-entropy on each sample, float64 (N,).

        The future raises ``ModelFileError`` if the file cannot be trusted, and ``InputError`` if it does not
        fit the samples or lacks one of their labels.
        """
        return self._cached("losses", job, results.losses_key(job), results.losses_from)

    def label(self, job: LabellingJob) -> "Future[np.ndarray]":
        """Return the label that a model alone gives each image, uint8 (N,).

        The future raises ``ModelFileError`` if the file cannot be trusted or does not fit the images.
        """
        return self._cached("label", job, results.labelling_key(job), results.labelling_from)

    def fingerprint(self, job: FingerprintJob) -> "Future[bytes]":
        """Return the fingerprint of a model's features, 32 bytes.

        The future raises ``ModelFileError`` if the file cannot be trusted, does not fit the images, or has
        features that are the same for all of them.
        """
        return self._cached("fingerprint", job, results.fingerprint_key(job), results.fingerprint_from)

    def federate(self, job: FederationJob) -> "Future[FederationResult]":
        """Train one network on several contributors' data by federated averaging."""
        key = baseline_results.federation_key(job)
        return self._cached("federate", job, key, baseline_results.federation_from)

    def late_fusion(self, job: LateFusionJob) -> "Future[LateFusionResult]":
        """Combine models' own outputs without training; raises as ``fuse`` does."""
        key = baseline_results.late_fusion_key(job)
        return self._cached("late_fusion", job, key, baseline_results.late_fusion_from)

    def ridge(self, job: RidgeJob) -> "Future[RidgeResult]":
        """Fit a ridge readout on models' features and measure it; raises as ``fuse`` does."""
        return self._cached("ridge", job, baseline_results.ridge_key(job), baseline_results.ridge_from)

    def time_fit(self, job: FitTimingJob) -> "Future[float]":
        """Return the seconds that fusion heads take to fit; always computed anew."""
        return self._submit("time_fit", job)

    def predict(self, job: PredictionJob) -> "Future[np.ndarray]":
        """Return a fused model's probabilities, float32 (N, d)."""
        return self._submit("predict", job)

    def _cached(self, task: str, job: Any, key: str, read: Callable[..., Any]) -> Future[Any]:
        entry = self._cache.get(key)
        return self._ask(task, job, key, None if entry is None else read(*entry))

    def _ask(self, task: str, job: Any, key: str, known: Any) -> Future[Any]:
        """Return a known answer, or the future of one that nobody else asks for already."""
        if known is not None:
            return done(known)
        future = self._under_way.get(key)
        if future is None:
            future = self._under_way[key] = self._submit(task, job)
            future.add_done_callback(lambda _: self._under_way.pop(key, None))
        return future

    def _submit(self, task: str, job: Any) -> Future[Any]:
        if self._inside:
            return at_once(_work, task, job, self._cache.folder)
        executor = self._executor
        if executor is None:
            executor = self._executor = loky.ProcessPoolExecutor(
                self.workers,
                env=worker_environment(self._cache.folder),
                initializer=live_as_long_as,
                initargs=(os.getpid(),),
            )
        return executor.submit(_work, task, job, self._cache.folder)


def worker_environment(cache: Path | None = None) -> dict[str, str]:
    """Return the environment that a process needs to compute as a workbench's workers do.

    Args:
        cache: Folder of results; ``None`` takes ``VERIFUSE_CACHE`` or the user's cache folder.
    """
    programs = str((cache or cache_folder()) / PROGRAMS)
    return {
        **_ONE_THREAD,
        "JAX_PLATFORMS": os.environ.get("JAX_PLATFORMS", "cpu"),
        # Compiling takes seconds a program; JAX keeps them apart by type of machine and version.
        "JAX_COMPILATION_CACHE_DIR": os.environ.get("JAX_COMPILATION_CACHE_DIR", programs),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }


def _shape(job: TrainingJob, key: str) -> Any:
    """Return what jobs have in common that can be trained together; with privacy each is by itself."""
    if job.privacy is not None:
        return key
    parts = (job.data.train, job.data.test, job.data.verification)
    shapes = tuple(job.network.weight_shapes.items())
    return job.network.body, shapes, job.data.image_shape, tuple(map(len, parts)), job.config


_KEYS: dict[str, Callable[[Any], str]] = {
    "train": results.training_key,
    "fuse": results.heads_key,
    "coalitions": coalitions_key,
}
"""What takes long, by name: such a job waits for another process that computes the same."""


def _work(task: str, job: Any, folder: Path) -> Any:
    cache = Cache(folder)
    with cache.alone(_KEYS[task](job)) if task in _KEYS else nullcontext():
        return _compute(task, job, cache)


def _compute(task: str, job: Any, cache: Cache) -> Any:
    from . import work  # imports JAX and Keras, in the worker only

    return getattr(work, task)(job, cache)


def live_as_long_as(parent: int) -> None:
    """Begin a worker: leave Ctrl-C to its parent, and end when that was killed and cannot say so any more.

    Args:
        parent: The parent's process id.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    if os.name == "posix":
        threading.Thread(target=watch, daemon=True).start()
