"""Where signed transactions wait for a block, in the order in which a builder would take them."""

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .types import Transaction


@dataclass(frozen=True)
class Pending:
    """A signed transaction that waits.

    Attributes:
        transaction: The intent as the agent submitted it.
        signed: The same, signed, as py-evm holds it.
        nonce: The sender's nonce that it uses.
        max_fee_wei: Most that it pays per gas.
        priority_fee_wei: Most of it that goes to the sealer.
        arrival: Count of submissions before it; the earlier of two equal tips goes first.
    """

    transaction: Transaction
    signed: Any
    nonce: int
    max_fee_wei: int
    priority_fee_wei: int
    arrival: int

    @property
    def worst_cost_wei(self) -> int:
        """The most that it can take from its sender: the value and all of its gas."""
        return self.transaction.value_wei + self.transaction.gas * self.max_fee_wei

    def tip_wei(self, base_fee_wei: int) -> int:
        """Return what the sealer gets per gas (EIP-1559); negative if the base fee exceeds the cap."""
        return min(self.priority_fee_wei, self.max_fee_wei - base_fee_wei)

    def price_wei(self, base_fee_wei: int) -> int:
        """Return what the sender pays per gas (EIP-1559, effective gas price)."""
        return base_fee_wei + self.tip_wei(base_fee_wei)


class Mempool:
    """Transactions by sender; highest tip first, then first come, but a sender's nonces stay in order.

    Args:
        first_nonce: Tells the nonce of a sender's first transaction here; by default all start from 0.
    """

    def __init__(self, first_nonce: Callable[[str], int] = lambda sender: 0):
        self._first_nonce = first_nonce
        self._queues: dict[str, deque[Pending]] = {}
        self._next_nonce: dict[str, int] = {}
        self._owed_wei: dict[str, int] = {}
        self._arrivals = 0

    def copy(self) -> "Mempool":
        """Return a mempool that holds the same and then goes its own way."""
        twin = Mempool(self._first_nonce)
        twin._queues = {sender: queue.copy() for sender, queue in self._queues.items()}
        twin._next_nonce, twin._owed_wei = self._next_nonce.copy(), self._owed_wei.copy()
        twin._arrivals = self._arrivals
        return twin

    def next_nonce(self, sender: str) -> int:
        """Return the nonce of the sender's next transaction, counting those that wait."""
        if sender not in self._next_nonce:
            self._next_nonce[sender] = self._first_nonce(sender)
        return self._next_nonce[sender]

    def forget_nonces(self) -> None:
        """Ask anew for the nonces of those who have nothing here: their keys may be used elsewhere too."""
        self._next_nonce = {sender: self._next_nonce[sender] for sender in self._queues}

    def owed_wei(self, sender: str) -> int:
        """Return the most wei that the sender's waiting transactions can take."""
        return self._owed_wei.get(sender, 0)

    def add(self, transaction: Transaction, signed: Any, max_fee_wei: int, priority_fee_wei: int) -> None:
        """Queue a transaction that was signed with ``next_nonce`` of its sender."""
        sender = transaction.sender.address
        nonce = self.next_nonce(sender)
        pending = Pending(transaction, signed, nonce, max_fee_wei, priority_fee_wei, self._arrivals)
        self._queues.setdefault(sender, deque()).append(pending)
        self._next_nonce[sender] = nonce + 1
        self._owed_wei[sender] = self.owed_wei(sender) + pending.worst_cost_wei
        self._arrivals += 1

    def waiting(self) -> list[Transaction]:
        """Return what waits, in order of arrival."""
        everything = [pending for queue in self._queues.values() for pending in queue]
        return [pending.transaction for pending in sorted(everything, key=lambda pending: pending.arrival)]

    def best_first(self, base_fee_wei: int, fits: Callable[[Pending], bool]) -> Iterator[Pending]:
        """Yield what a block should hold, best first; nothing leaves before ``remove``.

        Args:
            base_fee_wei: The block's; what caps its fee below that waits.
            fits: Asked right before a transaction would be yielded, when the caller has dealt with
                the one before. A sender whose transaction does not fit yields no later one either,
                since nonces leave no gap.
        """

        def ranked(pending: Pending, rest: Iterator[Pending]) -> tuple[int, int, Pending, Iterator[Pending]]:
            # No two arrivals are equal, so comparing two ranks never reaches the last two parts.
            return -pending.tip_wei(base_fee_wei), pending.arrival, pending, rest

        heads = []
        for queue in self._queues.values():
            rest = iter(queue)
            heads.append(ranked(next(rest), rest))
        heapq.heapify(heads)
        while heads:
            *_, pending, rest = heapq.heappop(heads)
            if pending.tip_wei(base_fee_wei) < 0 or not fits(pending):
                continue
            yield pending
            following = next(rest, None)
            if following is not None:
                heapq.heappush(heads, ranked(following, rest))

    def remove(self, included: Iterable[Pending]) -> None:
        """Forget transactions that are now in a block, each sender's from her first on."""
        for pending in included:
            sender = pending.transaction.sender.address
            self._queues[sender].popleft()
            self._owed_wei[sender] -= pending.worst_cost_wei
            if not self._queues[sender]:
                del self._queues[sender], self._owed_wei[sender]
