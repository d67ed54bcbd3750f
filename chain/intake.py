"""What a chain asks of a transaction before it may wait for a block."""

from collections.abc import Callable
from typing import Any

from eth_utils.address import is_checksum_address

from ..errors import InputError
from .config import MIN_GAS_PRICE_WEI, ChainConfig
from .mempool import Mempool
from .signer import Signer
from .types import Transaction, TransactionRefused


class Intake:
    """Checks, signs and queues transactions; every backend takes them in this way.

    Args:
        config: Chain id, gas price and limit.
        balance: Tells an address's wei at the newest block.
        first_nonce: Tells the nonce of a sender's first transaction here; by default all start from 0.

    Attributes:
        mempool: What waits.
        signer: Holds the keys of those who sent something.
    """

    def __init__(
        self,
        config: ChainConfig,
        balance: Callable[[str], int],
        first_nonce: Callable[[str], int] = lambda sender: 0,
    ):
        self._config = config
        self._balance = balance
        self.mempool = Mempool(first_nonce)
        self.signer = Signer(config.chain_id)

    def accept(self, transaction: Transaction) -> bytes:
        """Sign a transaction, put it into the mempool and return its 32-byte hash.

        Raises:
            InputError: An attribute has a type or range that no chain reads.
            TransactionRefused: The sender cannot pay for it on top of what she has waiting, or no block could
                ever hold it.
        """
        check_form(transaction)
        max_fee_wei, priority_fee_wei = self._fees(transaction)
        self._check_acceptable(transaction, max_fee_wei, priority_fee_wei)
        nonce = self.mempool.next_nonce(transaction.sender.address)
        signed = self.signer.sign(transaction, max_fee_wei, priority_fee_wei, nonce)
        self._queue(transaction, signed)
        return signed.hash

    def accept_signed(self, transaction: Transaction, signed: Any) -> bytes:
        """Put a transaction that its sender signed herself into the mempool and return its 32-byte hash.

        Raises:
            TransactionRefused: As ``accept``, or its nonce is not the sender's next.
        """
        self._check_acceptable(transaction, signed.max_fee_per_gas, signed.max_priority_fee_per_gas)
        nonce = self.mempool.next_nonce(transaction.sender.address)
        if signed.nonce != nonce:
            raise TransactionRefused(transaction.sender.name, f"its nonce is {signed.nonce}, not {nonce}")
        self._queue(transaction, signed)
        return signed.hash

    def _fees(self, transaction: Transaction) -> tuple[int, int]:
        max_fee_wei, priority_fee_wei = transaction.max_fee_wei, transaction.priority_fee_wei
        if max_fee_wei is None:
            max_fee_wei = max(self._config.gas_price, priority_fee_wei or 0)
        return max_fee_wei, max_fee_wei if priority_fee_wei is None else priority_fee_wei

    def _check_acceptable(self, transaction: Transaction, max_fee_wei: int, priority_fee_wei: int) -> None:
        sender, gas = transaction.sender, transaction.gas
        if max_fee_wei < MIN_GAS_PRICE_WEI:
            reason = f"a gas price of {max_fee_wei} wei is below the least of {MIN_GAS_PRICE_WEI} wei"
            raise TransactionRefused(sender.name, reason)
        if priority_fee_wei > max_fee_wei:
            reason = f"a priority fee of {priority_fee_wei} wei is above its fee cap of {max_fee_wei} wei"
            raise TransactionRefused(sender.name, reason)
        if gas > self._config.block_gas_limit:
            reason = f"{gas} gas do not fit into a block of {self._config.block_gas_limit}"
            raise TransactionRefused(sender.name, reason)
        cost_wei = transaction.value_wei + gas * max_fee_wei
        promised_wei = self.mempool.owed_wei(sender.address)
        short_wei = promised_wei + cost_wei - self._balance(sender.address)
        if short_wei > 0:
            reason = (
                f"{short_wei} wei short: value and gas may take {cost_wei} wei on top of "
                f"{promised_wei} wei promised to waiting transactions"
            )
            raise TransactionRefused(sender.name, reason)

    def _queue(self, transaction: Transaction, signed: Any) -> None:
        if transaction.gas < signed.intrinsic_gas:
            reason = f"{transaction.gas} gas are less than the {signed.intrinsic_gas} it costs to be included"
            raise TransactionRefused(transaction.sender.name, reason)
        self.mempool.add(transaction, signed, signed.max_fee_per_gas, signed.max_priority_fee_per_gas)


def check_form(transaction: Transaction) -> None:
    """Refuse what no chain could read; NumPy integers count, since RLP does not take them.

    Raises:
        InputError: Naming the attribute that is wrong.
    """
    amounts = {"value_wei": transaction.value_wei, "gas": transaction.gas}
    for name in ("max_fee_wei", "priority_fee_wei"):
        if getattr(transaction, name) is not None:
            amounts[name] = getattr(transaction, name)
    for name, amount in amounts.items():
        if not is_amount(amount):
            raise InputError(f"transaction.{name}", amount, "give a Python int from 0 to 2**128 - 1")
    if transaction.to is not None and not is_checksum_address(transaction.to):
        raise InputError("transaction.to", transaction.to, "give an EIP-55 checksum address or None")
    if not isinstance(transaction.data, bytes):
        raise InputError("transaction.data", transaction.data, "give bytes")


def is_amount(value: Any) -> bool:
    """Whether the value is a whole number that sums of balances cannot push past 256 bits."""
    return type(value) is int and 0 <= value < 2**128
