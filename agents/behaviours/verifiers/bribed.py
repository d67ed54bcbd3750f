"""Bribed: votes as whoever pays most asks."""

from ...config.base import Amount, Settings
from ..seat import Bribe, Reading, Seat
from .honest import Honest


class BribedOptions(Settings):
    """What she takes.

    Attributes:
        price: The least that she sells a vote for, on top of the work that she saves.
    """

    price: Amount = 0


class Bribed(Honest):
    """Sells her vote for a promise (``behaviours.bribery``); without an offer she is honest.

    Under the p + epsilon attack (Buterin 2015) selling is the dominant strategy of one who believes the
    promise: her fee if the vote asked for wins, more than her fee if it loses. Where all verifiers are
    paid, whatever they vote, p is 0 and any epsilon will do; a bond that planted tests put at stake makes p
    the fee and the bond.
    """

    Options = BribedOptions

    def takes(self, seat: Seat) -> Bribe | None:
        """Return the best of the promises that are worth it."""
        worth_it = [bribe for bribe in seat.bribes if bribe.wei >= max(1, self.options.price)]
        return max(worth_it, key=lambda bribe: bribe.wei, default=None)

    def measures(self, seat: Seat) -> bool:
        """Do no work for a vote that is sold."""
        return self.takes(seat) is None

    def says(self, seat: Seat, measured: Reading | None) -> Reading | None:
        """Vote as asked."""
        taken = self.takes(seat)
        if taken is None or measured is not None:
            return measured
        return seat.yes if taken.vote else seat.no
