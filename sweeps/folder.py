"""Where a sweep's runs lie: found by name, claimed by one process at a time, whole or absent.

::

    sweep.toml            what was asked for; sweep-HASH.toml, what was asked for here before
    runs/NAME/            a run's record; NAME is the hash of its resolved scenario
    running/              records that are still being written
    failed/NAME.json      a run that failed: its settings, stage, error and traceback
    store/                models and samples, which the records share as hard links
    claims/NAME.lock      locked by whoever runs it just now
    results.parquet       the gathered table
    timings.parquet       what every run took

A record appears by one renaming, so a folder in ``runs/`` is always whole. A claim is a lock of the operating
system, which ends with its process: however a sweep dies, nothing has to be cleared up or timed out by hand.
On a file system without locks two sweeps may run the same twice; the second rename then yields.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from ..errors import InputError
from ..scenarios.run import UNFINISHED
from ..storage import held, write_atomically

RUNS, RUNNING, FAILED, CLAIMS, STORE = "runs", "running", "failed", "claims", "store"
SWEEP = "sweep.toml"
RESULTS, TIMINGS = "results.parquet", "timings.parquet"
Json = dict[str, Any]


class SweepFolder:
    """A sweep's results in a folder that all its processes reach.

    Args:
        root: The folder; made by ``begin``.
    """

    def __init__(self, root: str | Path):
        self.root = Path(root)

    def __str__(self) -> str:
        return str(self.root)

    def begin(self, text: str) -> str | None:
        """Make the folder, write down what is asked for, and clear away what a killed sweep left half.

        Returns:
            The file under which another sweep that was asked for here before is kept, if there was one.

        Raises:
            InputError: It cannot be written.
        """
        try:
            for name in (RUNS, RUNNING, FAILED, CLAIMS):
                (self.root / name).mkdir(parents=True, exist_ok=True)
            earlier = self._set_aside(text)
            write_atomically(self.root / SWEEP, text.encode())
        except OSError as error:
            raise InputError(
                "out", str(self.root), f"a folder that can be written ({error.strerror})"
            ) from None
        self.clean()
        return earlier

    def _set_aside(self, text: str) -> str | None:
        path = self.root / SWEEP
        before = path.read_bytes() if path.is_file() else text.encode()
        if before == text.encode():
            return None
        name = f"sweep-{hashlib.sha256(before).hexdigest()[:8]}.toml"
        write_atomically(self.root / name, before)
        return name

    def clean(self) -> None:
        """Delete half-written records that nobody is writing any more."""
        for name in {_owner(path) for path in (self.root / RUNNING).glob("*")}:
            with self.claim(name) as mine:
                if mine:
                    self._clear(name)

    @contextmanager
    def claim(self, name: str) -> Iterator[bool]:
        """Hold a run alone, if nobody else does; gives whether it is ours."""
        path = self.root / CLAIMS / f"{name}.lock"
        with held(path, wait=False, over=lambda: self.state(name) is not None) as ours:
            yield ours

    def place(self, name: str) -> Path:
        """Return the folder to run a claimed run in, cleared of what a killed process left."""
        self._clear(name)
        return self.root / RUNNING / name

    @property
    def store(self) -> Path | None:
        """Return the store that records share."""
        return self.root / STORE

    def keep(self, name: str, place: Path) -> None:
        """Bring a whole record from where it was run to where it belongs."""
        try:
            place.replace(self.root / RUNS / name)
        except OSError:  # without locks, another process may have run the same
            if self.state(name) != "done":
                raise
            shutil.rmtree(place, ignore_errors=True)

    def fail(self, name: str, failure: Json) -> None:
        """Keep what is known of a run that failed."""
        write_atomically(self.root / FAILED / f"{name}.json", (json.dumps(failure, indent=2) + "\n").encode())

    def forgive(self, name: str) -> None:
        """Forget that a run failed, so that it is run again."""
        (self.root / FAILED / f"{name}.json").unlink(missing_ok=True)

    def look(self) -> None:
        """See that it can be a folder; what is in it is looked up when it is asked for.

        Raises:
            InputError: It is something else.
        """
        if self.root.exists() and not self.root.is_dir():
            raise InputError("out", str(self.root), "a folder, or a path where one can be made")

    def state(self, name: str, *, fresh: bool = True) -> str | None:
        """Return ``"done"``, ``"failed"``, or ``None`` for a run that is still to be run.

        Args:
            name: The run's.
            fresh: Whether it has to be as of now, and not as of the last ``look``.
        """
        if (self.root / RUNS / name / "manifest.json").exists():
            return "done"
        return "failed" if (self.root / FAILED / f"{name}.json").exists() else None

    def read(self, name: str, file: str) -> Json:
        """Return one of the JSON files of a finished run."""
        return from_json((self.root / RUNS / name / file).read_bytes())

    def failure(self, name: str) -> Json:
        """Return what is known of a run that failed."""
        return from_json((self.root / FAILED / f"{name}.json").read_bytes())

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Let one process at a time gather, so that the last one has seen everything."""
        with held(self.root / CLAIMS / "gather.lock", wait=True, over=lambda: False):
            yield

    @contextmanager
    def writing(self, file: str) -> Iterator[Path]:
        """Give a path to write a file to, which takes its place when it is whole."""
        path = self.root / file
        part = path.with_name(f".{file}.{os.getpid()}")
        try:
            yield part
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def _clear(self, name: str) -> None:
        for path in (self.root / RUNNING).glob("*"):
            if _owner(path) == name and path.suffix != UNFINISHED:
                shutil.rmtree(path, ignore_errors=True)


def _owner(path: Path) -> str:
    """Return which run a folder in ``running/`` belongs to: ``NAME``, or ``.NAME.xxxxxxxx`` while it runs."""
    return path.name.lstrip(".").partition(".")[0]
