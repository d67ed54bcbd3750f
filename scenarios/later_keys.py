"""What a record's digest leaves out: later settings that are their defaults, and later columns.

Both were added after records had been published. A scenario that says nothing about a later key is the same
scenario as before; a later column or table only says anew what follows from the others, such as the diary. So
these records keep their digests.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import pyarrow as pa

from .schema import Scenario

_PRESENCE = ("first_start", "starts", "per_hour", "stay", "mean_stay", "back_after", "leaves", "groups")

_BEHAVIOUR = ("behaviour", "options")

LATER = (
    ("tasks",),
    ("faults",),
    ("contributors", "tasks"),
    ("learning",),
    *(("contributors", key) for key in ("partition", "alpha", "shards", "verifies", *_PRESENCE)),
    *(("verifiers", key) for key in ("data", "start_every", *_PRESENCE)),
    *(("costs", key) for key in ("per_second", "watts", "watt_hour")),
    *((table, key) for table in ("initiator", "contributors", "verifiers", "oracle") for key in _BEHAVIOUR),
)
"""Table and key; a table or key of the scenario itself stands alone."""

LATER_IN_GROUPS = dict.fromkeys(("contributors", "verifiers"), _BEHAVIOUR)
"""Keys that came after groups did: a group that says nothing of them is the same group as before."""

LATER_TABLES = ("presence", "tasks")
LATER_COLUMNS = {
    "evaluations": {"task_id"},
    "models": {"training_cut", "reused", "claimed_accuracy"},
    "participants": {"work_seconds", "work_cost_wei", "behaviour"},
}
LATER_SUMMARY = {"learning", "stranded_wei", "tasks"}


def settings_that_count(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario's settings as JSON, without later keys that are their defaults."""
    settings, defaults = (one.model_dump(mode="json") for one in (scenario, Scenario.model_validate({})))
    for name, keys in LATER_IN_GROUPS.items():
        for group, key in product(settings[name]["groups"], keys):
            if group[key] == defaults[name][key]:
                del group[key]
    for *tables, key in LATER:
        table, usual = settings, defaults
        for name in tables:
            table, usual = table[name], usual[name]
        if table[key] == usual[key]:
            del table[key]
    return settings


def summary_that_counts(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return a summary without later figures."""
    return {key: value for key, value in summary.items() if key not in LATER_SUMMARY}


def rows_that_count(tables: Mapping[str, pa.Table]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Give the rows of every table, by its name and without later columns."""
    for name in sorted(tables.keys() - set(LATER_TABLES)):
        table, later = tables[name], LATER_COLUMNS.get(name, set())
        rows = table.select([key for key in table.column_names if key not in later]).to_pylist()
        yield name, [_as_it_was(row) for row in rows] if name == "models" else rows


def _as_it_was(model: dict[str, Any]) -> dict[str, Any]:
    """Return a row of ``models`` without the task of one that was never announced, which is a later value."""
    return model | {"task_id": None} if "task_id" in model and model["model_id"] is None else model
