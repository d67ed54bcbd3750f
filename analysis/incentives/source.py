"""Where the figures come from: runs, one at a time, each with what was changed for it."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from ...errors import InputError
from ...scenarios import RunRecord, read_record
from ...sweeps import load_sweep
from ...sweeps.folder import RESULTS, RUNS
from ..frames import Keys
from ..rows import Row, events, rows
from ..series import settings

WORDS = ("title", "description")
"""Settings that change nothing."""

Source = RunRecord | str | Path | Iterable[RunRecord | str | Path]
"""A run, the folder of a run or of a sweep, or several of them."""


@dataclass(frozen=True, eq=False)
class Sample:
    """A run and its place among others; tables are read once and forgotten with it.

    Attributes:
        run: Name of the run's folder.
        point: Which settings it has, counted from 0.
        seed: Of every draw.
        keys: The settings' keys that differ between runs, and this run's values; lists are JSON text.
        record: The run.
    """

    run: str
    point: int
    seed: int
    keys: Keys
    record: RunRecord
    _read: dict[str, list[Row]] = field(default_factory=dict, repr=False)
    _sorted: dict[tuple[str, str], dict[Any, list[Row]]] = field(default_factory=dict, repr=False)

    @property
    def place(self) -> dict[str, Any]:
        """What its rows begin with."""
        return {"run": self.run, "point": self.point, "seed": self.seed}

    def rows(self, table: str) -> list[Row]:
        """Return one of the record's tables; of the chain's events, with their arguments decoded."""
        if table not in self._read:
            self._read[table] = events(self.record) if table == "events" else rows(self.record, table)
        return self._read[table]

    def by(self, table: str, column: str) -> Mapping[Any, list[Row]]:
        """Return a table's rows by what stands in a column; nothing for what never stands there."""
        if (table, column) not in self._sorted:
            found: dict[Any, list[Row]] = defaultdict(list)
            for row in self.rows(table):
                found[row[column]].append(row)
            self._sorted[table, column] = found
        return self._sorted[table, column]


def samples(source: Source) -> Iterator[Sample]:
    """Give runs one after the other, so that a sweep may be larger than memory.

    Failed runs of a sweep are passed over; ``results.parquet`` has them.

    Args:
        source: A sweep's folder gives its runs in its order, with its keys; records give theirs with the
            keys in which they differ, and points in the order in which settings are met first.

    Raises:
        InputError: There is none, a folder is neither a run nor a sweep, or a sweep is mixed with others.
    """
    several = [source] if isinstance(source, RunRecord | str | Path) else list(source)
    if len(several) == 1 and not isinstance(several[0], RunRecord) and is_sweep(several[0]):
        return _of_sweep(Path(several[0]))
    return _of_records([one if isinstance(one, RunRecord) else read_record(one) for one in several])


def is_sweep(folder: str | Path) -> bool:
    """Whether a folder is a sweep's."""
    return (Path(folder) / "sweep.toml").is_file()


def sweep_keys(folder: Path) -> tuple[str, ...]:
    """Return the keys of a sweep that differ between its points."""
    return load_sweep(folder / "sweep.toml").keys


def _of_sweep(folder: Path) -> Iterator[Sample]:
    path = folder / RESULTS
    if not path.is_file():
        raise InputError("sweep", str(folder), f"a sweep that was gathered; it has no {RESULTS} yet")
    keys = sweep_keys(folder)
    table = pq.ParquetFile(path)
    for batch in table.iter_batches(columns=["run", "point", "seed", "status", *keys]):
        for row in batch.to_pylist():
            if row["status"] == "done":
                record = read_record(folder / RUNS / row["run"])
                yield Sample(row["run"], row["point"], row["seed"], {key: row[key] for key in keys}, record)


def _of_records(records: list[RunRecord]) -> Iterator[Sample]:
    if not records:
        raise InputError("records", [], "at least one run record")
    told = [{key: _plain(value) for key, value in settings(one.scenario).items()} for one in records]
    everything = dict.fromkeys(key for one in told for key in one if key not in WORDS)
    differ = [key for key in everything if any(one.get(key) != told[0].get(key) for one in told)]
    points: dict[tuple[Any, ...], int] = {}
    for record, own in zip(records, told, strict=True):
        keys = {key: own.get(key) for key in differ}
        point = points.setdefault(tuple(keys.values()), len(points))
        yield Sample(record.path.name, point, record.manifest["seed"], keys, record)


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else json.dumps(value)
