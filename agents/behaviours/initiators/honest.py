"""The honest initiator: what every other behaviour departs from."""

from collections.abc import Mapping

from ..base import Behaviour
from ..progress import Progress


class Honest(Behaviour):
    """Deposits what she promised, takes models until the deadline, hands out the keys (Section III-A)."""

    def deposits(self, escrow_wei: int, budget_wei: int) -> int:
        """Return the wei to put behind a task.

        Args:
            escrow_wei: What the scenario says: absent, enough for every model that may be announced.
            budget_wei: The most that one announced model can cost.
        """
        return escrow_wei

    def closes(self, task: Progress) -> bool:
        """Whether to close a task before its deadline; asked whenever a model is announced or settled."""
        return False

    def hands_out_keys(self, task: Progress) -> bool:
        """Whether to give a panel the keys that it needs."""
        return True

    def gives(self) -> Mapping[str, int]:
        """Return the wei that she sends to others in the beginning, by name or group."""
        return {}
