"""What a run, or several with different seeds, came to: a sentence each."""

from collections.abc import Sequence
from statistics import fmean

from ...scenarios import RunRecord
from ..conservation import check_conservation
from ..people import announced_models, ether, none_integrated, percent
from ..rows import Row, events, rows
from ..series import NOT_TRAINED, Estimate, estimate, of_one_task
from ..tables import is_measured


def headlines(records: Sequence[RunRecord]) -> list[str]:
    """Return what came out, a sentence each; runs of one scenario, in the order of their seeds."""
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
    lines.append(f"{payer(records[0])} paid {mean}, gas included.")
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


def payer(record: RunRecord) -> str:
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
    return f"{rate(estimate(accuracies))} for the {which} {how}"


def _standalone_line(records: Sequence[RunRecord]) -> list[str]:
    found = [record.summary["mean_standalone_accuracy"] for record in records]
    measured = [value for value in found if value is not None]
    if not measured:
        return ["No measurement was counted."]
    return [
        f"Verifiers measured on average {rate(estimate(measured))} for contributors' models, each alone on "
        "its own labels."
    ]


def _integrated_line(records: Sequence[RunRecord]) -> list[str]:
    whole = [r.summary["integrated_model"] for r in records if r.summary["integrated_model"]]
    kept = [one for one in whole if one["held_out_accuracy"] is not None]
    if not whole:
        reasons = dict.fromkeys(map(none_integrated, records))
        return [f"{reason}, so the initiator has none to integrate." for reason in reasons]
    if kept:
        accuracy = rate(estimate([one["held_out_accuracy"] for one in kept]))
        images = f"{kept[0]['held_out_images']:,} held-out images"
        return [f"The integrated model tells {accuracy} of {images} right, which nobody trained or voted on."]
    return []


def rate(one: Estimate) -> str:
    """Return a rate with its interval, in words."""
    if one.half_width is None:
        return percent(one.mean)
    points = f"{100 * one.half_width:.2f}"
    return f"{percent(one.mean)} ± {points} points (95 % interval over {one.runs} runs)"
