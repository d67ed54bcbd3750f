"""Many tasks in one market: ``[[tasks]]``, one entry each, and what cannot be among them."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from ...units import format_wei
from .base import NAME, refusal
from .members import each_group
from .task import TaskSettings

if TYPE_CHECKING:
    from .market import MarketConfig

GAS_RESERVE = 1_000_000
"""Gas that a wallet should be able to pay for beside what it deposits."""

Name = Annotated[str, Field(pattern=NAME)]


class TaskEntry(TaskSettings):
    """One of a market's tasks; what it does not say, ``[task]`` says.

    Attributes:
        name: What the task is called in the scenario and the record.
        post_at: Simulated second at which it is posted.
        initiator: Who posts it. Each initiator has a wallet and a verification sample of her own, as
            ``[initiator]`` and ``[verifiers]`` say.
    """

    name: Name = "task"
    post_at: float = Field(default=0.0, ge=0, le=10**9)
    initiator: Name = "initiator"


def with_what_all_have_in_common(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a market's settings, as they were read, with ``[task]`` copied into each of ``[[tasks]]``."""
    entries, common = table.get("tasks"), table.get("task", {})
    if not isinstance(entries, list | tuple) or not isinstance(common, Mapping | TaskSettings):
        return table
    if isinstance(common, TaskSettings):
        common = {key: getattr(common, key) for key in common.model_fields_set}
    whole = [{**common, **entry} if isinstance(entry, Mapping) else entry for entry in entries]
    return {**table, "tasks": whole}


def places(config: "MarketConfig") -> Iterator[tuple[str, TaskSettings]]:
    """Give where each task stands in the scenario, ``task`` or ``tasks[0]``, and what stands there."""
    if not config.tasks:
        yield "task", config.task
    for place, entry in enumerate(config.tasks):
        yield f"tasks[{place}]", entry


def refuse_names_of_others(config: "MarketConfig") -> None:
    """Refuse two tasks of one name, contributors for a task that is none, and initiators named as others.

    Raises:
        PydanticCustomError: Naming the key, its value and what is allowed.
    """
    names: list[str] = []
    others = {"oracle", "platform", *(one.name for one in config.contributors.members)}
    others |= {one.name for one in config.verifiers.members}
    for place, entry in enumerate(config.tasks):
        if entry.name in names:
            raise refusal(f"tasks[{place}].name", entry.name, "a name that no other task has")
        if entry.initiator in others:
            raise refusal(f"tasks[{place}].initiator", entry.initiator, "a name that nobody else has")
        names.append(entry.name)
    known = names or [TaskEntry().name]
    for where, group in each_group("contributors", config.contributors):
        for place, name in enumerate(group.tasks or ()):
            if name not in known:
                raise refusal(f"{where}.tasks[{place}]", name, f"a task's name: {', '.join(known)}")


def refuse_tasks_that_close_first(config: "MarketConfig") -> None:
    """Refuse a task that takes no models: none may be announced before the block that posts it.

    Raises:
        PydanticCustomError: Naming the deadline, its value and what is allowed.
    """
    slot = config.chain.slot_seconds
    for where, task in places(config):
        posted = task.post_at if isinstance(task, TaskEntry) else 0
        deadline = config.deadline_of(task)
        if deadline <= posted + slot:
            allowed = f"more than chain.slot_seconds, {slot}: a block posts the task first"
            if posted:
                allowed = (
                    f"more than {posted + slot:g}: it is posted at {posted:g}, in a block {slot} s later"
                )
            raise refusal(f"{where}.deadline", deadline, allowed)


def refuse_initiators_who_cannot_pay(config: "MarketConfig") -> None:
    """Refuse escrows that an initiator's wallet cannot hold, each one's for all of her tasks.

    Raises:
        PydanticCustomError: Naming the key, its value and what is allowed.
    """
    balance, reserve = config.initiator.balance, GAS_RESERVE * config.chain.gas_price
    owed: dict[str, list[int]] = {}
    for where, task in places(config):
        if task.reward > balance:
            allowed = f"at most the initiator's balance, {format_wei(balance)}"
            raise refusal(f"{where}.reward", format_wei(task.reward), allowed)
        escrow, unit = config.escrow_of(task), config.unit_budget_of(task)
        if escrow < unit:
            allowed = f"at least the budget of one model, {format_wei(unit)}"
            raise refusal(f"{where}.escrow", format_wei(escrow), allowed)
        who = task.initiator if isinstance(task, TaskEntry) else TaskEntry().initiator
        owed.setdefault(who, []).append(escrow)
    for who, escrows in owed.items():
        needed, gas = sum(escrows), reserve * len(escrows)
        if needed + gas > balance:
            whose = f"the escrows of {who}'s {len(escrows)} tasks" if len(escrows) > 1 else "the escrow"
            allowed = f"at least {whose}, {format_wei(needed)}, and {format_wei(gas)} for gas"
            raise refusal("initiator.balance", format_wei(balance), allowed)
