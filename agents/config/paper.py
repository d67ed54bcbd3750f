"""What the paper's contract cannot keep, and is refused when ``contract = "paper"`` is asked for."""

from typing import TYPE_CHECKING

from ...units import format_wei
from .base import refusal
from .members import each_group
from .task_list import places

if TYPE_CHECKING:
    from .market import MarketConfig


def refuse_what_the_paper_lacks(config: "MarketConfig") -> None:
    """Refuse the first setting that needs ``TaskMarket``.

    Raises:
        PydanticCustomError: Naming the key, its value and why the paper's contract cannot keep it.
    """
    verifiers = config.verifiers
    stakes = [group.stake for _, group in each_group("verifiers", verifiers) if group.stake]
    wanted: list[tuple[str, object, object, str]] = []
    for where, task in places(config):
        wanted += [
            (f"{where}.rule", task.rule, "flat", "'flat', the paper's majority"),
            ("initiator.plants", config.initiator.plants, 0, "0, since nobody can lose a bond"),
            (f"{where}.bond", format_wei(task.bond), format_wei(0), "0, since it takes no stakes"),
            (f"{where}.commit_reveal", task.commit_reveal, False, "false, since it takes no commitments"),
            (f"{where}.access", task.access, "public", "'public', since it passes no keys on"),
            (f"{where}.sealed_sample", task.sealed_sample, False, "false, since it passes no keys on"),
            (f"{where}.base", task.base, "announced", "'announced', since models do not wait for each other"),
        ]
    wanted += [
        ("verifiers.quorum", verifiers.quorum, None, "left out, since it decides with any number of rows"),
        (
            "verifiers.panel",
            verifiers.panel,
            len(config.pool),
            f"verifiers.count, {len(config.pool)}, since everybody who is registered is on every panel",
        ),
        ("verifiers.stake", max(stakes, default=0), 0, "left out or 0, since it takes no stakes"),
    ]
    for key, value, kept, allowed in wanted:
        if value != kept:
            raise refusal(key, value, f"with contract 'paper' {allowed}")
