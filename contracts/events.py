"""The contract's events as frozen dataclasses, named and ordered as in Solidity.

Amounts are wei, deadlines Unix seconds, rates basis points. Every wei that moves can be derived from these.
"""

from dataclasses import dataclass

from ..chain.types import Log
from .abi import event_entries
from .enums import CreditReason, ModelState, SkipReason
from .structs import TaskTerms


class Event:
    """Base of the contract's events."""


@dataclass(frozen=True)
class TaskPosted(Event):
    """A task was posted with ``escrow`` wei behind it."""

    task_id: int
    initiator: str
    terms: TaskTerms
    escrow: int


@dataclass(frozen=True)
class TaskToppedUp(Event):
    """Someone added ``amount`` wei to a task's escrow."""

    task_id: int
    by: str
    amount: int


@dataclass(frozen=True)
class TaskClosed(Event):
    """A task takes no more announcements; ``returned`` wei of escrow became the initiator's credit."""

    task_id: int
    by: str
    returned: int


@dataclass(frozen=True)
class PoolJoined(Event):
    """An account may be drawn for models that are announced from now on."""

    account: str
    slot: int
    public_key: bytes


@dataclass(frozen=True)
class PoolLeft(Event):
    """An account cannot be drawn any more; seats it holds stay."""

    account: str
    slot: int


@dataclass(frozen=True)
class ModelAnnounced(Event):
    """A model was announced and ``reserved`` wei are held for it."""

    model_id: int
    task_id: int
    contributor: str
    index: int
    cid: str
    draw_block: int
    reserved: int


@dataclass(frozen=True)
class PanelDrawn(Event):
    """A model has its panel and its base; deadlines are Unix seconds."""

    model_id: int
    task_id: int
    panel: tuple[str, ...]
    base_count: int
    base_digest: bytes
    evaluation_deadline: int
    tally_deadline: int


@dataclass(frozen=True)
class DrawRearmed(Event):
    """The draw's block hash was out of reach, so a new block was named."""

    model_id: int
    draw_block: int


@dataclass(frozen=True)
class EvaluationsRequested(Event):
    """The oracle is asked for a model's evaluations."""

    query_id: int
    task_id: int
    model_id: int
    oracle: str


@dataclass(frozen=True)
class EvaluationCounted(Event):
    """A panel member's evaluation was counted and paid; rates are basis points."""

    model_id: int
    verifier: str
    fitness_bps: int
    reference_bps: int
    passed: bool


@dataclass(frozen=True)
class RowSkipped(Event):
    """A row of the oracle's answer was not counted."""

    query_id: int
    model_id: int
    verifier: str
    reason: SkipReason


@dataclass(frozen=True)
class QuorumMissed(Event):
    """An answer left the counted evaluations below the quorum."""

    query_id: int
    model_id: int
    reports: int
    quorum: int


@dataclass(frozen=True)
class ModelSettled(Event):
    """A model reached its final state."""

    model_id: int
    task_id: int
    outcome: ModelState
    reports: int
    passes: int


@dataclass(frozen=True)
class Credited(Event):
    """``amount`` wei became withdrawable; ``model_id`` is 0 for what closing a task returns."""

    account: str
    task_id: int
    model_id: int
    amount: int
    reason: CreditReason


@dataclass(frozen=True)
class Withdrawn(Event):
    """An account was paid its credit."""

    account: str
    amount: int


EVENTS: dict[str, type[Event]] = {event.__name__: event for event in Event.__subclasses__()}


def decode_event(log: Log) -> Event:
    """Turn a log of the contract into its event; the caller sees to it that the contract wrote it."""
    entry = event_entries()[log.topics[0]]
    return EVENTS[entry.name](*entry.decode_log(log))
