"""A run as a historian has it before her: who is who, what was mined, and the rule in words."""

from dataclasses import dataclass
from functools import cached_property

from ..agents import TaskSettings
from ..scenarios import RunRecord
from .people import announced_models, clock, percent
from .rows import Row, events, rows


@dataclass(frozen=True)
class Line:
    """A sentence and when it was true; ``block`` is ``None`` for what no chain saw."""

    time: float
    block: int | None
    text: str

    def __str__(self) -> str:
        when = clock(self.time) if self.block is None else f"{clock(self.time)}, block {self.block}"
        return f"{when}: {self.text}"


@dataclass(frozen=True)
class Chronicle:
    """What the tables of one record say, read once."""

    record: RunRecord

    @cached_property
    def people(self) -> list[Row]:
        """Everybody with an account."""
        return rows(self.record, "participants")

    @cached_property
    def names(self) -> dict[str, str]:
        """Names by address."""
        return {row["account"]: row["name"] for row in self.people}

    @cached_property
    def models(self) -> list[Row]:
        """Announced models in their order."""
        return announced_models(self.record)

    @cached_property
    def trainings(self) -> dict[str, Row]:
        """Rows of ``models`` by contributor, announced or not."""
        return {row["contributor"]: row for row in rows(self.record, "models")}

    @cached_property
    def events(self) -> list[Row]:
        """The contract's events in the chain's order."""
        return events(self.record)

    @cached_property
    def transactions(self) -> list[Row]:
        """All mined transactions in the chain's order."""
        return rows(self.record, "transactions")

    @cached_property
    def diary(self) -> list[Row]:
        """What participants noted."""
        return rows(self.record, "timeline")

    @cached_property
    def seats(self) -> list[Row]:
        """Seats on panels, with what was measured and counted."""
        return rows(self.record, "evaluations")

    @cached_property
    def task(self) -> TaskSettings:
        """The task's terms."""
        return self.record.scenario.task

    def of(self, kind: str, **wanted: object) -> list[Row]:
        """Return the events of a kind whose fields are as given."""
        return [
            event
            for event in self.events
            if event["event"] == kind and all(event.get(key) == value for key, value in wanted.items())
        ]

    def sender(self, event: Row) -> str:
        """Return the name of who sent the transaction that an event comes from."""
        place = (event["block"], event["transaction_index"])
        return next(
            sent["sender_name"] for sent in self.transactions if (sent["block"], sent["index"]) == place
        )

    def measured(self, seat: Row) -> float | None:
        """Return what a seat's holder measured by the strategy that is voted on."""
        return seat[f"fused_accuracy_{self.task.strategy}"]


def mafr_text(task: TaskSettings) -> str:
    """Return the MAFR with its unit: ``75.00 %`` of accuracy, or ``+5.00 points`` of gain."""
    return percent(task.mafr) if task.fitness == "accuracy" else f"{100 * task.mafr:+.2f} points"


def fitness_text(task: TaskSettings, fitness: float, reference: float) -> str:
    """Return a measured fitness in the task's unit; arguments are fractions."""
    if task.fitness == "accuracy":
        return percent(fitness)
    gain = f"{100 * (fitness - reference):+.2f} points"
    return f"{gain} ({percent(fitness)} against a reference of {percent(reference)})"


def vote_text(task: TaskSettings, passed: bool) -> str:
    """Say what a vote was and why."""
    if passed:
        return f"a vote for it, strictly above the MAFR of {mafr_text(task)}"
    return f"a vote against it, not strictly above the MAFR of {mafr_text(task)}"


def verdict_text(chronicle: Chronicle, model: Row) -> str:
    """Say by which rule a model was settled (Section III-A: a majority above the MAFR)."""
    task, quorum = chronicle.task, chronicle.record.scenario.quorum
    reports, passes, name = model["reports"], model["passes"], f"model {model['model_id']}"
    measure = "an accuracy" if task.fitness == "accuracy" else "a gain over the base"
    above = f"{measure} strictly above the MAFR of {mafr_text(task)}"
    count = f"{passes} of {reports} counted evaluations show {above}"
    if model["outcome"] == "Rewarded":
        return (
            f"{count}. That is strictly more than half, and {reports} reach the quorum of {quorum}: "
            f"{name} is Rewarded."
        )
    if model["outcome"] == "Rejected":
        return (
            f"{count}. That is not strictly more than half: {name} is Rejected; "
            "its verifiers are paid all the same."
        )
    if not chronicle.of("PanelDrawn", model_id=model["model_id"]):
        return (
            f"No panel was drawn within {task.draw_window} s of its turn: {name} is Void and earns nothing."
        )
    return (
        f"Only {reports} evaluations were counted before the time was over, "
        f"fewer than the quorum of {quorum}: {name} is Void and earns nothing."
    )
