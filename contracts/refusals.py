"""The contract's custom errors as exceptions, one class each, in Solidity's order.

The fields are the error's arguments: ids, wei, Unix seconds or block numbers.
"""

from dataclasses import Field, dataclass, fields
from enum import StrEnum
from typing import Any

from ..errors import VerifuseError
from ..units import Wei, format_wei
from .enums import Access, FitnessKind, ModelState, SkipReason


class ContractError(VerifuseError):
    """The EVM undid a call; the subclass says why, its fields are the error's arguments."""

    def __post_init__(self) -> None:
        # Exceptions cross process borders by their args, which keyword construction leaves empty.
        self.args = tuple(getattr(self, field.name) for field in fields(self))  # type: ignore[arg-type]

    def __str__(self) -> str:
        named = (f"{field.name}={_shown(field, self)}" for field in fields(self))  # type: ignore[arg-type]
        return f"{type(self).__name__}({', '.join(named)})"


def _shown(field: Field[Any], error: ContractError) -> str:
    value = getattr(error, field.name)
    if field.type is Wei:
        return format_wei(value)
    return str(value) if isinstance(value, StrEnum) else repr(value)


@dataclass(unsafe_hash=True)
class UnknownTask(ContractError):
    """There is no such task."""

    task_id: int


@dataclass(unsafe_hash=True)
class UnknownModel(ContractError):
    """There is no such model."""

    model_id: int


@dataclass(unsafe_hash=True)
class UnknownQuery(ContractError):
    """There is no such query."""

    query_id: int


@dataclass(unsafe_hash=True)
class CidLengthOutOfRange(ContractError):
    """A CID is empty or too long."""

    length: int
    maximum: int


@dataclass(unsafe_hash=True)
class KeyLengthOutOfRange(ContractError):
    """A key is longer than ``maximum`` bytes."""

    length: int
    maximum: int


@dataclass(unsafe_hash=True)
class ZeroOracle(ContractError):
    """The terms name no oracle."""


@dataclass(unsafe_hash=True)
class MalformedTerms(ContractError):
    """The terms are not encoded as the ABI encodes them."""

    offset: int


@dataclass(unsafe_hash=True)
class RuleWithoutCode(ContractError):
    """There is no contract at the reward rule's address."""

    rule: str


@dataclass(unsafe_hash=True)
class MafrOutOfRange(ContractError):
    """MAFR lies outside ±10,000 basis points."""

    mafr_bps: int


@dataclass(unsafe_hash=True)
class PanelSizeOutOfRange(ContractError):
    """A panel needs 1 to ``maximum`` seats."""

    panel_size: int
    maximum: int


@dataclass(unsafe_hash=True)
class QuorumOutOfRange(ContractError):
    """A quorum needs 1 to ``panel_size`` evaluations."""

    quorum: int
    panel_size: int


@dataclass(unsafe_hash=True)
class DeadlinePassed(ContractError):
    """The announcing deadline is over (Unix seconds)."""

    deadline: int
    timestamp: int


@dataclass(unsafe_hash=True)
class ZeroWindow(ContractError):
    """Each window must last at least a second."""

    draw_window: int
    evaluation_window: int
    tally_window: int


@dataclass(unsafe_hash=True)
class WrongAccessTerms(ContractError):
    """Sealed access needs the initiator's key and a key window; public access has no key."""

    access: Access
    access_key_length: int
    key_window: int


@dataclass(unsafe_hash=True)
class BondNeedsTime(ContractError):
    """A bonded task needs at least ``minimum`` seconds to evaluate and as many to reveal."""

    bond: Wei
    minimum: int


@dataclass(unsafe_hash=True)
class WrongPlantTerms(ContractError):
    """Planted tests need a root, a window, a bond and the fitness kind ``standalone``, or none of them."""

    fitness: FitnessKind
    bond: Wei
    plant_window: int
    plant_tolerance_bps: int


@dataclass(unsafe_hash=True)
class AmountTooLarge(ContractError):
    """An amount of wei is more than the contract can hold of one thing."""

    amount: Wei
    maximum: Wei


@dataclass(unsafe_hash=True)
class TaskIsClosed(ContractError):
    """The task was closed before."""

    task_id: int


@dataclass(unsafe_hash=True)
class NotInitiator(ContractError):
    """Before the deadline only the initiator may close a task."""

    caller: str
    initiator: str


@dataclass(unsafe_hash=True)
class InitiatorCannotAnnounce(ContractError):
    """An initiator cannot announce models to her own task."""

    task_id: int
    initiator: str


@dataclass(unsafe_hash=True)
class EscrowExhausted(ContractError):
    """The unreserved escrow does not cover one more model (wei)."""

    available: Wei
    needed: Wei


@dataclass(unsafe_hash=True)
class WrongKeyCommitment(ContractError):
    """A sealed task needs a commitment to the model's key, a public one takes none."""

    access: Access
    key_commitment: bytes


@dataclass(unsafe_hash=True)
class AlreadyInPool(ContractError):
    """The account holds a live slot of the pool."""

    account: str
    slot: int


@dataclass(unsafe_hash=True)
class NotInPool(ContractError):
    """The account holds no live slot of the pool."""

    account: str


@dataclass(unsafe_hash=True)
class UnknownSlot(ContractError):
    """The pool has no such slot."""

    slot: int


@dataclass(unsafe_hash=True)
class StakeStillBound(ContractError):
    """A draw may still seat the owner of the stake until block ``free_block``."""

    slot: int
    free_block: int


@dataclass(unsafe_hash=True)
class NothingToReclaim(ContractError):
    """Nothing of the stake is free."""

    slot: int


@dataclass(unsafe_hash=True)
class WrongState(ContractError):
    """The model is past, or not yet in, the state that the call needs."""

    model_id: int
    state: ModelState


@dataclass(unsafe_hash=True)
class NotHead(ContractError):
    """Another model of the task has its turn first."""

    model_id: int
    head: int


@dataclass(unsafe_hash=True)
class DrawBlockAhead(ContractError):
    """The block whose hash seats the panel must be sealed first."""

    model_id: int
    draw_block: int


@dataclass(unsafe_hash=True)
class DrawWindowOver(ContractError):
    """The panel can no longer be drawn."""

    model_id: int
    deadline: int


@dataclass(unsafe_hash=True)
class PoolTooSmall(ContractError):
    """Fewer eligible verifiers than the quorum were found."""

    eligible: int
    quorum: int


@dataclass(unsafe_hash=True)
class NotKeyHolder(ContractError):
    """Only the model's contributor and the task's initiator hand keys to a panel."""

    caller: str


@dataclass(unsafe_hash=True)
class KeyWindowOver(ContractError):
    """The keys came too late."""

    model_id: int
    deadline: int


@dataclass(unsafe_hash=True)
class WrongKeyCount(ContractError):
    """The keys cannot be pieces of equal length, one for each seat."""

    length: int
    seats: int


@dataclass(unsafe_hash=True)
class WrongKey(ContractError):
    """The key is not the one that was committed to."""

    model_id: int


@dataclass(unsafe_hash=True)
class NotShared(ContractError):
    """The task does not share these models' keys: it is not asked to, or one of them is not rewarded."""

    model_id: int
    recipient_model_id: int


@dataclass(unsafe_hash=True)
class CommitmentNotAsked(ContractError):
    """The task has no commit–reveal, or the commitment is zero."""

    model_id: int


@dataclass(unsafe_hash=True)
class EvaluationWindowOver(ContractError):
    """The panel's time to evaluate is over."""

    model_id: int
    deadline: int


@dataclass(unsafe_hash=True)
class NotSeated(ContractError):
    """The caller does not hold this seat."""

    caller: str
    seat: int


@dataclass(unsafe_hash=True)
class AlreadyCommitted(ContractError):
    """The seat has committed before."""

    model_id: int
    seat: int


@dataclass(unsafe_hash=True)
class RevealWindowClosed(ContractError):
    """Rows are revealed on chain from ``opens`` until ``closes`` only."""

    model_id: int
    opens: int
    closes: int


@dataclass(unsafe_hash=True)
class RowRefused(ContractError):
    """The row cannot be counted."""

    reason: SkipReason


@dataclass(unsafe_hash=True)
class EvaluationWindowOpen(ContractError):
    """The panel still has time to evaluate."""

    model_id: int
    deadline: int


@dataclass(unsafe_hash=True)
class TallyWindowOver(ContractError):
    """The evaluations came too late to be counted."""

    model_id: int
    deadline: int


@dataclass(unsafe_hash=True)
class QueryOpen(ContractError):
    """A query for this model waits for its answer."""

    model_id: int
    query_id: int


@dataclass(unsafe_hash=True)
class QueryAnswered(ContractError):
    """The query was answered before."""

    query_id: int


@dataclass(unsafe_hash=True)
class NotOracle(ContractError):
    """Only the task's oracle may answer."""

    caller: str
    oracle: str


@dataclass(unsafe_hash=True)
class GasTooLow(ContractError):
    """The call needs more gas, so that the reward rule can have its share."""

    available: int
    needed: int


@dataclass(unsafe_hash=True)
class NotExpired(ContractError):
    """The model's current window is still open."""

    model_id: int
    deadline: int


@dataclass(unsafe_hash=True)
class NotBonded(ContractError):
    """The task has no bonds."""

    task_id: int


@dataclass(unsafe_hash=True)
class SeatLocked(ContractError):
    """A planted test may still be revealed."""

    model_id: int
    until: int


@dataclass(unsafe_hash=True)
class SeatAlreadySettled(ContractError):
    """The seat was settled before."""

    model_id: int
    seat: int


@dataclass(unsafe_hash=True)
class PlantWindowOver(ContractError):
    """Planted tests can no longer be revealed."""

    model_id: int
    deadline: int


@dataclass(unsafe_hash=True)
class PlantAlreadyRevealed(ContractError):
    """The model is known to be a planted test."""

    model_id: int


@dataclass(unsafe_hash=True)
class NotAPlant(ContractError):
    """The proof does not lead to the root in the task's terms."""

    model_id: int


@dataclass(unsafe_hash=True)
class NothingToWithdraw(ContractError):
    """The account has no credit."""

    account: str


@dataclass(unsafe_hash=True)
class WithdrawFailed(ContractError):
    """The account refused its own credit, which stays."""

    account: str
    amount: Wei


CUSTOM_ERRORS: dict[str, type[ContractError]] = {
    error.__name__: error for error in ContractError.__subclasses__()
}
