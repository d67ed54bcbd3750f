"""eth-tester's py-evm backend with nothing left to the wall clock or to chance."""

from collections.abc import Mapping, Sequence
from typing import Any

from eth.chains.base import MiningChain
from eth.exceptions import TransactionNotFound as EVMTransactionNotFound
from eth_keys.datatypes import PrivateKey
from eth_tester import EthereumTester
from eth_tester.backends.pyevm import PyEVMBackend
from eth_tester.backends.pyevm.serializers import serialize_transaction, serialize_transaction_receipt
from eth_tester.exceptions import TransactionNotFound
from eth_utils.crypto import keccak
from web3 import EthereumTesterProvider, Web3
from web3.providers.eth_tester.defaults import API_ENDPOINTS

from ..errors import VerifuseError
from .config import ChainConfig
from .evm import LeanVM

COINBASE = keccak(text="verifuse: fees of a simulated chain")[-20:]
"""Where priority fees go: a hash, so that nobody holds its key."""

INITIAL_BASE_FEE_WEI = 10**9
"""EIP-1559, ``INITIAL_BASE_FEE``."""


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

    def __init__(self, config: ChainConfig, balances: Mapping[bytes, int], keys: Sequence[PrivateKey]):
        genesis = self.generate_genesis_params(
            {"timestamp": config.genesis_time, "gas_limit": config.block_gas_limit, "coinbase": COINBASE}
        )
        genesis["base_fee_per_gas"] = min(INITIAL_BASE_FEE_WEI, config.gas_price)
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


def reading_web3(backend: SimulationBackend, config: ChainConfig) -> Web3:
    """Return a ``Web3`` that reads the backend's chain.

    It does not write: nonces, order and time of blocks belong to the market, so ``eth_send…`` is
    refused with a sentence that says where transactions go, and mining and time travel are absent.
    """
    endpoints = {space: dict(API_ENDPOINTS[space]) for space in ("web3", "net", "eth")}
    endpoints["net"]["version"] = lambda *_: str(config.chain_id)
    endpoints["eth"]["chainId"] = lambda *_: config.chain_id
    endpoints["eth"]["gasPrice"] = lambda *_: config.gas_price
    endpoints["eth"]["sendTransaction"] = endpoints["eth"]["sendRawTransaction"] = _refuse_write
    return Web3(EthereumTesterProvider(EthereumTester(backend), endpoints))


def _refuse_write(*_: Any) -> None:
    raise VerifuseError("this web3 only reads; send with chain.submit(...) and seal with chain.mine(...)")
