"""The honest initiator: what every other behaviour departs from."""

from ..base import Behaviour


class Honest(Behaviour):
    """Does what the paper expects of a initiator."""
