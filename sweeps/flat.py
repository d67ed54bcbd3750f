"""A run's summary as one row: every number, truth value and text under a dotted name."""

from collections.abc import Mapping
from typing import Any

Plain = bool | int | float | str


def flat_summary(summary: Mapping[str, Any], path: str = "") -> dict[str, Plain]:
    """Return what a summary says, tables within it opened up; lists are left out, but for several tasks.

    Args:
        summary: As in ``summary.json``.
        path: What the names begin with.
    """
    row: dict[str, Plain] = {}
    for key, value in summary.items():
        name = f"{path}{key}"
        if isinstance(value, Mapping):
            row |= flat_summary(value, f"{name}.")
        elif key == "tasks" and len(value) > 1:
            for task in value:
                row |= flat_summary(task, f"{name}.{task['name']}.")
        elif isinstance(value, bool | int | float | str):
            row[name] = value
    return row
