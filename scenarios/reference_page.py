"""The reference of the scenario file as a page, ``docs/reference/scenarios.md``; ``make docs`` writes it."""

from collections.abc import Iterable

from .json_schema import json_schema
from .reference import Key, tables

INTRODUCTION = """\
# The scenario file

<!-- Written by `make docs` from the settings' docstrings and types; change it there. -->

A scenario is a TOML file, and every key has a default:

```toml
extends = "paper_2"

[task]
mafr = 0.9
```

`verifuse new mine` writes a file with all keys, commented, to start from (`--from paper_1` with another
scenario's values); `verifuse show mine.toml` prints what it comes to, `verifuse show mine.toml --data` who
holds which images, and `verifuse run mine.toml` runs it. `KEY=VALUE` after a scenario changes single keys:
`verifuse run mine.toml task.mafr=0.8 'contributors.labels=[[0, 1], [2, 3]]'`.

**Building on others.** `extends` names a shipped scenario or a file, relative to the one that says it, over
any number of levels. What is said nearer counts: tables are merged key by key, anything else is replaced,
lists too. A key that the other sets cannot be unset, only set to something else.

**Amounts** are ether: `"0.05 ether"`, `"20 gwei"`, `"7 wei"`, or a whole number of wei. **Times** are
simulated seconds.

**Editors.** `verifuse schema --out verifuse.schema.json` writes a JSON Schema. Editors that know
[Taplo](https://taplo.tamasfe.dev) (Even Better TOML for VS Code, among others) complete and check a file that
begins with `#:schema ./verifuse.schema.json`; `verifuse new` writes both.

**Mistakes** get one line that names file, key, value and what is allowed, and the nearest key if one is
misspelt.
"""


def reference_page() -> str:
    """Return the page in Markdown."""
    parts = [INTRODUCTION]
    for table in tables(json_schema()):
        parts.append(f"## {f'`{table.heading}`' if table.heading else 'Above all tables'}\n")
        if table.heading:
            parts.append(f"{table.meaning}\n")
        if table.shared:
            parts.append(f"{table.shared}; and its own:\n")
        parts.append(rows(table.keys) if table.keys else "No key of its own.\n")
    return "\n".join(parts)


def rows(keys: Iterable[Key]) -> str:
    """Return keys as a table in Markdown."""
    lines = ["| key | what it can be | default | meaning |", "|---|---|---|---|"]
    for key in keys:
        default = f"`{key.default}`" if key.default else "has to be said" if key.is_needed else "–"
        cells = (f"`{key.name}`", key.allowed, default, key.meaning)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"
