"""What the report page says, as plain values that the template lays out."""

import json
import shlex
import tomllib
from collections.abc import Sequence
from statistics import fmean
from typing import Any

from ..agents import TaskSettings
from ..learning import network_name
from ..scenarios import RunRecord, Scenario, from_table, shipped
from ..units import format_ether
from .chronicle import mafr_text, margin_text, points
from .conservation import check_conservation
from .people import announced_models, clock, ether, none_integrated, percent
from .rows import Row, events, rows
from .series import NOT_TRAINED, Estimate, estimate, of_one_task, seeds_text, settings
from .tables import accounts, contributors, is_measured, verifiers, votes

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
        "headlines": _headlines(records),
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
        "asked": _asked(records[0]),
        "runs": [_run_of_a_task(record) for record in records],
        "strategy": task.strategy,
        "alone": task.fitness == "standalone",
        "gain": task.has_reference,
        "bonded": task.bond > 0,
        "mafr": mafr_text(task),
    }


def _headlines(records: Sequence[RunRecord]) -> list[str]:
    summaries = [record.summary for record in records]
    kinds = {key for one in summaries for key in one["models"]}
    totals = {key: sum(one["models"].get(key, 0) for one in summaries) for key in kinds}
    totals["unheard"] = sum(_is_unheard(model) for record in records for model in announced_models(record))
    totals["rejected"] -= totals["unheard"]
    names = records[0].task_names
    tasks = "" if len(names) == 1 else f" for {len(names)} tasks"
    runs = "" if len(records) == 1 else f" in {len(records)} runs"
    lines = [f"{NOT_TRAINED}."] if records[0].scenario.learning == "surrogate" else []
    lines += [f"{totals['rewarded']} of {totals['announced']} announced models were rewarded{tasks}{runs}."]
    for key, words in (
        ("rejected", "rejected by the panel's majority"),
        ("unheard", "rejected, as no evaluation was brought"),
        ("void", _void_because(records)),
        ("never_announced", "trained and never announced"),
    ):
        if totals[key]:
            lines.append(f"{totals[key]} {'was' if totals[key] == 1 else 'were'} {words}.")
    lines += _plant_lines(records)
    for name in names:
        which = "" if len(names) == 1 else f"Task {name}: "
        lines += [f"{which}{line}" for line in _accuracy_lines(of_one_task(records, name))]
    cost = [int(one["initiator_cost_wei"]) for one in summaries]
    mean = f"{ether(sum(cost) // len(cost))}{' on average' if runs else ''}"
    lines.append(f"{_payer(records[0])} paid {mean}, gas included.")
    wrong = [str(one) for record in records for one in check_conservation(record)]
    if wrong:
        lines.append(f"The books do not balance: {'; '.join(wrong)}.")
    else:
        burnt = sum(int(one.get("burnt_wei", 0)) for one in summaries)
        stuck = sum(int(one.get("stranded_wei", 0)) for one in summaries)
        left = sum(int(one["contract_balance_end_wei"]) for one in summaries) - burnt - stuck
        lost = f"is gas{f', {ether(burnt, 18)} of burnt bonds' if burnt else ''}"
        lost += f", {ether(stuck, 18)} of stakes whose owners vanished" if stuck else ""
        lost += f", and {ether(left, 18)} that nobody has collected yet" if left else ""
        lines.append(f"Every wei is accounted for: what wallets lost and others did not gain {lost}.")
    unfinished = [str(record.manifest["seed"]) for record in records if not record.summary["finished"]]
    if unfinished:
        lines.append(f"Not all runs came to their end: seed {', '.join(unfinished)}.")
    return lines


def _payer(record: RunRecord) -> str:
    """Say whose wallets the initiator's cost is summed over."""
    initiators = {task.initiator for task in record.scenario.task_list}
    if len(initiators) > 1:
        return f"The {len(initiators)} initiators together"
    plants = record.scenario.initiator.plants
    return "The initiator and the accounts of her planted tests together" if plants else "The initiator"


def _is_unheard(model: Row) -> bool:
    """Whether a model was rejected though nobody's evaluation was counted, as the paper's contract does."""
    return model["outcome"] == "Rejected" and not model["reports"] and not model["planted"]


def _void_because(records: Sequence[RunRecord]) -> str:
    failed = any(event["event"] == "RuleFailed" for record in records for event in events(record))
    return f"void for want of {'a working rule, ' if failed else ''}a quorum or a panel"


def _plant_lines(records: Sequence[RunRecord]) -> list[str]:
    """Say how planted tests and bonds ended; nothing where a task has none."""
    plants = [model for record in records for model in announced_models(record) if model["planted"]]
    seats = [seat for record in records for seat in rows(record, "evaluations") if seat["seat_outcome"]]
    lines = []
    if plants:
        agreed = sum(bool(model["plant_agreed"]) for model in plants)
        lines.append(
            f"{len(plants)} planted test{'s' if len(plants) > 1 else ''} of the initiator's came on top; "
            f"the panel's median agreed with {agreed}."
        )
    if seats:
        outcomes = [seat["seat_outcome"] for seat in seats]
        slashed, silent = outcomes.count("Slashed"), outcomes.count("Silent")
        if slashed or silent:
            why = [f"{slashed} for contradicting a planted test"] if slashed else []
            why += [f"{silent} for silence"] if silent else []
            lines.append(f"Of {len(seats)} bonds these were burnt: {', '.join(why)}.")
        else:
            lines.append(f"All {len(seats)} bonds came back.")
    return lines


def _accuracy_lines(records: Sequence[RunRecord]) -> list[str]:
    task = records[0].scenario.task
    if task.fitness == "standalone":
        return [*_standalone_line(records), *_integrated_line(records)]
    measured = [found for found in map(_counted_accuracies, records) if found]
    if not measured:
        return ["No measurement was counted.", *_integrated_line(records)]
    if any(len(found) > 1 for found in measured):
        text = f"{_average(measured, 0, 'first model')} and {_average(measured, -1, 'last one')}"
    else:
        text = _average(measured, 0, "one model")
    return [f"Verifiers measured on average {text} (Strategy {task.strategy}).", *_integrated_line(records)]


def _counted_accuracies(record: RunRecord) -> list[tuple[float, int]]:
    """Return what a panel's counted members measured on average, and of how many models, in their order."""
    column = f"fused_accuracy_{record.scenario.task.strategy}"
    seats = [seat for seat in rows(record, "evaluations") if is_measured(seat) and seat[column] is not None]
    found = []
    for model in announced_models(record):
        own = [seat for seat in seats if seat["model_id"] == model["model_id"]]
        if own:
            found.append((fmean(seat[column] for seat in own), own[0]["fused_models"]))
    return found


def _average(measured: list[list[tuple[float, int]]], place: int, which: str) -> str:
    accuracies, fused = zip(*(found[place] for found in measured), strict=True)
    how = "alone" if max(fused) == 1 else "fused with its base"
    return f"{_rate(estimate(accuracies))} for the {which} {how}"


def _standalone_line(records: Sequence[RunRecord]) -> list[str]:
    found = [record.summary["mean_standalone_accuracy"] for record in records]
    measured = [value for value in found if value is not None]
    if not measured:
        return ["No measurement was counted."]
    return [
        f"Verifiers measured on average {_rate(estimate(measured))} for contributors' models, each alone on "
        "its own labels."
    ]


def _integrated_line(records: Sequence[RunRecord]) -> list[str]:
    whole = [r.summary["integrated_model"] for r in records if r.summary["integrated_model"]]
    kept = [one for one in whole if one["held_out_accuracy"] is not None]
    if not whole:
        reasons = dict.fromkeys(map(none_integrated, records))
        return [f"{reason}, so the initiator has none to integrate." for reason in reasons]
    if kept:
        accuracy = _rate(estimate([one["held_out_accuracy"] for one in kept]))
        images = f"{kept[0]['held_out_images']:,} held-out images"
        return [f"The integrated model tells {accuracy} of {images} right, which nobody trained or voted on."]
    return []


def _asked(record: RunRecord) -> list[tuple[str, str]]:
    scenario = record.scenario
    task, people, panel = scenario.task, scenario.contributors, scenario.verifiers
    fitness = {
        "accuracy": "accuracy of the fused model",
        "gain": "gain over the base's accuracy",
        "random_control": "gain over the accuracy of the base with an equally wide random block",
        "standalone": "accuracy of the model alone, on its own labels",
    }[task.fitness]
    base = {
        "announced": "all earlier announced models" + ("" if scenario.is_paper else " that are not void"),
        "accepted": "the earlier models that were rewarded",
    }
    quorum = f"quorum {scenario.quorum}" if scenario.quorum else "no quorum"
    threshold = task.announce_threshold
    announce = "when its own test set no longer improves"
    if threshold is not None:
        held = scenario.training.hold
        announce = f"once its owner's test images show {percent(threshold)} for {held} epochs in a row"
    which = []
    if record.task is not None:
        (entry,) = scenario.task_list
        which = [("Posted", f"by {entry.initiator} at {clock(entry.post_at)}")]
    return [
        *which,
        (
            "Data",
            f"{scenario.data.set}; {people.train} training, {people.test} test and {people.verification} "
            "verification images for each contributor",
        ),
        (
            "Minimum acceptable fitness rate (MAFR)",
            f"{mafr_text(task)} {fitness}; a vote passes strictly above it",
        ),
        *(
            []
            if task.fitness == "standalone"
            else [("Base a model is fused with", base[task.base]), ("Fusion", f"Strategy {task.strategy}")]
        ),
        ("Network", _networks(scenario)),
        ("A model is announced", announce),
        (
            "Reward",
            f"{_reward(task)}, {ether(task.verifier_fee)} for "
            + (
                "everybody who is registered, each time that a model is settled"
                if scenario.is_paper
                else f"each counted evaluation, {ether(task.oracle_fee)} for the oracle's answer"
            ),
        ),
        ("Escrow", ether(task.escrow if task.escrow is not None else 0)),
        ("Panel", f"{panel.panel} of {len(panel.members)} verification contributors, {quorum}"),
        ("Computing contributors", str(len(people.members))),
        *([("Contract", "the paper's, read literally")] if scenario.is_paper else []),
        *_options(scenario),
    ]


def _networks(scenario: Scenario) -> str:
    if scenario.task.network is not None:
        return network_name(scenario.task.network)
    own = dict.fromkeys(network_name(one.network) for one in scenario.contributors.members)
    return f"each contributor's own design ({', '.join(own)})"


def _reward(task: TaskSettings) -> str:
    if task.rule == "flat":
        return f"{ether(task.reward)} for a rewarded model"
    full = "" if task.full_margin is None else f", all of it for a margin of {points(task.full_margin)}"
    return f"up to {ether(task.reward)} for a rewarded model by the rule {task.rule_name}{full}"


def _options(scenario: Scenario) -> list[tuple[str, str]]:
    """Return the terms that are off by default and on here."""
    task, asked = scenario.task, []
    if task.is_sealed:
        whose = "the initiator alone"
        if task.access == "sealed_for_rewarded":
            whose = "the initiator and the other rewarded contributors"
        asked.append(("Models in the store", f"sealed; once a model is rewarded, {whose} can open it"))
    if task.sealed_sample:
        asked.append(("Verification sample", "sealed until a panel is drawn"))
    if task.commit_reveal:
        where = "on the board" if scenario.verifiers.reveal == "board" else "on the chain"
        asked.append(("Commit–reveal", f"verifiers commit to what they measured, then show it {where}"))
    if task.bond:
        asked.append(("Bond", f"{ether(task.bond)} for each seat, burnt for silence"))
    if scenario.initiator.plants:
        asked.append(
            (
                "Planted tests",
                f"{scenario.initiator.plants}; who measures something more than "
                f"{points(task.plant_tolerance).lstrip('+')} away loses the bond",
            )
        )
    return asked


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
            (strategy, f"{printed:.1%}".replace("%", " %"), _rate(estimate(ours)) if ours else "not measured")
        )
    return table


def _run(record: RunRecord) -> Content:
    summary = record.summary
    return {
        "seed": record.manifest["seed"],
        "digest": record.manifest["digest"],
        "command": command_of(record),
        "payer": _payer(record),
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


def command_of(record: RunRecord) -> str:
    """Return the command whose run has the same digest.

    It names the shipped scenario and what was changed in it, or, where that cannot be said on a command
    line, the record's own resolved scenario file.
    """
    scenario = record.scenario
    seed = ["--seed", str(scenario.seed)]
    original = shipped().get(scenario.name)
    if original is not None and not any(task.has_own_rule for task in scenario.task_list):
        before = settings(from_table(tomllib.loads(original)).resolved())
        changes = {key: value for key, value in settings(scenario).items() if value != before[key]}
        if None not in changes.values() and not {"title", "description", "tasks"} & changes.keys():
            overrides = [f"{key}={json.dumps(value)}" for key, value in changes.items()]
            return shlex.join(["verifuse", "run", scenario.name, *overrides, *seed])
    return shlex.join(["verifuse", "run", f"{record.path.name}/scenario.toml", *seed])


def _rate(one: Estimate) -> str:
    if one.half_width is None:
        return percent(one.mean)
    points = f"{100 * one.half_width:.2f}"
    return f"{percent(one.mean)} ± {points} points (95 % interval over {one.runs} runs)"
