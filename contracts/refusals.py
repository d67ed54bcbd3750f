"""The contract's custom errors as exceptions, one class each, in Solidity's order.

The fields are the error's arguments: ids, wei, Unix seconds or block numbers.
"""

from dataclasses import dataclass, fields

from ..errors import VerifuseError
from .enums import ModelState


class ContractError(VerifuseError):
    """The EVM undid a call; the subclass says why, its fields are the error's arguments."""

    def __post_init__(self) -> None:
        # Exceptions cross process borders by their args, which keyword construction leaves empty.
        self.args = tuple(getattr(self, field.name) for field in fields(self))  # type: ignore[arg-type]

    def __str__(self) -> str:
        named = (f"{field.name}={getattr(self, field.name)!r}" for field in fields(self))  # type: ignore[arg-type]
        return f"{type(self).__name__}({', '.join(named)})"


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
class ZeroOracle(ContractError):
    """The terms name no oracle."""


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
class AmountTooLarge(ContractError):
    """An amount of wei does not fit the contract's 128 bits."""

    amount: int
    maximum: int


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

    available: int
    needed: int


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
class NotExpired(ContractError):
    """The model's current window is still open."""

    model_id: int
    deadline: int


@dataclass(unsafe_hash=True)
class NothingToWithdraw(ContractError):
    """The account has no credit."""

    account: str


@dataclass(unsafe_hash=True)
class WithdrawFailed(ContractError):
    """The account refused its own credit, which stays."""

    account: str
    amount: int


CUSTOM_ERRORS: dict[str, type[ContractError]] = {
    error.__name__: error for error in ContractError.__subclasses__()
}
