"""Promises verifiers ether for passing a model that nobody trained."""

from ..bribery import BribeOptions, Bribery
from ..seat import Seat
from .random_weights import RandomWeights, RandomWeightsOptions


class BriberOptions(BribeOptions, RandomWeightsOptions):
    """What it promises for the model, and what it says of it."""


class Briber(Bribery, RandomWeights):
    """Announces junk and buys the votes that it would not get.

    The p + epsilon attack of ``behaviours.bribery`` from the side of who gets the reward: a promise that is
    believed costs nothing and earns the whole of it. Those who take it are verifiers who are ``bribed``.
    """

    Options = BriberOptions

    def wants(self, seat: Seat) -> bool | None:
        """Want her own models passed."""
        return True if seat.contributor == self.who else None
