"""One block, from the first transaction to the seal."""

from typing import Any

from eth.abc import ComputationAPI, ReceiptAPI, SignedTransactionAPI
from eth.chains.base import MiningChain
from eth_utils.address import to_checksum_address

from .mempool import Pending
from .types import Block, Log, Receipt


class BlockBuilder:
    """Applies transactions one after another to the open block of a py-evm chain.

    py-evm's ``MiningChain.mine_all`` does the same for a list that is known to fit; a builder has to
    know the gas left after each transaction to decide on the next one.

    Args:
        chain: Its ``header`` is the block to fill.
    """

    def __init__(self, chain: MiningChain):
        self._chain = chain
        self._vm = chain.get_vm(chain.header)
        self._header: Any = chain.header
        self._signed: list[SignedTransactionAPI] = []
        self._evm_receipts: list[ReceiptAPI] = []
        self._receipts: list[Receipt] = []

    @property
    def base_fee_wei(self) -> int:
        """What the block burns per gas."""
        return self._header.base_fee_per_gas

    def fits(self, pending: Pending) -> bool:
        """Whether the gas left in this block covers the transaction's limit."""
        return pending.transaction.gas <= self._header.gas_limit - self._header.gas_used

    def apply(self, pending: Pending) -> None:
        """Run a transaction that fits; a revert costs its sender gas and stays in the block."""
        evm_receipt, computation = self._vm.apply_transaction(self._header, pending.signed)
        gas_used = evm_receipt.gas_used - self._header.gas_used
        self._receipts.append(self._receipt(pending, computation, gas_used))
        self._header = self._vm.add_receipt_to_header(self._header, evm_receipt)
        self._signed.append(pending.signed)
        self._evm_receipts.append(evm_receipt)

    def seal(self) -> Block:
        """Close the block, check it by the rules of the fork and make it the chain's newest."""
        filled = self._vm.set_block_transactions_and_withdrawals(
            self._vm.get_block(), self._header, self._signed, self._evm_receipts
        )
        sealed = self._vm.mine_block(filled).block
        self._chain.persist_block(sealed)
        return Block(sealed.number, sealed.header.timestamp, sealed.hash, tuple(self._receipts))

    def _receipt(self, pending: Pending, computation: ComputationAPI, gas_used: int) -> Receipt:
        created = computation.msg.is_create and computation.is_success
        return Receipt(
            transaction=pending.transaction,
            tx_hash=pending.signed.hash,
            nonce=pending.nonce,
            block=self._header.block_number,
            index=len(self._receipts),
            succeeded=computation.is_success,
            gas_used=gas_used,
            gas_price_wei=pending.price_wei(self.base_fee_wei),
            logs=tuple(_log(*entry) for entry in computation.get_log_entries()),
            contract_address=to_checksum_address(computation.msg.storage_address) if created else None,
            revert_data=b"" if computation.is_success else computation.output,
        )


def _log(address: bytes, topics: Any, data: bytes) -> Log:
    return Log(to_checksum_address(address), tuple(topic.to_bytes(32, "big") for topic in topics), data)
