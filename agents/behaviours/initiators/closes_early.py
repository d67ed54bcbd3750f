"""Closes early: ends the task as soon as she has what she wants."""

from pydantic import Field

from ...config.base import Settings
from ..progress import Progress
from .honest import Honest


class ClosesEarlyOptions(Settings):
    """When.

    Attributes:
        announced: Once so many models were announced; absent, 1, unless ``rewarded`` says when.
        rewarded: Once so many were rewarded.
    """

    announced: int | None = Field(default=None, ge=1, le=1000)
    rewarded: int | None = Field(default=None, ge=1, le=1000)


class ClosesEarly(Honest):
    """Takes back the escrow that is left, and with it the reward of all who are still training.

    Opportunism after the others have sunk their cost (Williamson 1979, DOI 10.1086/466942). ``TaskMarket``
    lets the initiator close at any time, since nobody is owed a market; what was announced before is still
    judged and paid from what is reserved for it. The paper's contract gives back everything at once: she
    reads the models that were announced, ends the task before they are decided, and pays nobody.
    """

    Options = ClosesEarlyOptions

    def closes(self, task: Progress) -> bool:
        """End it once there are enough."""
        announced, rewarded = self.options.announced, self.options.rewarded
        if announced is None and rewarded is None:
            announced = 1
        enough = ((task.announced, announced), (task.rewarded, rewarded))
        return any(wanted is not None and there >= wanted for there, wanted in enough)
