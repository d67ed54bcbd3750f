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
        signed: The same, signed, in the backend's own form.
        nonce: The sender's nonce that it uses.
        price_wei: What it pays per gas; the dearest goes first.
        arrival: Count of submissions before it; the earlier of two equal prices goes first.
    """

    transaction: Transaction
    signed: Any
    nonce: int
    price_wei: int
    arrival: int

    @property
    def worst_cost_wei(self) -> int:
        """The most that it can take from its sender: the value and all of its gas."""
        return self.transaction.value_wei + self.transaction.gas * self.price_wei


class Mempool:
    """Transactions by sender; dearest first, then first come, but a sender's nonces stay in order."""

    def __init__(self):
        self._queues: dict[str, deque[Pending]] = {}
        self._next_nonce: dict[str, int] = {}
        self._owed_wei: dict[str, int] = {}
        self._arrivals = 0

    def next_nonce(self, sender: str) -> int:
        """Return the nonce of the sender's next transaction, counting those that wait."""
        return self._next_nonce.get(sender, 0)

    def owed_wei(self, sender: str) -> int:
        """Return the most wei that the sender's waiting transactions can take."""
        return self._owed_wei.get(sender, 0)

    def add(self, transaction: Transaction, signed: Any, price_wei: int) -> None:
        """Queue a transaction that was signed with ``next_nonce`` of its sender."""
        sender = transaction.sender.address
        nonce = self.next_nonce(sender)
        pending = Pending(transaction, signed, nonce, price_wei, self._arrivals)
        self._queues.setdefault(sender, deque()).append(pending)
        self._next_nonce[sender] = nonce + 1
        self._owed_wei[sender] = self.owed_wei(sender) + pending.worst_cost_wei
        self._arrivals += 1

    def waiting(self) -> list[Transaction]:
        """Return what waits, in order of arrival."""
        everything = [pending for queue in self._queues.values() for pending in queue]
        return [pending.transaction for pending in sorted(everything, key=lambda pending: pending.arrival)]

    def best_first(self, fits: Callable[[Pending], bool]) -> Iterator[Pending]:
        """Yield what a block should hold, best first; nothing leaves before ``remove``.

        Args:
            fits: Asked right before a transaction would be yielded, when the caller has dealt with
                the one before. A sender whose transaction does not fit yields no later one either,
                since nonces leave no gap.
        """
        heads = []
        for queue in self._queues.values():
            rest = iter(queue)
            heads.append(_ranked(next(rest), rest))
        heapq.heapify(heads)
        while heads:
            *_, pending, rest = heapq.heappop(heads)
            if not fits(pending):
                continue
            yield pending
            following = next(rest, None)
            if following is not None:
                heapq.heappush(heads, _ranked(following, rest))

    def remove(self, included: Iterable[Pending]) -> None:
        """Forget transactions that are now in a block, each sender's from her first on."""
        for pending in included:
            sender = pending.transaction.sender.address
            self._queues[sender].popleft()
            self._owed_wei[sender] -= pending.worst_cost_wei
            if not self._queues[sender]:
                del self._queues[sender], self._owed_wei[sender]


def _ranked(pending: Pending, rest: Iterator[Pending]) -> tuple[int, int, Pending, Iterator[Pending]]:
    # No two arrivals are equal, so comparing two ranks never reaches the last two parts.
    return -pending.price_wei, pending.arrival, pending, rest
