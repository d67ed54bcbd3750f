"""Repeating: answers every query more than once."""

from pydantic import Field

from ...config.base import Settings
from ..query import Query
from .honest import Honest


class RepeatingOptions(Settings):
    """How often.

    Attributes:
        times: Answers to each query.
    """

    times: int = Field(default=2, ge=2, le=10)


class Repeating(Honest):
    """Brings the same evaluations again, as a relay does that never learns whether its message arrived.

    At-least-once delivery is what a channel gives that may lose messages (Gray 1978, Notes on Data Base
    Operating Systems, DOI 10.1007/3-540-08755-9_9). A query is answered once: each further
    answer is reverted, changes no vote and pays no fee, and costs the oracle its gas.
    """

    Options = RepeatingOptions

    def repeats(self, query: Query) -> int:
        """Answer as often as was chosen."""
        return self.options.times
