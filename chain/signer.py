"""From an agent's intent to a signed transaction of type 2."""

from typing import Any

from eth.abc import SignedTransactionAPI
from eth.constants import CREATE_CONTRACT_ADDRESS
from eth.vm.forks.cancun.transactions import CancunTransactionBuilder
from eth_keys.datatypes import PrivateKey
from eth_utils.address import is_checksum_address, to_canonical_address

from ..errors import InputError
from .types import Account, Transaction


class Signer:
    """Signs for the accounts of a run; each key is derived and checked once.

    Args:
        chain_id: EIP-155 chain identity that every signature binds.
    """

    def __init__(self, chain_id: int):
        self._chain_id = chain_id
        self._keys: dict[Account, PrivateKey] = {}

    def key(self, account: Account) -> PrivateKey:
        """Return the account's key.

        Raises:
            InputError: If the account's address is not the one of its key.
        """
        if account not in self._keys:
            key = PrivateKey(account.private_key)
            if key.public_key.to_checksum_address() != account.address:
                raise InputError(f"account {account.name}", account.address, "give the address of its key")
            self._keys[account] = key
        return self._keys[account]

    def sign(self, transaction: Transaction, price_wei: int, nonce: int) -> SignedTransactionAPI:
        """Sign an EIP-1559 transaction whose two fee caps are both ``price_wei`` per gas."""
        to = transaction.to
        unsigned = CancunTransactionBuilder.new_unsigned_dynamic_fee_transaction(
            chain_id=self._chain_id,
            nonce=nonce,
            max_priority_fee_per_gas=price_wei,
            max_fee_per_gas=price_wei,
            gas=transaction.gas,
            to=CREATE_CONTRACT_ADDRESS if to is None else to_canonical_address(to),
            value=transaction.value_wei,
            data=transaction.data,
            access_list=(),
        )
        return unsigned.as_signed_transaction(self.key(transaction.sender))


def check_form(transaction: Transaction) -> None:
    """Refuse what no chain could read; NumPy integers count, since RLP does not take them.

    Raises:
        InputError: Naming the attribute that is wrong.
    """
    amounts = {"value_wei": transaction.value_wei, "gas": transaction.gas}
    if transaction.priority_fee_wei is not None:
        amounts["priority_fee_wei"] = transaction.priority_fee_wei
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
