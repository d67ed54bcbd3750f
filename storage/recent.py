"""What was used last, kept in memory up to so many bytes."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Values by key; those that were not asked for the longest make way.

    Args:
        most: Bytes that all values together may take; one that is larger by itself is not kept.
    """

    def __init__(self, most: int):
        self._most = most
        self._held = 0
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """Return the value under a key, if it is still there."""
        found = self._values.get(key)
        if found is None:
            return None
        self._values.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, size: int) -> None:
        """Keep a value of ``size`` bytes."""
        self.drop(key)
        if size > self._most:
            return
        self._values[key] = value, size
        self._held += size
        while self._held > self._most:
            _, (_, gone) = self._values.popitem(last=False)
            self._held -= gone

    def drop(self, key: K) -> None:
        """Forget a value."""
        if key in self._values:
            self._held -= self._values.pop(key)[1]
