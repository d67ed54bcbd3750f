"""Lazy: votes without measuring, for a fee that pays effort nobody sees."""

from typing import Literal

from pydantic import Field

from ...config.base import Settings
from ..seat import FULL_BPS, Reading, Seat
from .honest import Honest


class LazyOptions(Settings):
    """What she says instead.

    Attributes:
        says: ``yes``, as much as can be; ``prior``, a plausible number around ``mean``; or ``random``, yes
            or no with equal chances.
        mean: Of the prior, as a fraction: what she expects of a model that she has not seen.
        spread: Standard deviation of the prior.
        gain: Where the fitness is measured against a reference, by how much she says that it is better.
    """

    says: Literal["yes", "prior", "random"] = "yes"
    mean: float = Field(default=0.9, ge=0, le=1)
    spread: float = Field(default=0.01, ge=0, le=1)
    gain: float = Field(default=0.01, ge=-1, le=1)


class Lazy(Honest):
    """Never looks at a model: she saves the work and is paid all the same.

    Where all verifiers are paid, effort costs and earns nothing, so that laziness is the dominant strategy:
    the verifier's dilemma (Luu, Teutsch, Kulkarni and Saxena 2015, DOI 10.1145/2810103.2813659, Section 3);
    of crowds who judge, Dasgupta and Ghosh's uninformed equilibria (2013, DOI 10.1145/2488388.2488417); see
    also arXiv:2201.06597. Comparing with the other votes does not help: when all say ``yes``, they agree.
    Planted tests of known fitness do (gold questions, Shah and Zhou 2015, arXiv:1408.1387): she says the
    same of these.
    """

    Options = LazyOptions

    def measures(self, seat: Seat) -> bool:
        """Do no work."""
        return False

    def says(self, seat: Seat, measured: Reading | None) -> Reading | None:
        """Say yes, something plausible, or anything."""
        options = self.options
        if options.says == "yes":
            return seat.yes
        draws = self.dice("lazy", of=seat.about)
        if options.says == "random":
            return seat.yes if draws.random() < 0.5 else seat.no
        fitness = _bps(draws.normal(options.mean, options.spread))
        return Reading(fitness, _bps(fitness / FULL_BPS - options.gain) if seat.has_reference else 0)


def _bps(fraction: float) -> int:
    return min(FULL_BPS, max(0, round(fraction * FULL_BPS)))
