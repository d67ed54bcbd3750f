"""Silent: never answers."""

from pydantic import Field

from ...config.base import Settings
from ..query import Query
from .honest import Honest


class SilentOptions(Settings):
    """Since when.

    Attributes:
        after: So many queries it answers before it falls silent.
    """

    after: int = Field(default=0, ge=0, le=10**6)


class Silent(Honest):
    """A crash fault: the single point that the paper's system keeps (Section IV asks one Oraclize account).

    No evaluation that waits on the board is counted: every model is Void once its tally window ends,
    contributors and verifiers have worked for nothing, and nobody's ether is frozen, because anyone may end
    such a model. Evaluations that are shown on the chain (``verifiers.reveal = "chain"``) need no oracle:
    these are counted and paid, and a quorum of them decides.
    """

    Options = SilentOptions
    heard = 0

    def answers(self, query: Query) -> bool:
        """Answer no more."""
        self.heard += 1
        return self.heard <= self.options.after
