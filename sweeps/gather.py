"""All runs of a sweep as one tidy table, written row group by row group.

``results.parquet`` has a row for each run in the sweep's order, whoever ran it and when: the same runs give
the same bytes. What differs from one time to the next is kept apart, in ``timings.parquet``.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from .flat import flat_summary
from .folder import RESULTS, TIMINGS
from .places import Results
from .plan import Plan
from .until import seeds_of

ROWS = 4096
"""Rows held in memory at once; a row group of the files."""

WEI = pa.decimal128(38, 0)
Row = dict[str, Any]
Kinds = dict[str, pa.DataType]

LEADING: Kinds = {
    "run": pa.string(),
    "point": pa.int64(),
    "seed": pa.int64(),
    "status": pa.string(),
    "stage": pa.string(),
    "error": pa.string(),
    "digest": pa.string(),
}
TIMING: Kinds = {
    "run": pa.string(),
    "point": pa.int64(),
    "seed": pa.int64(),
    "wall_seconds": pa.float64(),
    "cpu_seconds": pa.float64(),
}


def gather(plan: Plan, folder: Results) -> int:
    """Write ``results.parquet`` and ``timings.parquet`` of all runs that are over; return how many they are.

    Columns are ``run`` (the name of its folder), ``point``, ``seed``, ``status`` (``done`` or ``failed``),
    ``stage`` and ``error`` of failures, ``digest``, the sweep's keys, and every number, truth value and text
    of ``summary.json`` under its dotted name. Amounts in wei are exact decimals. Which columns there are is
    known only after the last run: until then rows wait in a temporary file, so that a sweep may be larger
    than memory.
    """
    with folder.gathering(), tempfile.TemporaryFile("w+", encoding="utf-8") as waiting:
        folder.look()
        kinds = _note(plan, folder, waiting)
        waiting.seek(0)
        with folder.writing(RESULTS) as results, folder.writing(TIMINGS) as timings:
            result_schema, timing_schema = (pa.schema(list(one.items())) for one in (kinds, TIMING))
            with (
                pq.ParquetWriter(results, result_schema) as result_file,
                pq.ParquetWriter(timings, timing_schema) as timing_file,
            ):
                count = 0
                for batch in _batches(map(json.loads, waiting)):
                    count += len(batch)
                    result_file.write_table(_table([row for row, _ in batch], result_schema))
                    timing_file.write_table(_table([timing for _, timing in batch], timing_schema))
    return count


def _note(plan: Plan, folder: Results, waiting: TextIO) -> Kinds:
    """Write all rows into a file, a line each, and return the columns that hold them."""
    keys = plan.sweep.keys
    swept: Kinds = {}
    found: Kinds = {}
    for row, timing in rows(plan, folder):
        _widen(swept, {key: row.get(key) for key in keys})
        _widen(found, {key: row[key] for key in row if key not in LEADING and key not in keys})
        waiting.write(json.dumps((row, timing)) + "\n")
    return LEADING | {key: swept.get(key, pa.null()) for key in keys} | dict(sorted(found.items()))


def rows(plan: Plan, folder: Results) -> Iterator[tuple[Row, Row]]:
    """Yield what is known of each run that is over, in the sweep's order: its results and its timings."""
    for point, values in enumerate(plan.points()):
        for seed in seeds_of(plan, folder, point, values):
            run = plan.run(point, values, seed)
            state = folder.state(run.name, fresh=False)
            if state is None:
                continue
            row: Row = {"run": run.name, "point": point, "seed": seed, "status": state}
            row |= {key: _plain(value) for key, value in values.items()}
            timing: Row = {"run": run.name, "point": point, "seed": seed}
            if state == "failed":
                failure = folder.failure(run.name)
                row |= {"stage": failure["stage"], "error": failure["error"]}
            else:
                manifest = folder.read(run.name, "manifest.json")
                row |= {"digest": manifest["digest"], **flat_summary(folder.read(run.name, "summary.json"))}
                timing |= {key: manifest[key] for key in ("wall_seconds", "cpu_seconds")}
            yield row, timing


def _plain(value: Any) -> Any:
    """Return a swept value as a column can hold it: lists and tables as JSON."""
    return value if isinstance(value, bool | int | float | str) else json.dumps(value, default=str)


def _widen(kinds: Kinds, row: Mapping[str, Any]) -> None:
    """Let each column's type hold what a row has in it."""
    for key, value in row.items():
        if value is None:
            continue
        kind = _kind(key, value)
        known = kinds.setdefault(key, kind)
        if known != kind:
            numbers = {known, kind} <= {pa.int64(), pa.float64()}
            kinds[key] = pa.float64() if numbers else pa.string()


def _kind(key: str, value: Any) -> pa.DataType:
    if isinstance(value, bool):
        return pa.bool_()
    if isinstance(value, int):
        return WEI if key.endswith("_wei") else pa.int64()
    return pa.float64() if isinstance(value, float) else pa.string()


def _table(batch: Iterable[Row], schema: pa.Schema) -> pa.Table:
    def fit(row: Row) -> Row:
        return {
            field.name: str(row[field.name])
            if field.type == pa.string() and row.get(field.name) is not None
            else row.get(field.name)
            for field in schema
        }

    return pa.Table.from_pylist([fit(row) for row in batch], schema=schema)


def _batches(found: Iterator[list[Row]]) -> Iterator[list[list[Row]]]:
    batch: list[list[Row]] = []
    for one in found:
        batch.append(one)
        if len(batch) == ROWS:
            yield batch
            batch = []
    if batch:
        yield batch
