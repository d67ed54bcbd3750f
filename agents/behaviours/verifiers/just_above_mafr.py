"""Just above the MAFR: says the smallest number that passes."""

from typing import Literal

from ...config.base import Settings
from ..seat import Reading, Seat
from .honest import Honest


class JustAboveMafrOptions(Settings):
    """For which models she does so.

    Attributes:
        of: ``all`` models, without measuring; of those that ``pass`` by her measurement, which pays a good
            model as little as a proportional rule can; or of those that ``fail``, which lets junk through
            unseen.
    """

    of: Literal["all", "pass", "fail"] = "all"


class JustAboveMafr(Honest):
    """Votes yes with as small a margin as there is.

    A threshold invites numbers right above it: bunching, which a histogram around the MAFR shows (the
    caliper test of Gerber and Malhotra 2008, DOI 10.1561/100.00008024; the density test of McCrary 2008,
    DOI 10.1016/j.jeconom.2007.05.005). Under the flat rule her vote counts as any other; under rules that
    pay by the margin it pays the contributor the least that a rewarded model can get.
    """

    Options = JustAboveMafrOptions

    def measures(self, seat: Seat) -> bool:
        """Measure if what she says depends on it."""
        return self.options.of != "all"

    def says(self, seat: Seat, measured: Reading | None) -> Reading | None:
        """Say the smallest number that passes, or the truth."""
        if measured is None:
            return seat.barely_yes
        return seat.barely_yes if seat.passes(measured) == (self.options.of == "pass") else measured
