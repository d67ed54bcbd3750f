"""A node that seals blocks by its own clock: geth, a client of a shared network, anvil with a block time."""

import time

from .node import NodeChain
from .types import Account, ChainUnreachable, Receipt, Transaction

POLL_SECONDS = 0.25
NUDGE_GAS = 21_000


class WallClockChain(NodeChain):
    """A ``types.Chain`` on a node whose clock nobody turns: a simulated second takes a second.

    Blocks carry the node's time, which may be later than what was asked for, and their order is the node's.

    Attributes:
        nudger: Who sends herself nothing if a block is needed and the node seals none without a transaction.
    """

    nudger: Account | None = None

    def _seal(self, timestamp: int, seen: int) -> list[Receipt]:
        self._wait_until(timestamp)
        before = self._head.number
        self._send(self._intake.mempool.best_first(self._head.next_base_fee_wei, lambda _: True))
        if not self._sent:
            self._wait_for_a_block(before)
        receipts = self._wait_for_receipts()
        self._head = self._newest()
        return sorted(receipts, key=lambda receipt: (receipt.block, receipt.index))

    def _wait_until(self, timestamp: int) -> None:
        """Wait until a block of now would have this timestamp."""
        while True:
            soon = self._rpc.ask("eth_getBlockByNumber", "pending", False)
            if int(soon["timestamp"], 16) >= timestamp:
                return
            self._pause()

    def _wait_for_a_block(self, number: int) -> None:
        started, nudged = time.monotonic(), False
        while (head := self._newest()).number <= number:
            waited = time.monotonic() - started
            if waited > self.config.patience:
                raise self._too_late("sealed no block")
            if waited > self.config.slot_seconds and self.nudger and not nudged:
                self.submit(Transaction(self.nudger, self.nudger.address, b"", gas=NUDGE_GAS))
                self._send(self._intake.mempool.best_first(head.next_base_fee_wei, lambda _: True))
                nudged = True
            self._pause()

    def _wait_for_receipts(self) -> list[Receipt]:
        started, receipts = time.monotonic(), []
        while self._sent:
            receipts += self._collect()
            if self._sent:
                if time.monotonic() - started > self.config.patience:
                    raise self._too_late(f"put {len(self._sent)} transactions into no block")
                self._pause()
        return receipts

    def _pause(self) -> None:
        if not self._rpc.is_replaying:
            time.sleep(POLL_SECONDS)

    def _too_late(self, what: str) -> ChainUnreachable:
        return ChainUnreachable(f"the node at {self._rpc.place} has {what} for {self.config.patience:g} s")
