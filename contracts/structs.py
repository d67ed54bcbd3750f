"""The contract's structs as frozen dataclasses, fields in Solidity's order.

Amounts are wei and end in ``_wei``; deadlines are Unix seconds, windows are seconds, rates are basis points.
"""

from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import Any

from ..errors import InputError
from .enums import Base, FitnessKind, ModelState, TaskState, chain_number


@dataclass(frozen=True)
class TaskTerms:
    """What an initiator fixes when posting a task.

    CIDs cross the chain as the ASCII text of the CID string and not as its bytes: a block explorer, a log or
    a student sees the very string to hand to IPFS, and no reader needs a multibase codec; a CIDv1 in base32
    then takes 59 bytes instead of 36.

    Attributes:
        spec_cid: CID of the specification, which names the recommended structure if there is one.
        data_cid: CID of the verification sample.
        oracle: Address of the account that answers the contract's queries.
        mafr_bps: Minimum acceptable fitness rate; fitness − reference must be strictly more.
        fitness: What verifiers measure.
        base: Which earlier models a model is fused with.
        model_reward_wei: For the contributor of a rewarded model.
        verifier_fee_wei: For each counted evaluation.
        oracle_fee_wei: For an answer that reaches the quorum.
        panel_size: Seats of a panel, 1 to 128.
        quorum: Counted evaluations below which a model is not decided, 1 to ``panel_size``.
        deadline: Unix time at which announcing ends.
        draw_window: Seconds to draw a panel once a model is the head of its queue.
        evaluation_window: Seconds that a panel has.
        tally_window: Seconds after the evaluation deadline to bring the evaluations in.
    """

    spec_cid: str
    data_cid: str
    oracle: str
    mafr_bps: int
    fitness: FitnessKind
    base: Base
    model_reward_wei: int
    verifier_fee_wei: int
    oracle_fee_wei: int
    panel_size: int
    quorum: int
    deadline: int
    draw_window: int
    evaluation_window: int
    tally_window: int

    @property
    def unit_budget_wei(self) -> int:
        """What the contract reserves for each announced model."""
        return self.model_reward_wei + self.panel_size * self.verifier_fee_wei + self.oracle_fee_wei

    def to_abi(self) -> tuple[Any, ...]:
        """Return the values in the ABI's types and order."""
        values = astuple(self)
        return (
            encode_cid("spec_cid", self.spec_cid),
            encode_cid("data_cid", self.data_cid),
            *(chain_number(value) if isinstance(value, StrEnum) else value for value in values[2:]),
        )


@dataclass(frozen=True)
class Task:
    """A task as the contract stores it; for the terms see ``TaskTerms``.

    Attributes:
        unreserved_wei: Escrow that no model holds.
        reserved_wei: Escrow held for models that are not settled.
        head: The model whose turn it is, 0 when none waits.
        tail: The model announced last, 0 before the first.
        head_since: Unix time since which the head is the head; its draw window starts here.
        model_count: Models announced so far.
        base_count: Models in the base of the next model.
        content_digest: keccak256(keccak256(spec CID) ‖ keccak256(data CID)).
        base_digest: Rolling digest of the base of the next model; see ``extend_base``.
    """

    initiator: str
    deadline: int
    panel_size: int
    quorum: int
    oracle: str
    draw_window: int
    evaluation_window: int
    tally_window: int
    model_reward_wei: int
    verifier_fee_wei: int
    oracle_fee_wei: int
    mafr_bps: int
    fitness: FitnessKind
    base: Base
    state: TaskState
    unreserved_wei: int
    reserved_wei: int
    head: int
    tail: int
    head_since: int
    model_count: int
    base_count: int
    content_digest: bytes
    base_digest: bytes

    @property
    def draw_deadline(self) -> int:
        """Unix time from which the head's panel can no longer be drawn."""
        return self.head_since + self.draw_window


@dataclass(frozen=True)
class Model:
    """A model as the contract stores it.

    Attributes:
        draw_block: Block whose hash seats the panel; a draw needs a later block.
        index: Its place among the task's models, from 1.
        next: The model announced after it for the same task, 0 when it is the last.
        pool_length: Length of the pool at the announcement.
        base_count: Models in the base that it is fused with.
        cid_digest: keccak256 of the CID's ASCII text.
        base_digest: Digest of the base that it is fused with.
        open_query: The query that waits for the oracle's answer, 0 when none.
        seats: Size of the drawn panel.
        reports: Evaluations counted.
        passes: Counted evaluations above MAFR.
    """

    contributor: str
    draw_block: int
    index: int
    task_id: int
    next: int
    pool_length: int
    base_count: int
    cid_digest: bytes
    base_digest: bytes
    evaluation_deadline: int
    tally_deadline: int
    open_query: int
    seats: int
    reports: int
    passes: int
    state: ModelState


@dataclass(frozen=True)
class Seat:
    """A verifier's place on a panel, and whether her evaluation was counted."""

    verifier: str
    counted: bool


@dataclass(frozen=True)
class PoolSlot:
    """One entry of the pool; an account that comes back gets a new one."""

    account: str
    left: bool


STRUCTS: dict[str, type] = {
    "Terms": TaskTerms,
    "Task": Task,
    "Model": Model,
    "Seat": Seat,
    "PoolSlot": PoolSlot,
}


def encode_cid(field: str, cid: str) -> bytes:
    """Return a CID's text as bytes; ``InputError`` if it is not ASCII."""
    if not isinstance(cid, str) or not cid.isascii():
        raise InputError(field, cid, "a CID string in ASCII")
    return cid.encode("ascii")


def decode_cid(raw: bytes) -> str:
    """Return a CID's text; bytes that a stranger wrote and that are no ASCII come out backslash-escaped."""
    return raw.decode("ascii", errors="backslashreplace")
