"""Runs computed by a Ray cluster, for when one machine is outgrown."""

import os
import socket
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from ..errors import InputError, VerifuseError
from ..learning import worker_environment
from .engines import WorkerLost

KNOCK_SECONDS = 10.0


class RayEngine:
    """The CPUs and GPUs of a Ray cluster; its machines have Verifuse installed, of the same version.

    Ray keeps a worker process for the next run, so that each imports and loads data once.

    Args:
        address: Of the cluster, such as ``auto`` on one of its machines; ``local`` starts one here.
        cache: Folder of trained models, features and heads, as every machine sees it.
        cpus: CPUs that a run takes up.
        gpus: Share of a GPU that a run takes up; JAX_PLATFORMS has to name the GPU, as for single runs.

    Raises:
        InputError: Ray is not installed, there is no such cluster, or it has too little for a single run.
    """

    isolates = True

    def __init__(self, address: str, cache: Path, *, cpus: float = 1.0, gpus: float = 0.0):
        try:
            import ray  # pyright: ignore[reportMissingImports] - an extra
            import ray.exceptions  # pyright: ignore[reportMissingImports]
        except ImportError:
            raise InputError("engine", "ray", "Ray is needed: pip install 'verifuse[ray]'") from None
        self._ray = ray
        environment = worker_environment(cache)
        if 0 < gpus < 1:
            environment["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # or the first run takes the whole GPU
        self._ours = not ray.is_initialized()
        if self._ours:
            # Ray would ask in the terminal whether its maker may count users.
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
            try:
                _knock(address)
                ray.init(address=address, log_to_driver=False, configure_logging=False)
            except (OSError, ValueError, RuntimeError, ray.exceptions.RayError) as error:
                reason = (str(error).splitlines() or [type(error).__name__])[0]
                raise InputError(
                    "address", address, f"a Ray cluster that can be reached ({reason})"
                ) from None
        self._call = ray.remote(
            num_cpus=cpus,
            num_gpus=gpus,
            max_retries=0,  # whether a run is still to be run is seen in the results, which Ray does not know
            max_calls=1000,  # then a fresh process, should something have grown
            runtime_env={"env_vars": environment},
        )(_call)
        self._cpus, self._gpus = cpus, gpus
        if self.slots < 1:
            self.close()
            has = {name: ray.cluster_resources().get(name, 0) for name in ("CPU", "GPU")}
            raise InputError("address", address, f"a cluster with room for a run; this one has {has}")

    @property
    def slots(self) -> int:
        """How many runs the cluster computes at once, as it is now."""
        has = self._ray.cluster_resources()
        found = [has.get(name, 0.0) / need for name, need in self._needs if need]
        return int(min(found)) if found else 0

    def submit(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        """Begin to run a function somewhere in the cluster."""
        answer: Future[Any] = Future()
        answer.set_running_or_notify_cancel()
        future = self._call.remote(function, *arguments).future()
        future.add_done_callback(lambda done: self._pass_on(done, answer))
        return answer

    def renew(self) -> None:
        """Ray itself replaces what it lost."""

    def close(self) -> None:
        """Leave the cluster; what still runs there for this sweep is stopped."""
        if self._ours:
            self._ray.shutdown()

    @property
    def _needs(self) -> tuple[tuple[str, float], ...]:
        return ("CPU", self._cpus), ("GPU", self._gpus)

    def _pass_on(self, done: "Future[Any]", answer: "Future[Any]") -> None:
        errors = self._ray.exceptions
        error = done.exception()
        if error is None:
            answer.set_result(done.result())
        elif isinstance(error, VerifuseError) or not isinstance(error, errors.RayError):
            answer.set_exception(error)
        elif isinstance(error, errors.RayTaskError):
            answer.set_exception(getattr(error, "cause", None) or error)
        else:
            answer.set_exception(WorkerLost(str(error)))


def _knock(address: str) -> None:
    """Find out at once that nobody is there; Ray would try for minutes."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdigit() and "/" not in host:
        socket.create_connection((host.strip("[]"), int(port)), timeout=KNOCK_SECONDS).close()


def _call(function: Callable[..., Any], *arguments: Any) -> Any:
    return function(*arguments)
