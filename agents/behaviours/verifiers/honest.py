"""The honest verification contributor: what every other behaviour departs from."""

from typing import Literal

from ..base import Behaviour
from ..seat import Reading, Seat

Duty = Literal["draw", "ask", "release"]
"""What a verifier does where a contributor does not: have the panel drawn, the oracle asked, or the key of a
rewarded model released."""


class Honest(Behaviour):
    """Measures every model that she is drawn for and says what she measured, at once (Section III-A)."""

    def joins(self) -> bool:
        """Whether to join the pool that panels are drawn from."""
        return True

    def answers(self, seat: Seat) -> bool:
        """Whether to care for a seat at all."""
        return True

    def measures(self, seat: Seat) -> bool:
        """Whether to fetch the model and measure it, which is work."""
        return True

    def waits(self, seat: Seat) -> float:
        """Return for how many seconds to hold back what there is to say."""
        return 0.0

    def says(self, seat: Seat, measured: Reading | None) -> Reading | None:
        """Return what to sign; with commit–reveal, what to commit to.

        Args:
            seat: Hers, with what others have shown by now.
            measured: What she measured; ``None`` if she did not.

        Returns:
            ``None`` to say nothing.
        """
        return measured

    def reveals(self, seat: Seat) -> bool:
        """Whether to show what she committed to."""
        return True

    def steps_in(self, duty: Duty) -> bool:
        """Whether to do a contributor's duty in its place, should it wait too long."""
        return True

    def pays_to(self) -> str | None:
        """Return the name of who gets what she earns, if she passes it on."""
        return None
