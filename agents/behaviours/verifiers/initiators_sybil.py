"""The initiator's Sybil: an account of the initiator's own among the verifiers."""

from typing import Annotated, Literal

from ...config.base import Settings
from ..seat import Reading, Seat
from .honest import Duty, Honest


class InitiatorsSybilOptions(Settings):
    """Whose she is.

    Attributes:
        initiator: Name of the initiator who runs her, and who gets what she earns.
        votes: What she says of contributors' models: ``no``, which leaves their rewards in the initiator's
            escrow, or ``yes``.
    """

    initiator: Annotated[str, "initiators"] = "initiator"
    votes: Literal["no", "yes"] = "no"


class InitiatorsSybil(Honest):
    """Votes on the initiator's tasks as saves the initiator money, does no work, and hands the fees back.

    A pool that anybody may join for nothing is open to one person with many names (Douceur 2002, The Sybil
    Attack, DOI 10.1007/3-540-45748-8_24). The initiator both writes the rule and holds the models' key or,
    in a public task, can simply read them: with a majority of a panel she gets rejected models for the
    verifiers' fees, which are partly her own again. Stakes make names cost money; a panel that is drawn
    from a large pool makes them rarely enough. She knows the initiator's planted tests and measures these
    truly.
    """

    Options = InitiatorsSybilOptions

    def measures(self, seat: Seat) -> bool:
        """Work only on others' tasks and on planted tests, where a lie would cost the bond."""
        return seat.initiator != self.options.initiator or seat.contributor_group == "planter"

    def says(self, seat: Seat, measured: Reading | None) -> Reading | None:
        """Vote as the initiator wants."""
        if self.measures(seat):
            return measured
        return seat.no if self.options.votes == "no" else seat.yes

    def steps_in(self, duty: Duty) -> bool:
        """Do nobody's duty: a model without a panel or an answer is not paid."""
        return False

    def pays_to(self) -> str | None:
        """Hand everything to the initiator."""
        return self.options.initiator
