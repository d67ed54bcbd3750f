"""The reference of the run record, ``docs/reference/record.md``, from its columns and what they mean.

``make docs`` writes it: ``python -m verifuse.scenarios.record_page docs/reference/record.md``.
"""

import sys
from pathlib import Path

import pyarrow as pa

from .columns import FLAG, INTEGER, LABELS, NUMBER, SCHEMAS, TEXT, WEI
from .meanings import FILES, MEANINGS, ROWS

INTRODUCTION = """\
# The run record

<!-- Written by `make docs` from `scenarios/columns.py` and `scenarios/meanings.py`; change it there. -->

`verifuse run` leaves a folder that is whole or not there at all:
"""

HOW_TO_READ = """\
`digest` is SHA-256 over the resolved scenario, all rows of all tables, the summary and the texts of a
reward rule, of networks and of behaviours of your own, without what came later and follows from the rest:
the table `presence`, the columns `training_cut`, `claimed_accuracy`, `work_seconds`, `work_cost_wei` and
`behaviour`, and `stranded_wei`. It does not cover wall-clock times, versions or where files lie. The
manifest's `files` are the SHA-256 of the other files: a record that was changed after its run is refused by
the name of the changed file. Read a record with `verifuse.scenarios.read_record(folder)`;
`record.table("models")` is a pandas frame, in which columns that an older version did not write are absent.
Columns that end in `_wei` are exact decimals of whole wei. `time` is in simulated seconds since the
contract was deployed, `block` is the number of the block that holds the row's fact, or the newest one at
that time. A new version may add columns and tables; it reads old records, in which a table that is younger
than they are is empty. `tasks`, which is there since format 3, is then made of what they tell.

What the contract still holds in the end is `burnt_wei` and `stranded_wei` of `summary.json`: bonds lost by
silence or a lie, and stakes of verifiers who vanished without leaving the pool, which nobody can do for
them.

Where a scenario lists several tasks, `record.of_task("its name")` gives the record narrowed down to one of
them: its rows of `tasks`, `models`, `evaluations`, `payments`, `events` and `timeline`, its terms as
`scenario.task`, its figures as the summary; participants and transactions stay everybody's. Tables, figures
and stories of `verifuse.analysis` take it like any record. In the summary of the whole record, counts and
money are sums over all tasks; the accuracies that cannot be added up and `integrated_model` are the first
task's.
"""

TYPES: dict[pa.DataType, str] = {
    WEI: "wei",
    TEXT: "text",
    INTEGER: "whole number",
    NUMBER: "number",
    FLAG: "true or false",
    LABELS: "list of whole numbers",
}


def record_page() -> str:
    """Return the page in Markdown."""
    files = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in FILES.items())
    parts = [INTRODUCTION, f"| file | what it holds |\n|---|---|\n{files}\n", HOW_TO_READ]
    for name, columns in SCHEMAS.items():
        parts.append(f"## {name}\n\n{ROWS[name]}\n\n| column | type | meaning |\n|---|---|---|")
        parts += [_row(names.split(", "), columns, meaning) for names, meaning in MEANINGS[name].items()]
        parts[-1] += "\n"
    return "\n".join(parts)


def _row(names: list[str], columns: dict[str, pa.DataType], meaning: str) -> str:
    kinds = dict.fromkeys(TYPES[columns[name]] for name in names)
    return f"| {', '.join(f'`{name}`' for name in names)} | {', '.join(kinds)} | {meaning} |"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(record_page(), "utf-8", newline="\n")
