"""Settings of differentially private training, and what its guarantee does not say.

The guarantee is (epsilon, delta)-differential privacy of the shared model with respect to adding or removing
one *training* image (Dwork & Roth 2014, definition 2.4), by DP-SGD (Abadi et al. 2016,
doi:10.1145/2976749.2978318). Outside of it lie: the own test images, which decide whether a finished model is
announced (one bit, and no more, for training ends after a fixed number of steps); the choice of these very
settings, if anybody tried several on private data; and the noise itself. In a simulation it comes from the
run's seed, so that a run can be repeated, and whoever knows the seed can take it away again; a real
contributor draws hers from secret randomness.
"""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ...errors import refusal

MIN_NOISE, MAX_NOISE = 0.2, 1000.0
"""Noise multipliers between which something is protected and something is learned."""


class PrivacyConfig(BaseModel):
    """How a contributor trains with differential privacy; by default she does not.

    Attributes:
        noise: Noise multiplier: the noise's standard deviation in units of ``clip``. 0 is off; the least is
            0.2, with which 200 steps on a fifth of the images each spend an epsilon above 700.
        epsilon: Instead of ``noise``: the budget to be spent, from which the accountant finds the noise.
        delta: The guarantee's second number; it should be far below one over the number of training images.
        clip: Largest length of one image's gradient over all weights; longer ones are scaled down to it.
        steps: Steps, a number fixed beforehand: stopping early would look at private data unaccounted for.
        batch: Images of a step on average: each takes part with probability ``batch`` over their number.
        learning_rate: Adam's first step size; it falls to zero along half a cosine. Adam looks at noisy sums
            only, so it costs no privacy.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    noise: float = Field(default=0.0, ge=0, le=MAX_NOISE)
    epsilon: float | None = Field(default=None, ge=0.01, le=100)
    delta: float = Field(default=1e-5, gt=0, le=0.1)
    clip: float = Field(default=1.0, gt=0, le=1e6)
    steps: int = Field(default=100, ge=1, le=1_000_000)
    batch: int = Field(default=100, ge=1, le=100_000)
    learning_rate: float = Field(default=2e-3, gt=0, le=1)

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        allowed = ""
        if self.noise and self.epsilon is not None:
            allowed = "either the noise or the epsilon it shall amount to, not both"
        elif 0 < self.noise < MIN_NOISE:
            allowed = f"0, which is off, or {MIN_NOISE} and more: less protects nobody"
        if allowed:
            raise refusal("noise", self.noise, allowed)
        return self

    @property
    def is_on(self) -> bool:
        """Whether training is private at all."""
        return self.noise > 0 or self.epsilon is not None

    def rate(self, images: int) -> float:
        """Return the probability with which one of ``images`` training images takes part in a step."""
        return min(1.0, self.batch / images)
