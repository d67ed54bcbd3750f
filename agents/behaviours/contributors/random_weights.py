"""Announces a network that nobody trained."""

from pydantic import Field

from ....learning import Surrogate, TrainingJob, TrainingResult
from ....seeds import derive_seed
from ...config.base import Settings
from ..forging import untrained
from .honest import Honest


class RandomWeightsOptions(Settings):
    """What she says of her junk.

    Attributes:
        claims: The accuracy that she claims.
    """

    claims: float = Field(default=0.99, ge=0, le=1)


class RandomWeights(Honest):
    """Announces initial weights, of the network that the task asks for, without training them.

    The free rider that costs nothing but gas. Under the fitness kind ``accuracy`` a junk model is fused with
    good ones, whose accuracy passes for its own. Source: free riders who make up what they should have
    learned, Lin, Du and Liu, arXiv:1911.12560; the fitness kinds that answer are ``gain``,
    ``random_control`` (the reference is such a model) and ``standalone``.
    """

    Options = RandomWeightsOptions

    def training(self, job: TrainingJob) -> TrainingJob | None:
        """Train nothing."""
        return None

    def model(self, trained: TrainingResult | None) -> bytes | None:
        """Return the network as it is before its training."""
        network = self.me.asked_job.network
        seed = derive_seed(self.seed, "behaviour: random weights", self.who)
        return untrained(network, seed, surrogate=isinstance(self.me.market.workbench, Surrogate))

    def says(self, local_accuracy: float | None) -> float | None:
        """Claim what was chosen."""
        return self.options.claims
