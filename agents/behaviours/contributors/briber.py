"""Promises verifiers ether for passing her model."""

from ..bribery import Bribery
from ..seat import Seat
from .honest import Honest


class Briber(Bribery, Honest):
    """Buys the votes that her model would not get.

    The p + epsilon attack of ``behaviours.bribery`` from the side of who gets the reward: a promise that is
    believed costs nothing and earns the whole of it. The verifiers who take it are those whose behaviour is
    ``bribed``.
    """

    def wants(self, seat: Seat) -> bool | None:
        """Want her own models passed."""
        return True if seat.contributor == self.who else None
