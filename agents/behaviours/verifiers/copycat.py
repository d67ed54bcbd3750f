"""Copycat: repeats what others have shown."""

from pydantic import Field

from ...config.base import Settings
from ..seat import Reading, Seat
from .honest import Honest


class CopycatOptions(Settings):
    """When she looks, and what she does when there is nothing to see.

    Attributes:
        slots: So many slots before the evaluation window ends she looks at what others have shown.
        measures: Whether she does the work where evaluations are committed, so that there is nothing to copy;
            else she stays silent there.
    """

    slots: int = Field(default=3, ge=1, le=1000)
    measures: bool = False


class Copycat(Honest):
    """Waits for what others put on the board or show on the chain, and says the median of it.

    She is in nobody's way and never stands out, so no comparison of votes finds her; but her vote adds
    nothing to the panel, whose errors are then fewer people's than it seems. Free riding on the reports of
    others is why oracles and prediction markets have voters commit before anybody reveals (commit-reveal,
    as in Schellingcoin, Buterin 2014, and Augur, arXiv:1501.01042, Section II-E; Subtensor's issue of
    "weight copying"). A commitment cannot be copied either: the contract's binds the sender.
    """

    Options = CopycatOptions

    def measures(self, seat: Seat) -> bool:
        """Do no work where there will be something to copy."""
        return seat.commits and self.options.measures

    def waits(self, seat: Seat) -> float:
        """Wait until nearly everybody must have spoken."""
        if self.measures(seat):
            return 0.0
        return max(0.0, seat.seconds_left - self.options.slots * seat.slot_seconds)

    def says(self, seat: Seat, measured: Reading | None) -> Reading | None:
        """Say what somebody in the middle has said; nothing if nobody has said anything."""
        if measured is not None or not seat.shown:
            return measured
        ranked = sorted(seat.shown.values(), key=lambda one: (one.fitness_bps, one.reference_bps))
        return ranked[(len(ranked) - 1) // 2]
