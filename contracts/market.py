"""The Python face of the ``TaskMarket`` contract.

Writes return transactions that their caller submits, so that agents decide when and with which fee; reads ask
the newest state at once and raise the contract's refusals as exceptions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..chain.types import Account, CallReverted, Chain, Receipt, Transaction
from . import gas
from .abi import event_entries, functions
from .artifact import task_market_artifact
from .evaluation import SignedEvaluation
from .events import Event, decode_event
from .refusals import ContractError
from .reverts import decode_error, failure
from .structs import Model, PoolSlot, Seat, Task, TaskTerms, encode_cid


@dataclass(frozen=True)
class TaskMarket:
    """A deployed ``TaskMarket``.

    Attributes:
        chain: The chain that it lives on.
        address: Its checksum address.
    """

    chain: Chain
    address: str

    # Writes, one for each call of the contract.

    def post_task(self, sender: Account, *, terms: TaskTerms, value_wei: int) -> Transaction:
        """Post a task; ``value_wei`` is its escrow."""
        return self._write(sender, "postTask", [terms.to_abi()], gas.POST_TASK, value_wei)

    def top_up(self, sender: Account, *, task_id: int, value_wei: int) -> Transaction:
        """Add ``value_wei`` to an open task's escrow; anyone may."""
        return self._write(sender, "topUp", [task_id], gas.TOP_UP, value_wei)

    def close_task(self, sender: Account, *, task_id: int) -> Transaction:
        """End announcing: the initiator at any time, anyone after the deadline."""
        return self._write(sender, "closeTask", [task_id], gas.CLOSE_TASK)

    def join_pool(self, sender: Account, *, public_key: bytes = b"") -> Transaction:
        """Join the pool that panels are drawn from; ``public_key`` is for those who want to write to her."""
        return self._write(sender, "joinPool", [public_key], gas.JOIN_POOL + 40 * len(public_key))

    def leave_pool(self, sender: Account) -> Transaction:
        """Leave the pool; seats already drawn stay."""
        return self._write(sender, "leavePool", [], gas.LEAVE_POOL)

    def announce_model(self, sender: Account, *, task_id: int, cid: str) -> Transaction:
        """Announce a model by its CID."""
        arguments = [task_id, encode_cid("cid", cid)]
        return self._write(sender, "announceModel", arguments, gas.ANNOUNCE_MODEL)

    def draw_panel(self, sender: Account, *, model_id: int, panel_size: int | None = None) -> Transaction:
        """Seat the panel of the head of a queue.

        Args:
            sender: Anyone.
            model_id: The model.
            panel_size: The task's panel size, for the gas limit; read from the chain if not given.
        """
        if panel_size is None:
            panel_size = self.task(self.model(model_id).task_id).panel_size
        return self._write(sender, "drawPanel", [model_id], gas.draw_panel(panel_size))

    def request_evaluations(self, sender: Account, *, model_id: int) -> Transaction:
        """Ask the oracle for a model's evaluations, once its evaluation window is over."""
        return self._write(sender, "requestEvaluations", [model_id], gas.REQUEST_EVALUATIONS)

    def deliver_evaluations(
        self, sender: Account, *, query_id: int, evaluations: Sequence[SignedEvaluation]
    ) -> Transaction:
        """Answer a query (the contract's ``__callback``); only the task's oracle may."""
        rows = [evaluation.to_abi() for evaluation in evaluations]
        return self._write(sender, "__callback", [query_id, rows], gas.deliver_evaluations(len(rows)))

    def expire_model(self, sender: Account, *, model_id: int) -> Transaction:
        """Make a model Void whose draw or tally window has passed."""
        return self._write(sender, "expireModel", [model_id], gas.EXPIRE_MODEL)

    def withdraw_for(self, sender: Account, *, account: str) -> Transaction:
        """Pay an account its credit; anyone may ask, only the account is paid."""
        return self._write(sender, "withdrawFor", [account], gas.WITHDRAW)

    # Reads.

    def task(self, task_id: int) -> Task:
        """Return a task; raises ``UnknownTask``."""
        return self._read("task", task_id)

    def model(self, model_id: int) -> Model:
        """Return a model; raises ``UnknownModel``."""
        return self._read("model", model_id)

    def panel(self, model_id: int) -> tuple[Seat, ...]:
        """Return a model's seats, none before the draw; raises ``UnknownModel``."""
        return self._read("panel", model_id)

    def credit(self, account: str) -> int:
        """Return the wei that ``withdraw_for`` would pay an account."""
        return self._read("credit", account)

    def unit_budget(self, task_id: int) -> int:
        """Return the wei that each announced model of a task reserves."""
        return self._read("unitBudget", task_id)

    def queue_head(self, task_id: int) -> int:
        """Return the model whose turn it is, 0 when none waits."""
        return self._read("queueHead", task_id)

    def pool_length(self) -> int:
        """Return how many slots the pool has, those left included."""
        return self._read("poolLength")

    def pool_slot(self, slot: int) -> PoolSlot:
        """Return one slot of the pool, counted from 0; raises ``Panicked`` past the end."""
        return self._read("poolSlot", slot)

    def is_in_pool(self, account: str) -> bool:
        """Return whether an account holds a live slot."""
        return self._read("isInPool", account)

    def task_count(self) -> int:
        """Return the number of tasks, which is the newest one's id."""
        return self._read("taskCount")

    def model_count(self) -> int:
        """Return the number of models of all tasks, which is the newest one's id."""
        return self._read("modelCount")

    def query_count(self) -> int:
        """Return the number of queries, which is the newest one's id."""
        return self._read("queryCount")

    def domain_separator(self) -> bytes:
        """Return the contract's EIP-712 domain separator."""
        return self._read("domainSeparator")

    # What a transaction did.

    def events(self, receipt: Receipt) -> tuple[Event, ...]:
        """Return this contract's events in a receipt, in order; those of other contracts are left out."""
        known = event_entries()
        return tuple(
            decode_event(log)
            for log in receipt.logs
            if log.address == self.address and log.topics and log.topics[0] in known
        )

    def failure(self, receipt: Receipt) -> ContractError | None:
        """Return why a transaction failed, or ``None`` if it did not."""
        return failure(receipt)

    def _write(
        self, sender: Account, function: str, arguments: Sequence[Any], limit: int, value_wei: int = 0
    ) -> Transaction:
        data = functions()[function].encode(arguments)
        return Transaction(sender, self.address, data, value_wei=value_wei, gas=limit, function=function)

    def _read(self, function: str, *arguments: Any) -> Any:
        entry = functions()[function]
        try:
            answer = self.chain.call(self.address, entry.encode(arguments))
        except CallReverted as error:
            raise decode_error(error.data) from None
        return entry.decode_result(answer)


def deployment(deployer: Account) -> Transaction:
    """Return the transaction that creates a ``TaskMarket``; ``deployed`` turns its receipt into the contract.

    Args:
        deployer: Who pays the gas; the contract gives her no rights.
    """
    return Transaction(
        deployer, None, task_market_artifact().bytecode, gas=gas.DEPLOYMENT_GAS, function="constructor"
    )


def deployed(chain: Chain, receipt: Receipt) -> TaskMarket:
    """Return the contract that a ``deployment`` created.

    Raises:
        ContractError: If the chain undid the creation.
    """
    refusal = failure(receipt)
    if refusal is not None:
        raise refusal
    assert receipt.contract_address is not None
    return TaskMarket(chain, receipt.contract_address)


def deploy_task_market(chain: Chain, deployer: Account, timestamp: int) -> TaskMarket:
    """Create a ``TaskMarket`` in a block of its own.

    Args:
        chain: Where to.
        deployer: Who pays the gas; the contract gives her no rights.
        timestamp: Unix time of the block.

    Raises:
        ContractError: If the chain undid the creation.
    """
    tx_hash = chain.submit(deployment(deployer))
    receipts = chain.mine(timestamp).receipts
    return deployed(chain, next(receipt for receipt in receipts if receipt.tx_hash == tx_hash))
