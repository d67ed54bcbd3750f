"""Takes part when that pays, with the effort that pays best."""

import math
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, model_validator

from ....learning import TrainingJob, TrainingResult
from ...config.base import Fee, Settings, refusal
from .honest import Honest
from .low_effort import shortened

if TYPE_CHECKING:
    from ...offers import Offer


class RationalOptions(Settings):
    """Her private cost, and what she believes.

    Attributes:
        lowest: The lowest that a second of work may cost anybody, in ether.
        highest: The highest; each one's own cost is drawn evenly between both.
        prior: Share of models rewarded that she expects before she has seen any decided.
        confidence: How many decided models that expectation is worth.
        efforts: Shares of the usual training among which she chooses.
        steepness: How fast a model's chance saturates with effort: 1 - exp(-steepness * effort), in units of
            its value at full effort; near 0 half the effort has half the chance.
    """

    lowest: Fee = 0
    highest: Fee = 10**15
    prior: float = Field(default=0.8, ge=0, le=1)
    confidence: float = Field(default=2.0, gt=0, le=10**6)
    efforts: Annotated[tuple[Annotated[float, Field(gt=0, le=1)], ...], Field(min_length=1)] = (
        0.25,
        0.5,
        1.0,
    )
    steepness: float = Field(default=4.0, gt=0, le=100)

    @model_validator(mode="after")
    def _highest_is_not_below(self) -> Self:
        if self.highest < self.lowest:
            raise refusal("highest", self.highest, f"at least lowest, {self.lowest} wei")
        return self


class Rational(Honest):
    """Knows what a second of work costs her, expects a reward, and maximises the difference.

    Effort e of the usual training, which takes T seconds, is worth p·c(e)·R − θ·e·T − g: θ is her private
    cost, R the reward, g gas, p the share of rewarded models that she expects (a Beta prior, updated by every
    model that is decided in the market), c(e) how the chance saturates with effort. She takes a task up if
    the best effort is worth more than nothing, and breaks off when what is left of the work is not worth
    doing any more; what she has already spent is sunk. Nobody else knows θ. Sources: participation
    constraint and private types, Myerson 1981, doi:10.1287/moor.6.1.58; hidden effort, Holmstrom 1979,
    doi:10.2307/3003320; contracts for federated learning, Kang et al., arXiv:1905.07479.
    """

    Options = RationalOptions

    def __init__(self, options: Settings, **who: Any):
        super().__init__(options, **who)
        self.effort = 1.0

    @property
    def cost_per_second(self) -> float:
        """Her private cost of a second of work, in wei."""
        low, high = self.options.lowest, self.options.highest
        return low + (high - low) * float(self.dice("private cost").random())

    def work_wei(self, seconds: float) -> int:
        """Return what so many seconds of work cost her."""
        return int(self.cost_per_second * seconds)

    def takes_up(self, offer: "Offer") -> bool:
        """Whether the best effort is worth more than nothing; then it is the one she makes."""
        worth = {effort: self.payoff(offer, effort) for effort in self.options.efforts}
        self.effort = max(worth, key=lambda effort: worth[effort])
        best = worth[self.effort]
        self.me.note(
            "reckoned",
            f"expects {best / 10**18:+.6f} ether of the task {offer.name!r} at {self.effort:.0%} effort",
        )
        return best > 0

    def goes_on(self, offer: "Offer") -> bool:
        """Whether what is left of the training is worth doing."""
        training = self.me.at_hand.training
        assert training is not None, "she is asked while she trains"
        left = max(0.0, training.finished - self.me.market.time)
        return self._expected(offer, self.effort) > self.work_wei(left) + offer.gas_wei

    def payoff(self, offer: "Offer", effort: float) -> float:
        """Return what a task is worth to her at some effort, in wei."""
        if offer.seconds_left < offer.seconds * effort:
            return -float(offer.gas_wei)
        return self._expected(offer, effort) - self.work_wei(offer.seconds * effort) - offer.gas_wei

    def _expected(self, offer: "Offer", effort: float) -> float:
        if not offer.places:
            return 0.0
        told, prior = self.options.confidence, self.options.prior
        chance = (told * prior + offer.rewarded) / (told + offer.settled)
        return chance * self._saturation(effort) * offer.terms.model_reward_wei

    def _saturation(self, effort: float) -> float:
        steepness = self.options.steepness
        return math.expm1(-steepness * effort) / math.expm1(-steepness)

    def training(self, job: TrainingJob) -> TrainingJob | None:
        """Return the usual training, or as much of it as she chose."""
        if self.effort >= 1:
            return job
        usual = self.me.usual(job).epochs
        return shortened(job, max(1, round(self.effort * usual)))

    def model(self, trained: TrainingResult | None) -> bytes | None:
        """Announce what came out; at less than full effort, whatever it reached."""
        if trained is not None and self.effort < 1:
            return trained.model_file
        return super().model(trained)
