"""A run as a historian has it before her: who is who, what was mined, and the rule in words."""

from dataclasses import dataclass
from functools import cached_property

from ..agents import TaskSettings
from ..names import Names
from ..scenarios import RunRecord
from .people import announced_models, clock, ether, percent
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


def mined(row: Row, text: str) -> Line:
    """Return a line about what a block holds: an event, or a transaction."""
    return Line(row["time"], row["block"], text)


@dataclass(frozen=True)
class Chronicle:
    """What the tables of one record say, read once."""

    record: RunRecord

    @cached_property
    def parts(self) -> "tuple[Chronicle, ...]":
        """The same for each task alone; itself, if there is only one."""
        names = self.record.task_names
        if len(names) == 1:
            return (self,)
        return tuple(Chronicle(self.record.of_task(name)) for name in names)

    @property
    def the_task(self) -> str:
        """What its task is called in a sentence."""
        return "the task" if self.record.task is None else f"the task {self.record.task}"

    @cached_property
    def row(self) -> Row:
        """Its task's row of ``tasks``; of the first task, if it was not narrowed down to one."""
        return rows(self.record, "tasks")[0]

    @cached_property
    def people(self) -> list[Row]:
        """Everybody with an account."""
        return rows(self.record, "participants")

    @cached_property
    def names(self) -> Names:
        """Names by address."""
        return Names({row["account"]: row["name"] for row in self.people})

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

    @property
    def is_paper(self) -> bool:
        """Whether the market stood on the paper's contract, which pays at once and keeps nothing back."""
        return self.record.scenario.is_paper

    @property
    def given(self) -> str:
        """What the contract does with money that somebody earned."""
        return "sent" if self.is_paper else "credited"

    @property
    def returned(self) -> str:
        """What the contract does with money that is left over."""
        return "is sent back" if self.is_paper else "is owed back"

    def of(self, kind: str, **wanted: object) -> list[Row]:
        """Return the events of a kind whose fields are as given."""
        return [
            event
            for event in self.events
            if event["event"] == kind and all(event.get(key) == value for key, value in wanted.items())
        ]

    def sender(self, event: Row) -> str:
        """Return the name of who sent the transaction that an event comes from."""
        return self._sent(event)["sender_name"]

    def function(self, event: Row) -> str:
        """Return the function of the contract that an event comes from."""
        return self._sent(event)["function"]

    def _sent(self, event: Row) -> Row:
        place = (event["block"], event["transaction_index"])
        return next(sent for sent in self.transactions if (sent["block"], sent["index"]) == place)

    def seat(self, event: Row) -> Row:
        """Return the seat that an event about a panel member tells of."""
        place = (event["model_id"], event["verifier"])
        return next(seat for seat in self.seats if (seat["model_id"], seat["account"]) == place)

    def answer_by(self, drawn: Row) -> float:
        """Return the simulated second until which a panel has time to evaluate."""
        return drawn["time"] + answering_time(self.task)

    def measured(self, seat: Row) -> float | None:
        """Return what a seat's holder measured by the strategy that is voted on."""
        return seat[f"fused_accuracy_{self.task.strategy}"]


SKIPPED = {
    "WrongModel": "it is of another model",
    "NoSeat": "its signer has no seat on the panel",
    "AlreadyCounted": "one of that seat was counted before",
    "WrongBase": "it was measured with another base",
    "FitnessOutOfRange": "its fitness is no possible number",
    "ReferenceOutOfRange": "its reference is no possible number",
    "BadSignature": "its signature is not the seat's",
    "NotCommitted": "it is not what the seat had committed to",
}
"""Why the contract did not count a row, by the name of its reason."""

NO_ORACLE = "A quorum was counted on the chain itself, so no oracle was needed."
MEASURES = {
    "accuracy": "an accuracy",
    "gain": "a gain over the base",
    "random_control": "a gain over the base with an equally wide random block",
    "standalone": "a stand-alone accuracy",
}


def answering_time(task: TaskSettings) -> int:
    """Return the seconds from a draw in which keys come and a panel evaluates."""
    keys = task.key_window if task.is_sealed or task.sealed_sample else 0
    return keys + task.evaluation_window


def mafr_text(task: TaskSettings) -> str:
    """Return the MAFR with its unit: ``75.00 %`` of accuracy, or ``+5.00 points`` of gain."""
    return margin_text(task, task.mafr)


def margin_text(task: TaskSettings, margin: float | None) -> str:
    """Return what is compared with the MAFR, with its unit; a dash if nothing was measured."""
    return points(margin) if task.has_reference and margin is not None else percent(margin)


def points(margin: float) -> str:
    """Return a difference of rates with its sign; the argument is a fraction."""
    return f"{100 * margin:+.2f} points".replace("-", "−")


def said_text(chronicle: Chronicle, event: Row) -> str:
    """Return what an evaluation says, from the event that counted it, in the task's unit or in words."""
    seat = chronicle.seat(event)
    if seat["verdict"] == "unreadable":
        return "“unreadable”, for a model that cannot be fetched, opened or rebuilt,"
    if seat["verdict"] == "copy":
        whose = [
            f" of {row['contributor']}" for row in chronicle.models if row["model_id"] == seat["copy_of"]
        ]
        return f"“a copy of model {seat['copy_of']}{''.join(whose)}”"
    fitness, reference = event["fitness_bps"] / 10_000, event["reference_bps"] / 10_000
    if not chronicle.task.has_reference:
        return percent(fitness)
    if chronicle.is_paper:  # the one number that its contract is told
        return points(fitness - reference)
    return f"{points(fitness - reference)} ({percent(fitness)} against a reference of {percent(reference)})"


def set_aside(chronicle: Chronicle, announced: Row) -> str:
    """Say what the contract keeps back for a model from its announcement on."""
    if chronicle.is_paper:
        return "nothing of the escrow is set aside for it"
    return f"{ether(announced['reserved'])} of the escrow are set aside for it"


def vote_text(chronicle: Chronicle, event: Row) -> str:
    """Say what a counted evaluation is as a vote and why."""
    mafr = mafr_text(chronicle.task)
    if event["passed"]:
        return f"a vote for it, strictly above the MAFR of {mafr}"
    if chronicle.seat(event)["verdict"] in ("unreadable", "copy"):
        return "a vote against it, and paid like any other"
    return f"a vote against it, not strictly above the MAFR of {mafr}"


def verdict_text(chronicle: Chronicle, model: Row) -> str:
    """Say by which rule a model was settled (Section III-A: a majority above the MAFR), and what it got."""
    task, name, reports = chronicle.task, f"model {model['model_id']}", model["reports"]
    if model["outcome"] == "Void":
        return f"{_why_void(chronicle, model)}: {name} is Void and earns nothing."
    if not reports:  # which the paper's contract allows
        return f"No evaluation was brought, which is no majority: {name} is Rejected; its verifiers are paid."
    count = _count(chronicle, model)
    alone = "" if _was_answered(chronicle, model["model_id"]) else f" {NO_ORACLE}"
    if task.has_own_rule:
        decided = f"The task's own rule, {task.rule_name}, was asked: {name} is {model['outcome']}"
        pays = "" if model["outcome"] == "Rejected" else f" and earns {_share(chronicle, model)}"
        return f"{count}. {decided}{pays}.{alone}"
    if model["outcome"] == "Rejected":
        return (
            f"{count}. That is not strictly more than half: {name} is Rejected; "
            f"its verifiers are paid all the same.{alone}"
        )
    quorum = chronicle.record.scenario.quorum
    enough = f", and {reports} reach the quorum of {quorum}" if quorum else ""
    pays = "" if task.rule == "flat" else f" {_pay_text(chronicle, model)}"
    return f"{count}. That is strictly more than half{enough}: {name} is Rewarded.{pays}{alone}"


def _why_void(chronicle: Chronicle, model: Row) -> str:
    number, reports, quorum = model["model_id"], model["reports"], chronicle.record.scenario.quorum
    if chronicle.is_paper:
        return "No answer came before the task was closed"
    if not chronicle.of("PanelDrawn", model_id=number):
        return f"No panel was drawn within {chronicle.task.draw_window} s of its turn"
    if chronicle.of("RuleFailed", model_id=number):
        return (
            f"{_count(chronicle, model)}, and {reports} reach the quorum of {quorum}, so they are paid; but "
            f"the task's reward rule, {chronicle.task.rule_name}, failed or gave no usable answer"
        )
    return (
        f"Only {reports} evaluations were counted before the time was over, fewer than the quorum of {quorum}"
    )


def _count(chronicle: Chronicle, model: Row) -> str:
    above = f"{MEASURES[chronicle.task.fitness]} strictly above the MAFR of {mafr_text(chronicle.task)}"
    unmeasured = _unmeasured(chronicle, model["model_id"])
    return f"{model['passes']} of {model['reports']} counted evaluations show {above}{unmeasured}"


def _unmeasured(chronicle: Chronicle, number: int) -> str:
    """Count those who measured nothing, if any."""
    verdicts = [seat["verdict"] for seat in chronicle.seats if seat["model_id"] == number and seat["counted"]]
    words = (("unreadable", "call it unreadable"), ("copy", "call it a copy"))
    return "".join(f"; {verdicts.count(kind)} {text}" for kind, text in words if kind in verdicts)


def _was_answered(chronicle: Chronicle, number: int) -> bool:
    """Whether the oracle's answer decided a model; without it, whoever ended the model's time did."""
    settled = chronicle.of("ModelSettled", model_id=number)
    return all(chronicle.function(event) == "__callback" for event in settled)


def _pay_text(chronicle: Chronicle, model: Row) -> str:
    """Say how much of the reward the margins of a rewarded model earn."""
    task = chronicle.task
    seats = [seat for seat in chronicle.seats if seat["model_id"] == model["model_id"] and seat["counted"]]
    measured = sorted(s["fitness_bps"] - s["reference_bps"] for s in seats if s["verdict"] == "measured")
    if task.rule == "proportional":
        value, what = sum(measured) / len(measured), "The mean margin"
    else:
        # Evaluations that measured nothing stand below all others; the lower median passed, so it measured.
        below = len(seats) - len(measured)
        value, what = measured[(len(seats) + 1) // 2 - 1 - below], "The lower median margin"
    full = task.full_margin or 1.0
    return (
        f"{what} is {points(value / 10_000)}, where {points(full)} earn the whole reward of "
        f"{ether(task.reward)}: it earns {_share(chronicle, model)}."
    )


def _share(chronicle: Chronicle, model: Row) -> str:
    paid = chronicle.of("Credited", model_id=model["model_id"], reason="ModelReward")
    return ether(sum(event["amount"] for event in paid), 18) if paid else "nothing"
