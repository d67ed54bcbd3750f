"""Byzantine: anything at any time."""

from pydantic import Field

from ...config.base import Settings
from ..seat import FULL_BPS, Reading, Seat
from .honest import Duty, Honest


class ByzantineOptions(Settings):
    """How unreliable she is.

    Attributes:
        silence: Chance that she does not answer for a seat, and again that she does not show what she
            committed to.
    """

    silence: float = Field(default=0.25, ge=0, le=1)


class Byzantine(Honest):
    """Says a random number after a random time, or nothing, and breaks some of her commitments.

    The arbitrary fault of Lamport, Shostak and Pease 1982 (DOI 10.1145/357172.357176), with chance in the
    place of malice: what a protocol that only counts on most being right must bear. A strict majority of a
    panel bears fewer than half.
    """

    Options = ByzantineOptions

    def answers(self, seat: Seat) -> bool:
        """Answer or not, by chance."""
        return self.dice("answers", of=seat.about).random() >= self.options.silence

    def measures(self, seat: Seat) -> bool:
        """Do no work."""
        return False

    def waits(self, seat: Seat) -> float:
        """Wait for any time that the window has."""
        return self.dice("waits", of=seat.about).random() * max(0.0, seat.seconds_left - seat.slot_seconds)

    def says(self, seat: Seat, measured: Reading | None) -> Reading | None:
        """Say anything."""
        fitness, reference = self.dice("says", of=seat.about).integers(0, FULL_BPS + 1, size=2).tolist()
        return Reading(fitness, reference if seat.has_reference else 0)

    def reveals(self, seat: Seat) -> bool:
        """Keep the promise or not, by chance."""
        return self.dice("reveals", of=seat.about).random() >= self.options.silence

    def steps_in(self, duty: Duty) -> bool:
        """Do nobody's duty."""
        return False
