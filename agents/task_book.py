"""Which of the settings' tasks a task on the chain is.

The contract numbers tasks as they are posted and knows no names. An initiator posts hers one after the
other, and her account's transactions keep their order: her first on the chain is her first in the settings.
"""

from collections import deque
from collections.abc import Iterable, Mapping

from ..contracts import TaskPosted
from .config.task_list import TaskEntry


class TaskBook:
    """The market's tasks by their numbers on the contract.

    Args:
        entries: The settings' tasks in the order of posting.
        addresses: Of the initiators, by name.
    """

    def __init__(self, entries: Iterable[TaskEntry], addresses: Mapping[str, str]):
        self.entries = tuple(entries)
        self._to_come: dict[str, deque[TaskEntry]] = {}
        self._known: dict[int, TaskEntry] = {}
        for entry in self.entries:
            self._to_come.setdefault(addresses[entry.initiator], deque()).append(entry)

    def next_of(self, initiator: str) -> TaskEntry:
        """Return the task that an initiator's address posts next; a stranger's is taken for the first."""
        to_come = self._to_come.get(initiator)
        return to_come[0] if to_come else self.entries[0]

    def note(self, event: TaskPosted) -> None:
        """Remember the number of a task that was posted."""
        to_come = self._to_come.get(event.initiator)
        if to_come:
            self._known[event.task_id] = to_come.popleft()

    def knows(self, task_id: int) -> bool:
        """Whether a task is one of the settings', not a stranger's."""
        return task_id in self._known

    def of(self, task_id: int) -> TaskEntry:
        """Return a task's settings; for a stranger's, of whom they say nothing, those of the first."""
        return self._known.get(task_id, self.entries[0])

    @property
    def is_complete(self) -> bool:
        """Whether every task has been posted."""
        return len(self._known) == len(self.entries)

    def who(self, name: str, task_id: int) -> str:
        """Return whose draws those of a participant for one task are: each task has its own."""
        entry = self.of(task_id)
        return name if entry is self.entries[0] else f"{name}, {entry.name}"
