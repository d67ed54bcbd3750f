"""A record's tables as plain Python: whole numbers stay whole, what is absent is ``None``.

A Parquet column with gaps comes back from pandas as floats and ``NaN``; ids and amounts must not.
"""

import json
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from ..scenarios import SCHEMAS, RunRecord

Row = dict[str, Any]


def rows(record: RunRecord, table: str) -> list[Row]:
    """Return a table's rows: wei and ids as ``int``, lists as tuples, absent values as ``None``.

    A column that an older version did not write is absent in every row.

    Raises:
        InputError: The table's file is missing or damaged.
    """
    frame = record.table(table)
    absent = [None] * len(frame)
    columns = {
        name: _plain(frame[name], kind) if name in frame.columns else absent
        for name, kind in SCHEMAS[table].items()
    }
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def events(record: RunRecord) -> list[Row]:
    """Return the contract's events in the order of the chain, their arguments decoded.

    Each row has ``time``, ``block``, ``transaction_index``, ``event`` and the event's own fields by their
    names in ``verifuse.contracts.events``.
    """
    kept = ("time", "block", "transaction_index", "event")
    return [
        {**json.loads(row["arguments"]), **{key: row[key] for key in kept}} for row in rows(record, "events")
    ]


def _plain(column: Iterable[Any], kind: pa.DataType) -> list[Any]:
    if pa.types.is_list(kind):
        return [() if value is None else tuple(int(item) for item in value) for value in column]
    if pa.types.is_decimal(kind) or pa.types.is_integer(kind):
        cast: type = int
    elif pa.types.is_boolean(kind):
        cast = bool
    else:
        cast = float if pa.types.is_floating(kind) else str
    # A gap is None or NaN, which alone differs from itself.
    return [None if value is None or value != value else cast(value) for value in column]
