"""What the report page says, as plain values that the template lays out."""

from collections.abc import Sequence
from typing import Any

from ...scenarios import RunRecord
from ...units import format_ether
from ..chronicle import mafr_text, margin_text
from ..people import announced_models, ether, percent
from ..rows import rows
from ..series import estimate, of_one_task, seeds_text
from ..tables import accounts, contributors, is_measured, verifiers, votes
from .asked import asked
from .command import command_of
from .headlines import headlines, payer, rate

PAPER_FINAL = {"I": 0.984, "II": 0.986}
"""What Section IV-B prints for five fused models in Scenario II; for Scenario I it prints no number."""

Content = dict[str, Any]


def content_of(records: Sequence[RunRecord]) -> Content:
    """Return all texts and tables of the page.

    Args:
        records: Runs of one scenario, in the order of their seeds.
    """
    scenario = records[0].scenario
    return {
        "name": scenario.name,
        "title": scenario.title or scenario.name,
        "description": " ".join(scenario.description.split()),
        "seeds": seeds_text(records),
        "count": len(records),
        "headlines": headlines(records),
        "comparison": _comparison(records),
        "runs": [_run(record) for record in records],
        "parts": [_part(of_one_task(records, name)) for name in records[0].task_names],
        "libraries": sorted(records[0].manifest["libraries"].items()),
        "python": records[0].manifest["python"],
        "machine": records[0].manifest["machine"],
        "bonded": any(task.bond for task in scenario.task_list),
    }


def _part(records: Sequence[RunRecord]) -> Content:
    """Return what the page says of one task.

    Args:
        records: The runs, narrowed down to it.
    """
    task = records[0].scenario.task
    return {
        "task": records[0].task,
        "asked": asked(records[0]),
        "runs": [_run_of_a_task(record) for record in records],
        "strategy": task.strategy,
        "alone": task.fitness == "standalone",
        "gain": task.has_reference,
        "bonded": task.bond > 0,
        "mafr": mafr_text(task),
    }


def _comparison(records: Sequence[RunRecord]) -> list[tuple[str, str, str]]:
    """Return strategy, the paper's value and ours at five fused models, for Scenario II alone."""
    if records[0].scenario.name != "paper_2":
        return []
    table = []
    for strategy, printed in PAPER_FINAL.items():
        column = f"fused_accuracy_{strategy}"
        ours = [
            model[column]
            for record in records
            for model in announced_models(record)
            if model["fused_models"] == 5 and model[column] is not None
        ]
        table.append(
            (strategy, f"{printed:.1%}".replace("%", " %"), rate(estimate(ours)) if ours else "not measured")
        )
    return table


def _run(record: RunRecord) -> Content:
    summary = record.summary
    return {
        "seed": record.manifest["seed"],
        "digest": record.manifest["digest"],
        "command": command_of(record),
        "payer": payer(record),
        "cost": ether(int(summary["initiator_cost_wei"])),
        "gas": ether(int(summary["fees_wei"])),
        "accounts": [_account(row) for row in accounts(record).to_dict("records")],
    }


def _run_of_a_task(record: RunRecord) -> Content:
    summary = record.summary
    whole = summary["integrated_model"]
    alone = record.task is None
    return {
        "seed": record.manifest["seed"],
        "integrated": whole
        and {
            "cid": whole["cid"],
            "models": ", ".join(map(str, whole["models"])),
            "verification": percent(whole["verification_accuracy"]),
            "held_out": percent(whole["held_out_accuracy"]),
            "images": f"{whole['held_out_images']:,}",
        },
        "cost": ether(int(summary["initiator_cost_wei" if alone else "cost_wei"])),
        "rewarded": f"{summary['models']['rewarded']} of {summary['models']['announced']}",
        "contributors": [
            _shown(row) | {"margin": margin_text(record.scenario.task, row["margin"])}
            for row in contributors(record).to_dict("records")
        ],
        "verifiers": [_shown(row) for row in verifiers(record).to_dict("records")],
        "votes": _votes(record),
    }


def _shown(row: dict[Any, Any]) -> Content:
    """Turn a table's row into text: rates in per cent, wei in ether, absent values as dashes."""
    shown = {}
    for key, value in row.items():
        if key.endswith("_wei"):
            shown[key.removesuffix("_wei")] = format_ether(value)
        elif "accuracy" in key:
            shown[key] = percent(value)
        else:
            shown[key] = "–" if value is None else str(value)
    return shown


def _account(row: dict[Any, Any]) -> Content:
    change = row["balance_end_wei"] - row["balance_start_wei"]
    sign = "+" if change > 0 else "−" if change < 0 else ""
    return _shown(row) | {"change": f"{sign}{format_ether(abs(change))}"}


def _votes(record: RunRecord) -> Content:
    """Lay out the matrix of evaluations with each vote; what measured nothing is told in words."""
    matrix = votes(record)
    seats = rows(record, "evaluations")
    counted = {(seat["verifier"], seat["contributor"]): seat for seat in seats if seat["counted"]}
    lines = []
    for verifier in matrix.index:
        cells = []
        for contributor in matrix.columns:
            seat = counted.get((verifier, contributor))
            cells.append(seat and (_cell(seat), "for" if seat["passed"] else "against"))
        lines.append((verifier, cells))
    return {"columns": list(matrix.columns), "lines": lines}


def _cell(seat: dict[str, Any]) -> str:
    if is_measured(seat):
        return percent(seat["fitness_bps"] / 10_000)
    return f"copy of {seat['copy_of']}" if seat["verdict"] == "copy" else "unreadable"
