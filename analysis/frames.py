"""Frames that are documented where they are made: a row is a dataclass, its attributes are the columns.

``docs/reference/analysis.md`` is written from these docstrings, so that no column goes without a meaning.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

from ..scenarios.json_schema import meanings_of

Keys = Mapping[str, Any]
"""Keys of a scenario that differ between runs, such as ``{"task.mafr": 0.9}``."""


@dataclass(frozen=True)
class OfRun:
    """What every row about a run begins with; keys that differ between runs are columns after it.

    Attributes:
        run: Name of the run's folder.
        point: Which settings the run has, counted from 0; runs of one point differ in their seed only.
        seed: Of every draw of the run.
    """

    run: str
    point: int
    seed: int


def frame_of(kind: type, rows: Iterable[tuple[Keys, Any]]) -> pd.DataFrame:
    """Return rows as a frame; columns of wei hold exact Python integers unless they are means.

    Args:
        kind: The rows' dataclass.
        rows: Each with the keys that stand before its own columns, or behind ``seed`` if it is about a run.
    """
    names = [field.name for field in fields(kind)]
    lead = len(fields(OfRun)) if issubclass(kind, OfRun) else 0
    found = list(rows)
    keys = list(dict.fromkeys(key for own, _ in found for key in own))
    columns: dict[str, pd.Series] = {}
    for name in (*names[:lead], *keys, *names[lead:]):
        values = [own[name] if name in own else getattr(row, name, None) for own, row in found]
        whole = name.endswith("_wei") and all(isinstance(value, int | None) for value in values)
        columns[name] = pd.Series(values, dtype=object if whole else None)
    return pd.DataFrame(columns)


def keys_of(frame: pd.DataFrame, kind: type) -> list[str]:
    """Return the columns of a frame that are keys of a scenario: those that its kind of row does not have."""
    own = {field.name for field in fields(kind)}
    return [str(name) for name in frame.columns if name not in own]


def groups(frame: pd.DataFrame, by: Sequence[str]) -> Iterator[tuple[dict[str, Any], pd.DataFrame]]:
    """Give a frame apart by columns, in the order in which their values are met; whole if there are none."""
    if not by:
        yield {}, frame
        return
    grouped: Any = frame.groupby(list(by), sort=False, dropna=False)
    for values, group in grouped:
        yield dict(zip(by, values, strict=True)), group


def where(frame: pd.DataFrame, chosen: Any) -> pd.DataFrame:
    """Return the rows for which a column of truth values holds."""
    found: Any = frame.loc[chosen]
    return found


def meanings(kind: type) -> dict[str, str]:
    """Return what each column of a kind of row means, in the order of columns."""
    found = meanings_of(kind)
    return {field.name: found[field.name] for field in fields(kind)}
