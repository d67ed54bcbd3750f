"""Slow: answers late."""

from pydantic import Field

from ...config.base import Settings
from ..query import Query
from .honest import Honest


class SlowOptions(Settings):
    """How slow.

    Attributes:
        seconds: Seconds that every answer takes on top of ``oracle.delay``.
    """

    seconds: float = Field(default=300.0, ge=0, le=10**7)


class Slow(Honest):
    """Lets every query lie: the models behind wait as long; past the tally window no answer is heard.

    What a decentralised application waits for is its oracle (Caldarelli 2020, Understanding the Blockchain
    Oracle Problem, DOI 10.3390/info11110509). The deadline is the answer: an unanswered model is Void,
    whatever was reserved goes back, and the oracle is not paid.
    """

    Options = SlowOptions

    def waits(self, query: Query) -> float:
        """Let it lie."""
        return self.options.seconds
