"""The Python face of ``PaperMarket``, the paper's two events read literally.

What is wrong with that contract stands in ``docs/explanation/paper_contract.md``.

It speaks ``TaskMarket``'s language, so that the same agents can act on both: methods have the same names, and
events come out as the same classes. What the paper's contract does not have, a panel, a reservation, a
credit, is not there either: a push payment is a credit that was withdrawn at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, cast

from ..chain.types import Account, CallReverted, Chain, Log, Receipt, Transaction
from .abi import Interface, read_interface
from .announcement import AnnouncedModel, read_announcement
from .artifact import shipped_artifact
from .enums import CreditReason, ModelState
from .evaluation import Evaluation, SignedEvaluation
from .events import (
    Credited,
    EvaluationCounted,
    EvaluationsRequested,
    Event,
    ModelAnnounced,
    ModelSettled,
    PoolJoined,
    TaskClosed,
    TaskPosted,
    Withdrawn,
)
from .refusals import CUSTOM_ERRORS, ContractError
from .reverts import decode_error
from .structs import TaskTerms, encode_cid

PAPER_DEPLOYMENT_GAS = 2_000_000
POST_TASK_GAS = 500_000
CLOSE_TASK_GAS = 150_000
JOIN_POOL_GAS = 150_000
ANNOUNCE_MODEL_GAS = 200_000
REQUEST_EVALUATIONS_GAS = 150_000
LOWEST_RATE_BPS = -10_000

_REASONS = {
    "model reward": CreditReason.MODEL_REWARD,
    "verifier fee": CreditReason.VERIFIER_FEE,
    "refund": CreditReason.REFUND,
}


@dataclass(unsafe_hash=True)
class PaymentFailed(ContractError):
    """A payee refused its ether or ran out of gas, which undid the whole call."""

    account: str
    amount: int


_ERRORS = CUSTOM_ERRORS | {"PaymentFailed": PaymentFailed}


@dataclass(frozen=True)
class PaperTerms:
    """What an initiator fixes: the part of ``TaskTerms`` that the paper names.

    Attributes:
        spec_cid: CID of the specification.
        data_cid: CID of the verification sample.
        oracle: Address of the account that plays Oraclize.
        mafr_bps: Minimum acceptable fitness rate; an evaluation must be strictly more.
        model_reward_wei: For the contributor of a rewarded model.
        verifier_fee_wei: For every registered verifier, each time that a model is settled.
    """

    spec_cid: str
    data_cid: str
    oracle: str
    mafr_bps: int
    model_reward_wei: int
    verifier_fee_wei: int

    @classmethod
    def of(cls, terms: "TaskTerms | PaperTerms") -> "PaperTerms":
        """Keep of a task's terms what the paper names."""
        return cls(
            spec_cid=terms.spec_cid,
            data_cid=terms.data_cid,
            oracle=terms.oracle,
            mafr_bps=terms.mafr_bps,
            model_reward_wei=terms.model_reward_wei,
            verifier_fee_wei=terms.verifier_fee_wei,
        )

    def to_abi(self) -> tuple[Any, ...]:
        """Return the values in the ABI's types and order."""
        return (
            encode_cid("spec_cid", self.spec_cid),
            encode_cid("data_cid", self.data_cid),
            self.oracle,
            self.mafr_bps,
            self.model_reward_wei,
            self.verifier_fee_wei,
        )


@cache
def _interface() -> Interface:
    return read_interface("PaperMarket", {"Terms": PaperTerms})


@dataclass(frozen=True)
class PaperMarket:
    """A deployed ``PaperMarket``.

    Attributes:
        chain: The chain that it lives on.
        address: Its checksum address.
        reserves: Whether what an announced model may cost is held for it, whatever becomes of its task.
    """

    chain: Chain
    address: str
    reserves: ClassVar[bool] = False

    # Writes, one for each call of the contract.

    def post_task(self, sender: Account, *, terms: TaskTerms | PaperTerms, value_wei: int) -> Transaction:
        """Post a task; ``value_wei`` is its escrow. Terms that the paper does not name are dropped."""
        return self._write(sender, "postTask", [PaperTerms.of(terms).to_abi()], POST_TASK_GAS, value_wei)

    def close_task(self, sender: Account, *, task_id: int) -> Transaction:
        """Take back what is left of the escrow: the initiator, at any time."""
        return self._write(sender, "closeTask", [task_id], CLOSE_TASK_GAS)

    def join_pool(self, sender: Account, *, public_key: bytes = b"", value_wei: int = 0) -> Transaction:
        """Register as a verification contributor; the paper knows no keys and no stakes, so none is sent."""
        return self._write(sender, "joinPool", [], JOIN_POOL_GAS)

    def announce_model(
        self,
        sender: Account,
        *,
        task_id: int,
        cid: str,
        fingerprint: bytes = b"",
        key_commitment: bytes = b"",
        access_key: bytes = b"",
    ) -> Transaction:
        """Announce a model by its CID; of the rest the paper knows nothing, so it is not sent."""
        return self._write(sender, "announceModel", [task_id, encode_cid("cid", cid)], ANNOUNCE_MODEL_GAS)

    def request_evaluations(self, sender: Account, *, model_id: int) -> Transaction:
        """Ask the oracle for a model's evaluations; anyone, at any time, as often as she likes."""
        return self._write(sender, "requestEvaluations", [model_id], REQUEST_EVALUATIONS_GAS)

    def deliver_evaluations(
        self, sender: Account, *, query_id: int, evaluations: Sequence[SignedEvaluation]
    ) -> Transaction:
        """Answer a query (the contract's ``__callback``); only the task's oracle may.

        Each evaluation becomes one number; see ``rate_of``. Nobody checks signatures, so none is sent.
        """
        rows = [(signed.evaluation.verifier, rate_of(signed.evaluation)) for signed in evaluations]
        limit = callback_gas(len(rows), self.pool_length())
        return self._write(sender, "__callback", [query_id, rows], limit)

    # Reads.

    def escrow(self, task_id: int) -> int:
        """Return the wei that a task has left, 0 for one that is closed or unknown."""
        return self._read("escrow", task_id)

    def escrow_left(self, task_id: int) -> int:
        """Return the same, which no model holds: this contract reserves nothing."""
        return self.escrow(task_id)

    def credit(self, account: str) -> int:
        """Return 0: what is owed is pushed, so nobody has anything to withdraw."""
        return 0

    def burnt(self) -> int:
        """Return 0: there are no bonds to burn."""
        return 0

    def pool_length(self) -> int:
        """Return how many verifiers are registered."""
        return self._read("poolLength")

    def pool_slot(self, slot: int) -> str:
        """Return the verifier of one slot, counted from 0; the zero address past the end."""
        return self._read("poolSlot", slot)

    def pool(self) -> tuple[str, ...]:
        """Return every registered verifier: the panel of each model."""
        return tuple(map(self.pool_slot, range(self.pool_length())))

    def is_in_pool(self, account: str) -> bool:
        """Return whether an account is registered."""
        return self._read("slotOf", account) != 0

    def task_count(self) -> int:
        """Return the number of tasks, which is the newest one's id."""
        return self._read("taskCount")

    def model_count(self) -> int:
        """Return the number of models of all tasks, which is the newest one's id."""
        return self._read("modelCount")

    def query_count(self) -> int:
        """Return the number of queries, which is the newest one's id."""
        return self._read("queryCount")

    # What a transaction did.

    def events(self, receipt: Receipt) -> tuple[Event, ...]:
        """Return this contract's events in a receipt, in order, as ``TaskMarket``'s."""
        return tuple(
            event
            for log in receipt.logs
            if log.address == self.address and log.topics and log.topics[0] in _interface().events
            for event in decode_paper_event(log)
        )

    def announcement(self, transaction: Transaction) -> AnnouncedModel | None:
        """Return what a transaction in the mempool announces to this contract, if it does."""
        if transaction.to != self.address:
            return None
        return read_announcement(transaction, _interface().functions["announceModel"])

    def failure(self, receipt: Receipt) -> ContractError | None:
        """Return why a transaction failed, or ``None`` if it did not."""
        return None if receipt.succeeded else _decode_error(receipt.revert_data)

    def _write(
        self, sender: Account, function: str, arguments: Sequence[Any], limit: int, value_wei: int = 0
    ) -> Transaction:
        data = _interface().functions[function].encode(arguments)
        return Transaction(sender, self.address, data, value_wei=value_wei, gas=limit, function=function)

    def _read(self, function: str, *arguments: Any) -> Any:
        entry = _interface().functions[function]
        try:
            answer = self.chain.call(self.address, entry.encode(arguments))
        except CallReverted as error:
            raise _decode_error(error.data) from None
        return entry.decode_result(answer)


def rate_of(evaluation: Evaluation) -> int:
    """Return an evaluation as one number in basis points: fitness − reference.

    A report that a model is unreadable or a copy becomes the lowest rate, which exceeds no MAFR.
    """
    if evaluation.fitness_bps < 0:
        return LOWEST_RATE_BPS
    return evaluation.fitness_bps - evaluation.reference_bps


def callback_gas(rows: int, verifiers: int) -> int:
    """Return the limit for an answer of that many rows with that many registered verifiers to pay."""
    return 200_000 + 10_000 * rows + 60_000 * verifiers


def decode_paper_event(log: Log) -> tuple[Event, ...]:
    """Turn a log of the contract into what ``TaskMarket`` would have told of the same fact.

    A payment is two events there: the amount was credited and, in the same breath, withdrawn.
    """
    entry = _interface().events[log.topics[0]]
    said: Mapping[str, Any] = dict(
        zip((one["name"] for one in entry.inputs), entry.decode_log(log), strict=True)
    )
    match entry.name:
        case "TaskPosted":
            terms = cast("TaskTerms", said["terms"])
            return (TaskPosted(said["taskId"], said["initiator"], terms, said["escrow"]),)
        case "TaskClosed":
            return (TaskClosed(said["taskId"], said["by"], said["returned"]),)
        case "PoolJoined":
            return (PoolJoined(said["account"], said["slot"], stake=0, public_key=b""),)
        case "ModelAnnounced":
            return (
                ModelAnnounced(
                    model_id=said["modelId"],
                    task_id=said["taskId"],
                    contributor=said["contributor"],
                    index=said["index"],
                    cid=said["cid"],
                    fingerprint=bytes(32),
                    key_commitment=bytes(32),
                    access_key=b"",
                    draw_block=0,
                    reserved=0,
                ),
            )
        case "EvaluationsRequested":
            return (EvaluationsRequested(said["queryId"], said["taskId"], said["modelId"], said["oracle"]),)
        case "EvaluationCounted":
            return (
                EvaluationCounted(said["modelId"], said["verifier"], said["fitnessBps"], 0, said["passed"]),
            )
        case "ModelSettled":
            outcome = ModelState.REWARDED if said["rewarded"] else ModelState.REJECTED
            return (ModelSettled(said["modelId"], said["taskId"], outcome, said["reports"], said["passes"]),)
        case _:
            assert entry.name == "Paid", entry.name
            account, amount = said["account"], said["amount"]
            reason = _REASONS[said["reason"]]
            return (
                Credited(account, said["taskId"], said["modelId"], amount, reason),
                Withdrawn(account, amount),
            )


def paper_deployment(deployer: Account) -> Transaction:
    """Return the transaction that creates a ``PaperMarket``; ``paper_deployed`` takes its receipt.

    Args:
        deployer: Who pays the gas; the contract gives her no rights.
    """
    code = shipped_artifact("PaperMarket").bytecode
    return Transaction(deployer, None, code, gas=PAPER_DEPLOYMENT_GAS, function="constructor")


def paper_deployed(chain: Chain, receipt: Receipt) -> PaperMarket:
    """Return the contract that a ``paper_deployment`` created.

    Raises:
        ContractError: If the chain undid the creation.
    """
    if not receipt.succeeded:
        raise _decode_error(receipt.revert_data)
    assert receipt.contract_address is not None
    return PaperMarket(chain, receipt.contract_address)


def deploy_paper_market(chain: Chain, deployer: Account, timestamp: int) -> PaperMarket:
    """Create a ``PaperMarket`` in a block of its own at Unix time ``timestamp``.

    Raises:
        ContractError: If the chain undid the creation.
    """
    tx_hash = chain.submit(paper_deployment(deployer))
    receipts = chain.mine(timestamp).receipts
    return paper_deployed(chain, next(receipt for receipt in receipts if receipt.tx_hash == tx_hash))


def _decode_error(data: bytes) -> ContractError:
    return decode_error(data, _interface().errors, _ERRORS)
