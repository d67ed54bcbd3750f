"""From an agent's intent to a signed transaction of type 2."""

from eth.abc import SignedTransactionAPI
from eth.constants import CREATE_CONTRACT_ADDRESS
from eth.vm.forks.cancun.transactions import CancunTransactionBuilder
from eth_keys.datatypes import PrivateKey
from eth_utils.address import to_canonical_address

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

    def sign(
        self, transaction: Transaction, max_fee_wei: int, priority_fee_wei: int, nonce: int
    ) -> SignedTransactionAPI:
        """Sign a transaction as EIP-1559 has it, with these two caps per gas."""
        to = transaction.to
        unsigned = CancunTransactionBuilder.new_unsigned_dynamic_fee_transaction(
            chain_id=self._chain_id,
            nonce=nonce,
            max_priority_fee_per_gas=priority_fee_wei,
            max_fee_per_gas=max_fee_wei,
            gas=transaction.gas,
            to=CREATE_CONTRACT_ADDRESS if to is None else to_canonical_address(to),
            value=transaction.value_wei,
            data=transaction.data,
            access_list=(),
        )
        return unsigned.as_signed_transaction(self.key(transaction.sender))
