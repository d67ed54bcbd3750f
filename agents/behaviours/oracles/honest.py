"""The honest oracle: what every other behaviour departs from."""

from collections.abc import Sequence

from ..base import Behaviour
from ..query import Query, Row


class Honest(Behaviour):
    """Answers every query with all evaluations that are on the board by then (Section IV)."""

    def answers(self, query: Query) -> bool:
        """Whether to answer a query at all."""
        return True

    def waits(self, query: Query) -> float:
        """Return for how many seconds to let a query lie, on top of ``oracle.delay``."""
        return 0.0

    def repeats(self, query: Query) -> int:
        """Return how often to send the answer."""
        return 1

    def delivers(self, query: Query, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the rows to bring to the contract.

        Args:
            query: What was asked.
            rows: What is on the board and not counted yet, in the order of the seats.
        """
        return rows
