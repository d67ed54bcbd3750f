"""The contract's structs as frozen dataclasses, fields in Solidity's order.

Amounts are wei and end in ``_wei``; deadlines are Unix seconds, windows are seconds, rates are basis points.
"""

from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import Any

from ..errors import InputError
from .enums import Access, Base, FitnessKind, ModelState, TaskState, chain_number


@dataclass(frozen=True, kw_only=True)
class TaskTerms:
    """What an initiator fixes when posting a task.

    CIDs cross the chain as the ASCII text of the CID string and not as its bytes: a block explorer, a log or
    a student sees the very string to hand to IPFS, and no reader needs a multibase codec; a CIDv1 in base32
    then takes 59 bytes instead of 36.

    Attributes:
        spec_cid: CID of the specification, which names the recommended structure if there is one.
        data_cid: CID of the verification sample.
        access_key: The initiator's encryption key; empty if and only if ``access`` is public.
        oracle: Address of the account that answers the contract's queries.
        rule: Address of the contract that decides and says what the contributor gets.
        mafr_bps: Minimum acceptable fitness rate; fitness − reference must be strictly more.
        fitness: What verifiers measure.
        base: Which earlier models a model is fused with.
        access: Who can use a model.
        model_reward_wei: The most that the contributor of a rewarded model can get.
        verifier_fee_wei: For each counted evaluation.
        oracle_fee_wei: For an answer that reaches the quorum.
        panel_size: Seats of a panel, 1 to 128.
        quorum: Counted evaluations below which a model is not decided, 1 to ``panel_size``.
        deadline: Unix time at which announcing ends.
        draw_window: Seconds to draw a panel once a model is the head of its queue.
        key_window: Seconds after the draw to deliver keys.
        evaluation_window: Seconds that a panel has to evaluate (and to commit).
        reveal_window: Seconds to reveal what was committed; 0 turns commit–reveal off.
        tally_window: Seconds to bring the evaluations in.
        bond_wei: Locked for each seat; needs commit–reveal.
        plant_tolerance_bps: How far an evaluation may lie from a planted test.
        plant_window: Seconds after a settlement in which a plant may be revealed.
        plant_root: Merkle root of the planted tests, zero for none.
    """

    spec_cid: str
    data_cid: str
    access_key: bytes = b""
    oracle: str
    rule: str
    mafr_bps: int
    fitness: FitnessKind
    base: Base
    access: Access = Access.PUBLIC
    model_reward_wei: int
    verifier_fee_wei: int
    oracle_fee_wei: int
    panel_size: int
    quorum: int
    deadline: int
    draw_window: int
    key_window: int = 0
    evaluation_window: int
    reveal_window: int = 0
    tally_window: int
    bond_wei: int = 0
    plant_tolerance_bps: int = 0
    plant_window: int = 0
    plant_root: bytes = bytes(32)

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
class TaskStatus:
    """Where a task stands; its terms are in the event that posted it.

    Attributes:
        terms_digest: keccak256 of the ABI encoding of the terms, without the offset that comes first.
        unreserved_wei: Escrow that no model holds.
        reserved_wei: Escrow held for models, and for seats of bonded tasks, that are not settled.
        head: The model whose turn it is, 0 when none waits.
        last_settled: The model settled last, 0 before the first.
        tail: The model announced last, 0 before the first.
        model_count: Models announced so far.
    """

    initiator: str
    state: TaskState
    terms_digest: bytes
    unreserved_wei: int
    reserved_wei: int
    head: int
    last_settled: int
    tail: int
    model_count: int


@dataclass(frozen=True)
class Model:
    """A model as the contract stores it.

    Attributes:
        next: The model announced after it for the same task, 0 when it is the last.
        plant_mark: 0, or 1 + the fitness of the planted test that it was and that its panel agreed with.
        turn_block: Block of the announcement or of the last re-arming; once settled, of the settlement.
        pool_length: Length of the pool at the announcement.
        index: Its place among the task's models, from 1.
        base_count: Models in the base that it is fused with.
        since: Unix time since which it is in its state.
        seats: Size of the drawn panel.
        reports: Evaluations counted.
        passes: Counted evaluations above MAFR.
        queries: How often the oracle was asked.
        answers: How often it answered.
        cid_digest: keccak256 of the CID's ASCII text.
        base_digest: Digest of the base that it is fused with; see ``extend_base``.
        key_commitment: keccak256 of the model's key as wrapped for the initiator; zero when public.
    """

    contributor: str
    task_id: int
    next: int
    plant_mark: int
    turn_block: int
    pool_length: int
    index: int
    base_count: int
    since: int
    seats: int
    reports: int
    passes: int
    queries: int
    answers: int
    state: ModelState
    cid_digest: bytes
    base_digest: bytes
    key_commitment: bytes


@dataclass(frozen=True)
class Seat:
    """A verifier's place on a panel: was her evaluation counted, was the seat of a bonded task settled."""

    verifier: str
    counted: bool
    settled: bool


@dataclass(frozen=True)
class PoolSlot:
    """One entry of the pool; who comes back gets a new one.

    Attributes:
        account: Who joined.
        left_block: Block in which she left, 0 while she is there.
        stake_wei: Deposited on joining, less what was burnt or reclaimed.
        locked_wei: How much of it is locked for seats.
    """

    account: str
    left_block: int
    stake_wei: int
    locked_wei: int


@dataclass(frozen=True)
class Counts:
    """How many there are so far; the newest id of the first two."""

    tasks: int
    models: int
    pool_length: int


@dataclass(frozen=True)
class Deadlines:
    """Unix times at which the windows of a model end, each beginning where the one before ends."""

    key: int
    evaluation: int
    reveal: int
    tally: int


STRUCTS: dict[str, type] = {
    "Terms": TaskTerms,
    "TaskStatus": TaskStatus,
    "Model": Model,
    "Seat": Seat,
    "PoolSlot": PoolSlot,
    "Counts": Counts,
    "Deadlines": Deadlines,
}


def encode_cid(field: str, cid: str) -> bytes:
    """Return a CID's text as bytes; ``InputError`` if it is not ASCII."""
    if not isinstance(cid, str) or not cid.isascii():
        raise InputError(field, cid, "a CID string in ASCII")
    return cid.encode("ascii")


def decode_cid(raw: bytes) -> str:
    """Return a CID's text; bytes that a stranger wrote and that are no ASCII come out backslash-escaped."""
    return raw.decode("ascii", errors="backslashreplace")
