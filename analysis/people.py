"""Numbers as people read them: times, amounts, rates, and which models are fused."""

import re
from collections.abc import Iterable

from ..scenarios import RunRecord
from ..units import format_ether
from .rows import Row, rows


def clock(seconds: float) -> str:
    """Return a simulated time as ``h:mm:ss``, whole seconds, rounded down."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def ether(wei: int, decimals: int = 6) -> str:
    """Return an amount in ether with its unit: two decimals at least, ``decimals`` at most."""
    whole, _, fraction = format_ether(wei, decimals).partition(".")
    return f"{whole}.{fraction.rstrip('0'):0<2} ether"


def percent(fraction: float | None) -> str:
    """Return a rate with two decimals, or a dash when nobody measured it."""
    return "–" if fraction is None else f"{fraction:.2%}".replace("%", " %")


def number_of(name: str) -> str:
    """Return a participant's number: ``"3"`` of ``contributor-3``; a name without one stays as it is."""
    found = re.search(r"(\d+)$", name)
    return found.group(1) if found else name


def numbers(names: Iterable[str]) -> str:
    """Return the numbers of participants with runs joined: ``"1–3, 5"``."""
    parts: list[list[str]] = []
    for number in sorted(
        map(number_of, names), key=lambda n: (not n.isdigit(), int(n) if n.isdigit() else 0, n)
    ):
        follows = (
            parts and number.isdigit() and parts[-1][-1].isdigit() and int(parts[-1][-1]) + 1 == int(number)
        )
        if follows:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(part[0] if len(part) == 1 else f"{part[0]}–{part[-1]}" for part in parts)


def plays(person: Row, role: str) -> bool:
    """Whether a participant has a role, perhaps beside another."""
    return role in person["role"].split(" and ")


def announced_models(record: RunRecord) -> list[Row]:
    """Return the announced models' rows in announcement order, planted tests included."""
    found = [row for row in rows(record, "models") if row["model_id"] is not None]
    return sorted(found, key=lambda row: row["model_id"])


def contributed_models(record: RunRecord) -> list[Row]:
    """Return the models' rows without the initiator's planted tests: whoever trained, announced or not."""
    return [row for row in rows(record, "models") if not row["planted"]]


def earned(record: RunRecord) -> dict[str, int]:
    """Return by name what the contract paid for work, in wei; a stake or an escrow given back is none."""
    sums = dict.fromkeys((row["name"] for row in rows(record, "participants")), 0)
    for payment in rows(record, "payments"):
        if payment["reason"] not in ("Refund", "Stake"):
            sums[payment["name"]] += payment["amount_wei"]
    return sums


def none_integrated(record: RunRecord) -> str:
    """Say why the initiator has no integrated model."""
    rewarded = record.summary["models"]["rewarded"]
    return "No rewarded model could be opened" if rewarded else "No model was rewarded"


def base_of(record: RunRecord, models: list[Row], model_id: int) -> list[Row]:
    """Return the earlier models that a model was fused with, in announcement order.

    ``announced`` takes every earlier model that was decided, ``accepted`` the rewarded ones; a Void one
    is in no base. A model whose panel was never drawn was fused with nothing, and a task whose fitness is
    ``standalone`` has no base. On the paper's contract, where
    models do not wait for each other, the base is every earlier one.
    """
    if record.scenario.task.fitness == "standalone":
        return []
    if record.scenario.is_paper:
        return [row for row in models if row["model_id"] < model_id]
    wanted = {"Rewarded"} if record.scenario.task.base == "accepted" else {"Rewarded", "Rejected"}
    return [row for row in models if row["model_id"] < model_id and row["outcome"] in wanted]
