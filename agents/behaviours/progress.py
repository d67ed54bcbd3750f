"""How far a task has come, as its initiator sees it: in plain numbers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """A task's state.

    Attributes:
        task: Its name in the scenario.
        announced: How many models were announced, planted tests not counted.
        rewarded: How many of these were rewarded.
        rejected: How many were rejected or became Void.
        seconds_left: Seconds to the deadline for announcements.
    """

    task: str
    announced: int
    rewarded: int
    rejected: int
    seconds_left: float

    @property
    def open(self) -> int:
        """How many are still to be decided."""
        return self.announced - self.rewarded - self.rejected
