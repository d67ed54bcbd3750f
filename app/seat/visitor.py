"""The behaviour of a verification contributor who is a person: she is asked, and nothing is said for her."""

from ...agents.behaviours.seat import Reading, Seat
from ...agents.behaviours.verifiers.honest import Duty, Honest


class Visitor(Honest):
    """Waits for what a person decides; until then she has done nothing and said nothing.

    Attributes:
        asked: The seat that waits for a decision, if one does.
        answer: What she says when she speaks next; ``None`` is silence.
    """

    asked: Seat | None = None
    answer: Reading | None = None

    def measures(self, seat: Seat) -> bool:
        """Do no work that nobody asked her for."""
        return False

    def waits(self, seat: Seat) -> float:
        """Ask, and wait as long as there is time."""
        self.asked = seat
        return max(1.0, seat.seconds_left)

    def says(self, seat: Seat, measured: Reading | None) -> Reading | None:
        """Say what the person decided."""
        answer, self.answer = self.answer, None
        return answer

    def steps_in(self, duty: Duty) -> bool:
        """Do nobody's duty unasked."""
        return False


VISITOR = f"{Visitor.__module__}:{Visitor.__qualname__}"
"""The behaviour's name in a scenario."""
