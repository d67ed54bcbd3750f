"""Under-funding: promises a reward to everybody and deposits it for a few."""

from pydantic import Field

from ...config.base import Settings
from .honest import Honest


class UnderFundingOptions(Settings):
    """For how many she pays.

    Attributes:
        models: For how many models the escrow is enough.
    """

    models: int = Field(default=1, ge=1, le=1000)


class UnderFunding(Honest):
    """Lets more contributors train than she can pay.

    Whoever trains sinks cost before she is paid: the hold-up problem (Klein, Crawford and Alchian 1978, DOI
    10.1086/466922). The contract reserves a model's whole budget at its announcement or refuses it, so an
    accepted announcement is always covered, and escrow is public before anybody trains: those who come too
    late lose their training and the gas of a refused announcement, not a promised reward. The paper's
    contract pays the whole reward while it lasts and reserves nothing.
    """

    Options = UnderFundingOptions

    def deposits(self, escrow_wei: int, budget_wei: int) -> int:
        """Deposit for a few models only."""
        return min(escrow_wei, self.options.models * budget_wei)
