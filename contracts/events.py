"""The contract's events as frozen dataclasses, named and ordered as in Solidity.

Amounts are wei, deadlines Unix seconds, rates basis points. Every wei that moves can be derived from these.
"""

from dataclasses import dataclass

from ..chain.types import Log
from .abi import event_entries
from .enums import CreditReason, ModelState, SeatOutcome, SkipReason
from .structs import Deadlines, TaskTerms


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
    stake: int
    public_key: bytes


@dataclass(frozen=True)
class PoolLeft(Event):
    """An account cannot be drawn any more with a block from now on; seats it holds stay."""

    account: str
    slot: int


@dataclass(frozen=True)
class StakeReclaimed(Event):
    """What was free of a stake became its owner's credit."""

    account: str
    slot: int
    amount: int


@dataclass(frozen=True)
class ModelAnnounced(Event):
    """A model was announced and ``reserved`` wei are held for it."""

    model_id: int
    task_id: int
    contributor: str
    index: int
    cid: str
    fingerprint: bytes
    key_commitment: bytes
    access_key: bytes
    draw_block: int
    reserved: int


@dataclass(frozen=True)
class DrawArmed(Event):
    """A panel will be drawn with a later block than was announced.

    The model has its turn only now, or the hash was out of reach.
    """

    model_id: int
    draw_block: int


@dataclass(frozen=True)
class PanelDrawn(Event):
    """A model has its panel and its base; ``bond`` wei are locked for each seat."""

    model_id: int
    task_id: int
    panel: tuple[str, ...]
    base_count: int
    base_digest: bytes
    deadlines: Deadlines
    bond: int


@dataclass(frozen=True)
class KeysDelivered(Event):
    """A contributor or initiator handed the panel its wrapped keys of equal length, by seat."""

    model_id: int
    by: str
    wrapped_keys: bytes


@dataclass(frozen=True)
class KeyReleased(Event):
    """The initiator can have the key to a rewarded model."""

    model_id: int
    by: str
    wrapped_key: bytes


@dataclass(frozen=True)
class KeyShared(Event):
    """The contributor of a rewarded model can have the key to another."""

    model_id: int
    recipient_model_id: int
    recipient: str
    wrapped_key: bytes


@dataclass(frozen=True)
class EvaluationCommitted(Event):
    """A panel member bound herself to an evaluation that nobody else can read yet."""

    model_id: int
    verifier: str
    commitment: bytes


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
class RuleFailed(Event):
    """A task's reward rule gave no usable answer, which makes the model Void."""

    model_id: int
    rule: str


@dataclass(frozen=True)
class ModelSettled(Event):
    """A model reached its final state."""

    model_id: int
    task_id: int
    outcome: ModelState
    reports: int
    passes: int


@dataclass(frozen=True)
class SeatSettled(Event):
    """A seat of a bonded task was paid or punished; ``burnt`` wei of its bond are gone."""

    model_id: int
    verifier: str
    outcome: SeatOutcome
    seat: int
    burnt: int


@dataclass(frozen=True)
class PlantRevealed(Event):
    """A model was a planted test; ``agreed`` says whether its panel's median was near the planted fitness."""

    model_id: int
    by: str
    plant_bps: int
    median_bps: int
    agreed: bool


@dataclass(frozen=True)
class Credited(Event):
    """``amount`` wei became withdrawable; ``model_id`` is 0 for what closing a task or a stake returns."""

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
