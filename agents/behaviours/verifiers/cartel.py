"""Cartel: yes to its own models, no to all others."""

from typing import Annotated, Literal

from ...config.base import Settings
from ..seat import Reading, Seat
from .honest import Honest


class CartelOptions(Settings):
    """Who belongs to it beside the verifiers of its group, and what becomes of the rest.

    Attributes:
        contributors: Contributors or groups of them whose models it passes; without groups all are
            ``contributor``.
        others: What it says of all other models: ``no``, ``measured``, which is the work that honest
            verifiers do, or ``yes``.
    """

    contributors: Annotated[tuple[str, ...], "contributors"] = ()
    others: Literal["no", "measured", "yes"] = "no"


class Cartel(Honest):
    """All of a group vote as one: with more than half of a panel's seats they decide alone.

    Its size k is the group's ``count``. Of a pool of N with k of them a panel of n is a draw without
    replacement, so that the cartel has a majority of it with the hypergeometric probability of more than
    n/2 among n; in a large pool with a share of 0.3 that is 21.6, 16.3, 9.9, 5.0 and 1.0 % for panels of 3,
    5, 9, 15 and 31. That is the argument for sampled committees (Luu et al. 2016, Elastico, DOI
    10.1145/2976749.2978389, Section 5; Gilad et al. 2017, Algorand, DOI 10.1145/3132747.3132757, Section
    5.1). A contributor who verifies as well has the verifiers' behaviour; models of the cartel's own
    members are its own.
    """

    Options = CartelOptions

    def is_own(self, seat: Seat) -> bool:
        """Whether the model is one of the cartel's."""
        own = {seat.group, *self.options.contributors}
        return bool(own & {seat.contributor, seat.contributor_group})

    def measures(self, seat: Seat) -> bool:
        """Do no work but to judge others' models truly, if it means to."""
        return self.options.others == "measured" and not self.is_own(seat)

    def says(self, seat: Seat, measured: Reading | None) -> Reading | None:
        """Vote as one."""
        if self.is_own(seat) or self.options.others == "yes":
            return seat.yes
        return measured if self.options.others == "measured" else seat.no
