"""A sweep's results in an object store or on another machine: whatever fsspec has a URL for.

The same files lie there as in a folder. A store has no renaming, so a run's ``manifest.json`` is written
last: where there is one, the record is whole. Nor has it locks: one sweep at a time writes to a URL, and a
second one would run again what the first is at, to the same end.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from ..errors import InputError
from .folder import FAILED, RUNS, Json

MANIFEST = "manifest.json"


class RemoteFolder:
    """A sweep's results under a URL such as ``s3://bucket/sweep``.

    Args:
        url: Where; what the scheme needs, such as ``s3fs``, is installed by whoever uses it.

    Raises:
        InputError: fsspec is not installed, or knows no such scheme.
    """

    store: Path | None = None

    def __init__(self, url: str):
        try:
            import fsspec  # pyright: ignore[reportMissingImports] - an extra
        except ImportError:
            raise InputError("out", url, "URLs need fsspec: pip install 'verifuse[ray]'") from None
        try:
            self._fs, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise InputError("out", url, f"a URL that fsspec can open ({error})") from None
        self._url = url.rstrip("/")
        self._here = Path()
        self._known: dict[str, str] = {}

    def __str__(self) -> str:
        return self._url

    def __reduce__(self):
        """Let workers open the same URL for themselves."""
        return type(self), (self._url,)

    def begin(self, text: str) -> None:
        """Write down what is asked for.

        Raises:
            InputError: Nothing can be written there.
        """
        try:
            self._write("sweep.toml", text.encode())
        except Exception as error:  # every kind of store has its own
            reason = " ".join(str(error).split()) or type(error).__name__
            raise InputError("out", self._url, f"a place that can be written ({reason})") from None

    def clean(self) -> None:
        """Nothing is left half here: a run without a manifest is written again."""

    @contextmanager
    def claim(self, name: str) -> Iterator[bool]:
        """Hold a run; here nobody can be kept from it."""
        with tempfile.TemporaryDirectory(prefix="verifuse-") as here:
            self._here = Path(here)
            yield True

    def place(self, name: str) -> Path:
        """Return a folder of this machine to run in."""
        return self._here / name

    def keep(self, name: str, place: Path) -> None:
        """Bring a whole record to where it belongs, its manifest last."""
        files = sorted(path for path in place.rglob("*") if path.is_file())
        for path in sorted(files, key=lambda path: path.name == MANIFEST):
            self._write(f"{RUNS}/{name}/{path.relative_to(place).as_posix()}", path.read_bytes())

    def fail(self, name: str, failure: Json) -> None:
        """Keep what is known of a run that failed."""
        self._write(f"{FAILED}/{name}.json", (json.dumps(failure, indent=2) + "\n").encode())

    def forgive(self, name: str) -> None:
        """Forget that a run failed, so that it is run again."""
        path = self._path(f"{FAILED}/{name}.json")
        if self._fs.exists(path):
            self._fs.rm_file(path)
        self._known.pop(name, None)

    def look(self) -> None:
        """List once what is there, so that not every run is asked for by itself."""
        self._fs.invalidate_cache()
        self._known = {Path(path).stem: "failed" for path in self._list(FAILED)}
        self._known |= {Path(path).name: "done" for path in self._list(RUNS)}

    def state(self, name: str, *, fresh: bool = True) -> str | None:
        """Return ``"done"``, ``"failed"``, or ``None`` for a run that is still to be run."""
        if not fresh and name not in self._known:
            return None
        if self._fs.exists(self._path(f"{RUNS}/{name}/{MANIFEST}")):
            return "done"
        return "failed" if self._fs.exists(self._path(f"{FAILED}/{name}.json")) else None

    def read(self, name: str, file: str) -> Json:
        """Return one of the JSON files of a finished run."""
        return from_json(self._fs.cat_file(self._path(f"{RUNS}/{name}/{file}")))

    def failure(self, name: str) -> Json:
        """Return what is known of a run that failed."""
        return from_json(self._fs.cat_file(self._path(f"{FAILED}/{name}.json")))

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Gather; here nobody can be kept from doing so too."""
        yield

    @contextmanager
    def writing(self, file: str) -> Iterator[Path]:
        """Give a path to write a file to, which is brought to its place when it is whole."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / file
            yield path
            self._write(file, path.read_bytes())

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _write(self, name: str, content: bytes) -> None:
        path = self._path(name)
        self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
        self._fs.pipe_file(path, content)

    def _list(self, name: str) -> list[Any]:
        try:
            return self._fs.ls(self._path(name), detail=False)
        except FileNotFoundError:
            return []
