"""The Python face of the ``TaskMarket`` contract.

Writes return transactions that their caller submits, so that agents decide when and with which fee; reads ask
the newest state at once and raise the contract's refusals as exceptions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ..chain.types import Account, CallReverted, Chain, Receipt, Transaction
from . import gas
from .abi import event_entries, functions
from .announcement import AnnouncedModel, read_announcement
from .artifact import task_market_artifact
from .evaluation import SignedEvaluation
from .events import Event, decode_event
from .refusals import ContractError
from .reverts import decode_error, failure
from .structs import Counts, Deadlines, Model, PoolSlot, Seat, TaskStatus, TaskTerms, encode_cid


@dataclass(frozen=True)
class TaskMarket:
    """A deployed ``TaskMarket``.

    Attributes:
        chain: The chain that it lives on.
        address: Its checksum address.
        reserves: Whether what an announced model may cost is held for it, whatever becomes of its task.
    """

    chain: Chain
    address: str
    reserves: ClassVar[bool] = True

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

    def join_pool(self, sender: Account, *, public_key: bytes = b"", value_wei: int = 0) -> Transaction:
        """Join the pool that panels are drawn from.

        Args:
            sender: Who joins.
            public_key: For those who want to write to her.
            value_wei: Her stake; a seat of a bonded task needs as much of it as its bond.
        """
        limit = gas.JOIN_POOL + 40 * len(public_key)
        return self._write(sender, "joinPool", [public_key], limit, value_wei)

    def leave_pool(self, sender: Account) -> Transaction:
        """Leave the pool; seats already drawn stay, and so do draws whose block was named before."""
        return self._write(sender, "leavePool", [], gas.LEAVE_POOL)

    def reclaim_stake(self, sender: Account, *, slot: int) -> Transaction:
        """Turn what is free of the stake behind a slot into its owner's credit, 256 blocks after she left."""
        return self._write(sender, "reclaimStake", [slot], gas.RECLAIM_STAKE)

    def announce_model(
        self,
        sender: Account,
        *,
        task_id: int,
        cid: str,
        fingerprint: bytes = bytes(32),
        key_commitment: bytes = bytes(32),
        access_key: bytes = b"",
    ) -> Transaction:
        """Announce a model by its CID.

        Args:
            sender: The contributor.
            task_id: The task.
            cid: Where the model lies in the store.
            fingerprint: 32 bytes by which verifiers recognise a copy.
            key_commitment: keccak256 of the model's key as wrapped for the initiator; zero in a public task.
            access_key: Encryption key to which others may wrap the keys of rewarded models.
        """
        arguments = [task_id, encode_cid("cid", cid), fingerprint, key_commitment, access_key]
        return self._write(sender, "announceModel", arguments, gas.ANNOUNCE_MODEL + 40 * len(access_key))

    def draw_panel(self, sender: Account, *, model_id: int, panel_size: int) -> Transaction:
        """Seat the panel of the head of a queue; ``panel_size`` is the task's, for the gas limit."""
        return self._write(sender, "drawPanel", [model_id], gas.draw_panel(panel_size))

    def deliver_keys(self, sender: Account, *, model_id: int, wrapped_keys: Sequence[bytes]) -> Transaction:
        """Hand a panel wrapped keys of equal length, in the order of the seats."""
        joined = b"".join(wrapped_keys)
        return self._write(sender, "deliverKeys", [model_id, joined], gas.deliver_keys(len(joined)))

    def release_key(self, sender: Account, *, model_id: int, wrapped_key: bytes) -> Transaction:
        """Give the initiator the key to a rewarded model; any holder may."""
        return self._write(sender, "releaseKey", [model_id, wrapped_key], gas.RELEASE_KEY)

    def share_key(
        self, sender: Account, *, model_id: int, recipient_model_id: int, wrapped_key: bytes
    ) -> Transaction:
        """Give the contributor of one rewarded model the key to another, where the task shares them."""
        return self._write(sender, "shareKey", [model_id, recipient_model_id, wrapped_key], gas.SHARE_KEY)

    def commit_evaluation(
        self, sender: Account, *, model_id: int, seat: int, commitment: bytes
    ) -> Transaction:
        """Bind a seat, counted from 0, to an evaluation; see ``commitment``."""
        return self._write(sender, "commitEvaluation", [model_id, seat, commitment], gas.COMMIT_EVALUATION)

    def reveal_evaluation(
        self, sender: Account, *, evaluation: SignedEvaluation, panel_size: int
    ) -> Transaction:
        """Have one row counted on chain in the reveal window; anyone may bring it."""
        limit = gas.reveal_evaluation(panel_size)
        return self._write(sender, "revealEvaluation", [evaluation.to_abi()], limit)

    def request_evaluations(self, sender: Account, *, model_id: int) -> Transaction:
        """Ask the oracle for a model's evaluations, once its evaluation window is over."""
        return self._write(sender, "requestEvaluations", [model_id], gas.REQUEST_EVALUATIONS)

    def deliver_evaluations(
        self, sender: Account, *, query_id: int, evaluations: Sequence[SignedEvaluation]
    ) -> Transaction:
        """Answer a query (the contract's ``__callback``); only the task's oracle may."""
        rows = [evaluation.to_abi() for evaluation in evaluations]
        return self._write(sender, "__callback", [query_id, rows], gas.deliver_evaluations(len(rows)))

    def expire_model(self, sender: Account, *, model_id: int, panel_size: int = 128) -> Transaction:
        """End a model whose draw or tally window has passed; ``panel_size`` narrows the gas limit."""
        return self._write(sender, "expireModel", [model_id], gas.expire_model(panel_size))

    def settle_seat(self, sender: Account, *, model_id: int, seat: int) -> Transaction:
        """Pay or punish one seat, counted from 0, of a settled model of a bonded task."""
        return self._write(sender, "settleSeat", [model_id, seat], gas.SETTLE_SEAT)

    def reveal_plant(
        self, sender: Account, *, model_id: int, plant_bps: int, salt: bytes, proof: Sequence[bytes]
    ) -> Transaction:
        """Show that a settled model was a planted test; see ``PlantTree``."""
        arguments = [model_id, plant_bps, salt, list(proof)]
        return self._write(sender, "revealPlant", arguments, gas.REVEAL_PLANT + 2_000 * len(proof))

    def withdraw_for(self, sender: Account, *, account: str) -> Transaction:
        """Pay an account its credit; anyone may ask, only the account is paid."""
        return self._write(sender, "withdrawFor", [account], gas.WITHDRAW)

    # Reads.

    def task(self, task_id: int) -> TaskStatus:
        """Return where a task stands; raises ``UnknownTask``."""
        return self._read("task", task_id)

    def escrow_left(self, task_id: int) -> int:
        """Return the wei of a task that no model holds."""
        return self.task(task_id).unreserved_wei

    def model(self, model_id: int) -> Model:
        """Return a model; raises ``UnknownModel``."""
        return self._read("model", model_id)

    def deadlines(self, model_id: int) -> Deadlines:
        """Return when a model's windows end, zeros unless it is being evaluated; raises ``UnknownModel``."""
        return self._read("deadlines", model_id)

    def draw_block(self, model_id: int) -> int:
        """Return the block whose hash seats an unsettled model's panel; raises ``UnknownModel``."""
        return self._read("drawBlock", model_id)

    def panel(self, model_id: int) -> tuple[Seat, ...]:
        """Return a model's seats, none before the draw; raises ``UnknownModel``."""
        return self._read("panel", model_id)

    def credit(self, account: str) -> int:
        """Return the wei that ``withdraw_for`` would pay an account."""
        return self._read("credit", account)

    def pool_slot(self, slot: int) -> PoolSlot:
        """Return one slot of the pool, counted from 0; raises ``UnknownSlot`` past the end."""
        return self._read("poolSlot", slot)

    def is_in_pool(self, account: str) -> bool:
        """Return whether an account holds a live slot."""
        return self._read("isInPool", account)

    def burnt(self) -> int:
        """Return the wei of bonds that were burnt: they stay in the contract, out of anybody's reach."""
        return self._read("burnt")

    def counts(self) -> Counts:
        """Return how many tasks, models and slots of the pool there are."""
        return self._read("counts")

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

    def announcement(self, transaction: Transaction) -> AnnouncedModel | None:
        """Return what a transaction in the mempool announces to this contract, if it does."""
        if transaction.to != self.address:
            return None
        return read_announcement(transaction, functions()["announceModel"])

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
