"""The page that sets runs or sweeps side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ..comparison import MEASURES, Side, compare, differing_settings
from ..difference_figure import figure_difference
from .files import Report, Table, check_folder, draw, write_report_files
from .shown import cell, minus

DRAWN = ("contributor_net_wei", "verifier_net_wei", "initiator_cost_wei", "accuracy")
TOLD = (*DRAWN, "wei_per_point", "rewarded")
MOST = 12


def write_comparison(sides: Sequence[Side], out: Path, command: str) -> Report:
    """Write a page that compares runs or sweeps with the first, seed by seed.

    Args:
        sides: As ``sides_of`` returns them.
        out: Where to.
        command: What writes it again, for the page.

    Raises:
        InputError: There is nothing to compare, no seed is common, or ``out`` cannot be a folder.
    """
    check_folder(out)
    differences = compare(sides)
    tables = [Table("differences", "Paired differences", differences, shown_differences(differences))]
    drawn = [
        draw(f"difference_{name}", f"Difference in {MEASURES[name]}", figure_difference(differences, name))
        for name in DRAWN
        if name in set(differences["measure"])
    ]
    content = {
        "title": _title(sides),
        "sides": [(side.label, _seeds(side)) for side in sides],
        "differ": differing_settings(sides)[:30],
        "findings": findings(differences),
        "tables": [table.content for table in tables],
        "command": command,
    }
    return write_report_files(out, "compare.html", content, drawn, tables)


def findings(differences: pd.DataFrame) -> list[str]:
    """Return what differs beyond chance in who gains what, and how much does not."""
    rows = differences.to_dict("records")
    clear = [row for row in rows if not _absent(row["p_value"]) and row["p_value"] < 0.05]
    lines = []
    chief = [row for row in clear if row["measure"] in TOLD]
    for row in sorted(chief, key=lambda row: TOLD.index(row["measure"]))[:MOST]:
        name, place = row["measure"], f" at {row['setting']}" if row["setting"] else ""
        told = f"{_capital(MEASURES[name])}: {difference_text(name, row['difference'])}"
        interval = f"95 % interval {_ends(row)}, {row['pairs']} pairs"
        lines.append(f"{told} ({interval}) with {row['other']}{place}.")
    if len(chief) > MOST:
        lines.append(f"… and {len(chief) - MOST} more; the table has all.")
    alone = sum(_absent(row["p_value"]) for row in rows)
    if alone:
        lines.append(f"{alone} of {len(rows)} differences come from a single seed, so chance cannot be told.")
    unclear = len(rows) - alone - len(clear)
    if unclear:
        lines.append(f"{unclear} of {len(rows)} differences have intervals that hold zero.")
    if len(clear) > 1:
        lines.append(
            f"Of {len(rows) - alone} tests at 5 %, {0.05 * (len(rows) - alone):.1f} come out by chance alone "
            "where nothing differs."
        )
    return lines


def shown_differences(differences: pd.DataFrame) -> pd.DataFrame:
    """Return differences as text, each in its measure's unit."""
    rows: list[dict[str, Any]] = []
    for row in differences.to_dict("records"):
        name = row["measure"]
        interval = "–"
        if not _absent(row["low"]):
            interval = _ends(row)
        rows.append(
            {
                "other": row["other"],
                "setting": row["setting"],
                "measure": MEASURES[name],
                "pairs": row["pairs"],
                row["first"]: value_text(name, row["first_mean"]),
                "with the other": value_text(name, row["other_mean"]),
                "difference": difference_text(name, row["difference"]),
                "95 % interval": interval,
                "p": _p_text(row["p_value"]),
            }
        )
    frame = pd.DataFrame(rows)
    return frame if any(frame["setting"]) else frame.drop(columns="setting")


def value_text(measure: str, value: float) -> str:
    """Return a value of a measure with its unit."""
    text = cell(measure, value)
    return text if measure == "accuracy" else f"{text}{_unit(measure)}"


def difference_text(measure: str, value: float) -> str:
    """Return a difference with its sign and unit; of rates, in percentage points."""
    if measure == "accuracy":
        return minus(f"{100 * value:+.2f} points")
    text = cell(measure, value)
    return f"{'+' if value > 0 else ''}{text}{_unit(measure)}"


def _title(sides: Sequence[Side]) -> str:
    others = f"{len(sides) - 1} others" if len(sides) > 2 else sides[1].label
    return f"{others} against {sides[0].label}"


def _ends(row: Mapping[Any, Any]) -> str:
    """Return both ends of an interval, with the unit once."""
    low, high = (difference_text(row["measure"], row[end]) for end in ("low", "high"))
    return f"{low.partition(' ')[0]} to {high}"


def _p_text(value: float | None) -> str:
    if value is None or value != value:
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _absent(value: float | None) -> bool:
    return value is None or value != value


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _unit(measure: str) -> str:
    return {"rewarded": " models", "hours": " h"}.get(measure, " ether")


def _seeds(side: Side) -> str:
    seeds = sorted(side.seeds)
    told = ", ".join(map(str, seeds)) if len(seeds) <= 10 else f"{seeds[0]} … {seeds[-1]}"
    return f"{'seed' if len(seeds) == 1 else 'seeds'} {told}"
