"""Sybil votes: runs verifiers of her own."""

from collections.abc import Mapping
from typing import Annotated

from ...config.base import Amount, Settings
from .honest import Honest


class SybilVotesOptions(Settings):
    """Who they are.

    Attributes:
        group: The group of verifiers that are hers; their behaviour is ``initiators_sybil``.
        funds: Ether that she sends each of them in the beginning, for gas. Who has no balance of her own
            must come a block later than that (``first_start``). A stake has to be in her wallet before.
    """

    group: Annotated[str, "verifiers"] = "sybil"
    funds: Amount = 10**17


class SybilVotes(Honest):
    """Pays accounts of her own to sit on the panels of her tasks.

    One person, many names (Douceur 2002, The Sybil Attack, DOI 10.1007/3-540-45748-8_24). How they vote is
    their behaviour's: ``initiators_sybil``. Here she gives them ether, which they pay back with what they
    earn, all by transfers that the record shows; so her profit is her wallet's and theirs together.
    """

    Options = SybilVotesOptions

    def gives(self) -> Mapping[str, int]:
        """Give each of them something to live on."""
        return {self.options.group: self.options.funds} if self.options.funds else {}
