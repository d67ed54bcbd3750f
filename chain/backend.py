"""eth-tester's py-evm backend with nothing left to the wall clock or to chance."""

from collections.abc import Mapping, Sequence
from typing import Any

from eth.chains.base import MiningChain
from eth.exceptions import TransactionNotFound as EVMTransactionNotFound
from eth_keys.datatypes import PrivateKey
from eth_tester.backends.pyevm import PyEVMBackend
from eth_tester.backends.pyevm.serializers import serialize_transaction, serialize_transaction_receipt
from eth_tester.exceptions import TransactionNotFound
from eth_typing import Address
from eth_utils.crypto import keccak

from .config import ChainConfig
from .evm import LeanVM
from .genesis import COINBASE, genesis_base_fee_wei


class SimulationBackend(PyEVMBackend):
    """A Cancun chain whose every byte follows from its configuration, balances and transactions.

    eth-tester fills genesis timestamp and PREVRANDAO from the wall clock and ``os.urandom``; here
    both are given. Transactions are found through the chain's index, not by scanning all blocks.

    Args:
        config: Chain id, genesis time, gas limit and price.
        balances: Wei per 20-byte address; nobody else owns any.
        keys: Keys of the accounts that ``eth_accounts`` lists.
    """

    chain: MiningChain

    def __init__(self, config: ChainConfig, balances: Mapping[Address, int], keys: Sequence[PrivateKey]):
        genesis = self.generate_genesis_params(
            {"timestamp": config.genesis_time, "gas_limit": config.block_gas_limit, "coinbase": COINBASE}
        )
        genesis["base_fee_per_gas"] = genesis_base_fee_wei(config)
        state = {
            address: {"balance": wei, "nonce": 0, "code": b"", "storage": {}}
            for address, wei in balances.items()
        }
        super().__init__(genesis, state, vm_configuration=((0, LeanVM),))
        self.chain.chain_id = config.chain_id
        self.account_keys = tuple(keys)
        self.open_block(config.genesis_time + config.slot_seconds)

    def open_block(self, timestamp: int) -> None:
        """Make ``chain.header`` the next block, with PREVRANDAO hashed from the block before."""
        parent = self.chain.get_canonical_head()
        self.chain.header = self.chain.create_header_from_parent(
            parent, timestamp=timestamp, coinbase=COINBASE, mix_hash=keccak(parent.hash)
        )

    @property
    def contents(self) -> dict[bytes, bytes]:
        """All that the chain's database holds: blocks, receipts and state."""
        return dict(self._store)

    @contents.setter
    def contents(self, contents: Mapping[bytes, bytes]) -> None:
        # All that py-evm knows lies in this store, and its own ways back to an earlier head are private.
        self._store.clear()
        self._store.update(contents)

    @property
    def _store(self) -> dict[bytes, bytes]:
        database: Any = self.chain.chaindb.db
        return database.wrapped_db.kv_store

    def get_transaction_by_hash(self, transaction_hash: bytes) -> dict[str, Any]:
        """Return a mined transaction in eth-tester's form."""
        block, index = self._locate(transaction_hash)
        return serialize_transaction(block, block.transactions[index], index, False)

    def get_transaction_receipt(self, transaction_hash: bytes) -> dict[str, Any]:
        """Return the receipt of a mined transaction in eth-tester's form."""
        block, index = self._locate(transaction_hash)
        receipts = block.get_receipts(self.chain.chaindb)
        vm = self.chain.get_vm(block.header)
        return serialize_transaction_receipt(block, receipts, block.transactions[index], index, False, vm)

    def _locate(self, transaction_hash: Any) -> tuple[Any, int]:
        try:
            number, index = self.chain.chaindb.get_transaction_index(transaction_hash)
        except EVMTransactionNotFound as error:
            raise TransactionNotFound(str(error)) from None
        return self.chain.get_canonical_block_by_number(number), index
