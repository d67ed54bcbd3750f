"""What the contract told, in sentences for people."""

from collections.abc import Callable, Iterable, Iterator

from ...agents.market import MinedTransaction
from ...contracts import (
    Credited,
    CreditReason,
    EvaluationCommitted,
    EvaluationCounted,
    EvaluationsRequested,
    Event,
    ModelAnnounced,
    ModelSettled,
    ModelState,
    PanelDrawn,
    PlantRevealed,
    QuorumMissed,
    RowSkipped,
    SeatOutcome,
    SeatSettled,
)
from ...units import format_ether
from .entry import per_cent
from .views import Line

Who = Callable[[str], str]
"""What somebody is called on the page, by address."""

YOU = "you"

REASONS = {
    CreditReason.MODEL_REWARD: "the reward",
    CreditReason.VERIFIER_FEE: "the fee for an evaluation",
    CreditReason.ORACLE_FEE: "the fee for the answer",
    CreditReason.REFUND: "escrow that was not needed",
    CreditReason.STAKE: "what is left of the stake",
}

SEATS = {
    SeatOutcome.PAID: "paid, and the bond is free again",
    SeatOutcome.EXCUSED: "excused: the bond is free again",
    SeatOutcome.SILENT: "silent",
    SeatOutcome.SLASHED: "slashed, for an evaluation far from the planted test",
}

OUTCOMES = {
    ModelState.REWARDED: "Rewarded, more than half of them",
    ModelState.REJECTED: "Rejected, not more than half of them",
    ModelState.VOID: "Void: too few to decide",
}


def ether(wei: int) -> str:
    """Return an amount of ether without zeros that say nothing."""
    return f"{number(wei)} ether"


def number(wei: int) -> str:
    """Return an amount in ether without the unit."""
    return format_ether(wei).rstrip("0").rstrip(".")


def lines_about(model_id: int, mined: Iterable[MinedTransaction], who: Who, mafr_bps: int) -> Iterator[Line]:
    """Yield a line for everything that the contract told about a model."""
    for transaction in mined:
        sent = transaction.receipt.transaction
        for event in transaction.events:
            text = sentence(event, who, mafr_bps) if getattr(event, "model_id", None) == model_id else ""
            if text:
                text = text[0].upper() + text[1:]
                call = f"{sent.function} by {who(sent.sender.address)}"
                yield Line(transaction.receipt.block, call, transaction.receipt.gas_used, text)


def sentence(event: Event, who: Who, mafr_bps: int) -> str:
    """Say what an event means; nothing, if it plays no part for a verifier."""
    match event:
        case ModelAnnounced():
            return f"{who(event.contributor)} announced a model: its CID is on the chain now."
        case PanelDrawn():
            members = ", ".join(map(who, event.panel))
            return f"The contract drew a panel by lot from the pool: {members}."
        case EvaluationCommitted():
            return f"{who(event.verifier)} committed to an evaluation; only its hash is on the chain."
        case EvaluationsRequested():
            return f"The contract asked the oracle for the evaluations, by query {event.query_id}."
        case EvaluationCounted():
            vote = "above" if event.passed else "not above"
            said = per_cent(event.fitness_bps) if event.fitness_bps >= 0 else "unreadable or a copy"
            return f"Counted {who(event.verifier)}: {said}, {vote} the MAFR of {per_cent(mafr_bps)}."
        case RowSkipped():
            return f"The row of {who(event.verifier)} was not counted: {event.reason}."
        case QuorumMissed():
            return f"Only {event.reports} evaluations; a decision needs {event.quorum}."
        case ModelSettled():
            counted = f"{event.passes} of {event.reports} evaluations exceed the MAFR"
            return f"{counted}: {OUTCOMES[event.outcome]}."
        case Credited():
            return f"{ether(event.amount)} credited to {who(event.account)}: {REASONS[event.reason]}."
        case PlantRevealed():
            fitness = f"a fitness of {per_cent(event.plant_bps)}"
            return f"It was a planted test of the initiator's, with {fitness}."
        case SeatSettled():
            lost = f"; {ether(event.burnt)} of the bond were burnt" if event.burnt else ""
            whose = who(event.verifier)
            seat = "Your seat" if whose == YOU else f"The seat of {whose}"
            return f"{seat}: {SEATS[event.outcome]}{lost}."
        case _:
            return ""
