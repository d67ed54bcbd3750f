"""What crosses the border between the agents and an Ethereum chain.

These types are the whole vocabulary of ``chain``: signed transactions go in, one block per slot is
sealed, receipts with logs come out. Nothing here knows a contract, an agent or a task.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..errors import VerifuseError
from .config import ChainConfig


@dataclass(frozen=True)
class Account:
    """A key pair of the simulation.

    Attributes:
        name: Who holds it, such as ``contributor-1``; unique in a run.
        address: EIP-55 checksum address.
        private_key: 32 bytes; kept out of ``repr`` so that it reaches no log.
    """

    name: str
    address: str
    private_key: bytes = field(repr=False)


@dataclass(frozen=True)
class Transaction:
    """An intent to change the chain; the chain adds nonce, fees and signature on submission.

    Fees are EIP-1559's: each unit of gas costs the smaller of the fee cap and of base fee plus tip. The
    base fee is burnt, the rest goes to whoever seals the block.

    Attributes:
        sender: Who signs and pays the gas.
        to: Checksum address of the callee; ``None`` creates a contract.
        data: Call data.
        value_wei: Ether sent along, in wei.
        gas: Gas limit; always explicit, never estimated.
        function: Name of the called function, for people who read the record.
        max_fee_wei: Most that it pays per gas, base fee included; ``None`` takes the chain's configured gas
            price, or the priority fee if that is more.
        priority_fee_wei: Most of it that goes to the sealer, which is its rank in the block; ``None``
            offers the whole cap, so that each unit of gas costs just that, whatever the base fee.
    """

    sender: Account
    to: str | None
    data: bytes
    value_wei: int = 0
    gas: int = 1_000_000
    function: str = ""
    max_fee_wei: int | None = None
    priority_fee_wei: int | None = None


@dataclass(frozen=True)
class Log:
    """One event as the EVM left it, not yet decoded."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True)
class Receipt:
    """What a transaction did.

    Attributes:
        transaction: The transaction as submitted.
        tx_hash: Its 32-byte hash.
        nonce: The sender's nonce that it used.
        block: Number of the block that holds it.
        index: Its place in that block.
        succeeded: Whether the EVM kept its effects.
        gas_used: Gas that was charged.
        gas_price_wei: Effective price per gas in wei (EIP-1559).
        logs: Events in order; empty for a failed transaction.
        contract_address: Address of the created contract, if it created one.
        revert_data: What a failed transaction returned: selector and arguments of its custom error.
    """

    transaction: Transaction
    tx_hash: bytes
    nonce: int
    block: int
    index: int
    succeeded: bool
    gas_used: int
    gas_price_wei: int
    logs: tuple[Log, ...] = ()
    contract_address: str | None = None
    revert_data: bytes = b""

    @property
    def fee_wei(self) -> int:
        """Gas used times its effective price."""
        return self.gas_used * self.gas_price_wei


@dataclass(frozen=True)
class Block:
    """A sealed block: number, Unix timestamp in seconds, 32-byte hash and its receipts in order."""

    number: int
    timestamp: int
    hash: bytes
    receipts: tuple[Receipt, ...]


@dataclass(frozen=True)
class Snapshot:
    """A state of a chain to which it can be taken back.

    Attributes:
        mark: The backend's own mark of the newest block.
        waiting: A copy of the mempool.
    """

    mark: Any
    waiting: Any


class CallReverted(Exception):
    """A read-only call reverted; ``data`` holds selector and arguments of its custom error."""

    def __init__(self, data: bytes):
        self.data = data
        super().__init__("0x" + data.hex())


class TransactionRefused(VerifuseError):
    """The chain cannot accept a transaction at all, so it was not queued and costs nothing.

    Args:
        sender: Name of the account that sent it.
        reason: What is wrong, in words.
    """

    def __init__(self, sender: str, reason: str):
        self.sender = sender
        self.reason = reason
        super().__init__(f"transaction of {sender} refused: {reason}")

    def __reduce__(self):
        """Let the error cross process borders with its two parts."""
        return type(self), (self.sender, self.reason)


class ChainUnreachable(VerifuseError):
    """The node behind a chain is gone, or has not answered in time."""


class Chain(Protocol):
    """An Ethereum chain as Verifuse uses it; every backend offers exactly this."""

    config: ChainConfig
    chain_id: int
    coinbase: str
    url: str | None
    """Where other programs on this machine reach it; ``None`` if they cannot."""

    @property
    def w3(self) -> Any:
        """A ``web3.Web3`` on the same chain, for users and notebooks."""
        ...

    @property
    def block_number(self) -> int:
        """Number of the newest sealed block."""
        ...

    @property
    def timestamp(self) -> int:
        """Unix timestamp of the newest sealed block in seconds."""
        ...

    @property
    def pending(self) -> Sequence[Transaction]:
        """Transactions submitted and not yet in a block."""
        ...

    def submit(self, transaction: Transaction) -> bytes:
        """Sign a transaction, put it into the mempool and return its hash.

        Raises:
            TransactionRefused: If the chain cannot accept it, above all when the sender's balance
                does not cover its value and gas on top of what she already has waiting.
        """
        ...

    def mine(self, timestamp: int) -> Block:
        """Seal one block with what the mempool holds; the timestamp must exceed the last block's."""
        ...

    def call(self, to: str, data: bytes, *, sender: str | None = None) -> bytes:
        """Run a read-only call on the newest state; raises ``CallReverted``."""
        ...

    def balance(self, address: str) -> int:
        """Return an account's wei at the newest block."""
        ...

    def snapshot(self) -> Snapshot:
        """Return a mark of the newest block and of what waits, for ``revert``."""
        ...

    def revert(self, snapshot: Snapshot) -> None:
        """Take back every block and every submission since a snapshot; later snapshots are worthless."""
        ...

    def close(self) -> None:
        """Give back what the backend holds (processes, sockets); calling twice does no harm."""
        ...
