"""Briber: promises verifiers ether for rejecting what she would have to pay for."""

from ..bribery import Bribery
from ..seat import Seat
from .honest import Honest


class Briber(Bribery, Honest):
    """Pays for votes against the models of her tasks, which is cheaper than paying for them.

    The p + epsilon attack of ``behaviours.bribery`` from the side of who owes the reward: if all who are
    offered the promise believe it, the models are rejected and she pays for neither.
    """

    def wants(self, seat: Seat) -> bool | None:
        """Want contributors' models rejected, and no bond lost over a planted test."""
        return False if seat.initiator == self.who and seat.contributor_group != "planter" else None
