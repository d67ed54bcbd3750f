"""A node that seals a block when it is told to: anvil, hardhat's node, ganache."""

from typing import Any

from .genesis import check_later, checksummed
from .mempool import Pending
from .node import NodeChain, as_bytes
from .rpc import RpcError
from .types import Account, ChainUnreachable, Receipt, Transaction


class OnDemandChain(NodeChain):
    """A ``types.Chain`` on a node whose clock is the market's: a slot is one block with the time asked for.

    What others send to the node goes into the same blocks, and its receipts are handed out with ours.
    """

    def _seal(self, timestamp: int, seen: int) -> list[Receipt]:
        check_later(timestamp, self.timestamp)
        base_fee_wei = self._head.next_base_fee_wei
        self._send(self._intake.mempool.best_first(base_fee_wei, lambda _: True))
        self._seal_now(timestamp)
        self._head = self._newest()
        strangers = [hash_ for hash_ in self._transactions_since(seen) if hash_ not in self._sent]
        receipts = self._collect() + self._receipts_of_strangers(strangers)
        self._recall()
        return sorted(receipts, key=lambda receipt: (receipt.block, receipt.index))

    def _transactions_since(self, seen: int) -> list[str]:
        """Return the hashes in the newest block, and in those that others had sealed since the last slot."""
        between = range(seen + 1, self._head.number)
        blocks = self._rpc.batch([("eth_getBlockByNumber", [hex(number), False]) for number in between])
        return [*(hash_ for block in blocks for hash_ in block["transactions"]), *self._head.transactions]

    def _seal_now(self, timestamp: int) -> None:
        try:
            self._rpc.ask("evm_setNextBlockTimestamp", timestamp)
            self._rpc.ask("evm_mine")
        except RpcError as error:
            # A run that is continued may have had this block sealed without hearing of it.
            if self._newest().timestamp != timestamp:
                raise ChainUnreachable(f"the node at {self._rpc.place} seals no block: {error}") from None

    def _receipts_of_strangers(self, hashes: list[str]) -> list[Receipt]:
        if not hashes:
            return []
        seen = self._rpc.batch([("eth_getTransactionByHash", [hash_]) for hash_ in hashes])
        raw = self._rpc.batch([("eth_getTransactionReceipt", [hash_]) for hash_ in hashes])
        return self._receipts([_stranger(transaction) for transaction in seen], raw)

    def _recall(self) -> None:
        """Take back what did not fit, so that the next block orders it anew beside what comes until then."""
        if self._sent:
            self._rpc.batch([("hardhat_dropTransaction", [hash_]) for hash_ in self._sent])
            self._sent.clear()


def _stranger(seen: dict[str, Any]) -> Pending:
    sender, to = checksummed(seen["from"]), seen.get("to")
    transaction = Transaction(
        Account(sender, sender, b""),
        checksummed(to) if to else None,
        as_bytes(seen["input"]),
        int(seen["value"], 16),
        int(seen["gas"], 16),
    )
    return Pending(transaction, None, int(seen["nonce"], 16), 0, 0, -1)
