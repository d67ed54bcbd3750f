"""Absent: holds seats and never answers."""

from typing import Literal

from ...config.base import Settings
from ..seat import Reading, Seat
from .honest import Duty, Honest


class AbsentOptions(Settings):
    """How far she goes.

    Attributes:
        after: ``seat``: she does nothing once she is drawn. ``commitment``: she binds herself to the best
            number there is, without measuring, and never shows it.
    """

    after: Literal["seat", "commitment"] = "seat"


class Absent(Honest):
    """Takes seats from those who would work: enough of her and no panel has a quorum.

    She earns nothing and, without bonds, loses nothing: a griefing attack, cheap for who profits from a
    model's not being paid. A bond that silence burns gives it a price (as the inactivity leak and slashing
    do for validators: Buterin and Griffith 2017, arXiv:1710.09437, Section 4).
    """

    Options = AbsentOptions

    def answers(self, seat: Seat) -> bool:
        """Care for no seat, but perhaps to commit to it."""
        return seat.commits and self.options.after == "commitment"

    def measures(self, seat: Seat) -> bool:
        """Do no work."""
        return False

    def says(self, seat: Seat, measured: Reading | None) -> Reading | None:
        """Commit to something."""
        return seat.yes

    def reveals(self, seat: Seat) -> bool:
        """Never show it."""
        return False

    def steps_in(self, duty: Duty) -> bool:
        """Do nobody's duty."""
        return False
