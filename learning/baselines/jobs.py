"""What a study asks of the workbench to compare fusion with, and what it gets back."""

from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ...errors import InputError
from ..config import Augmentation
from ..jobs import FusionJob
from ..model_files import FusionHead
from ..networks import NetworkSpec
from ..partition import PrivateData, Samples


class FederationConfig(BaseModel):
    """How a central controller trains one network on others' data (federated averaging).

    Attributes:
        learning_rate: Step size at every contributor.
        local_optimizer: How each contributor descends. ``sgd`` is the original's. Adam, whose moments start
            anew in each round, divides each contributor's slopes by their own size, so that small steps do
            not lead to where the mean of all losses is lowest if contributors know different labels.
        batch: Images a step.
        local_epochs: Epochs of each contributor in a round (McMahan et al. 2017's E).
        rounds: The most rounds.
        patience: Rounds without a better loss on the controller's testing data after which it ends.
        least_gain: How much lower that loss must be to count as better.
        momentum: Share of the last change of the averaged weights that is added to the next (Hsu et al.
            2019, arXiv:1909.06335); 0 is plain averaging.
        augmentation: Distortions of the training images, drawn anew each epoch; absent, none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    learning_rate: float = Field(default=0.03, gt=0, le=1)
    local_optimizer: Literal["sgd", "adam"] = "sgd"
    batch: int = Field(default=50, ge=1, le=100_000)
    local_epochs: int = Field(default=1, ge=1, le=10_000)
    rounds: int = Field(default=300, ge=1, le=100_000)
    patience: int = Field(default=30, ge=1, le=100_000)
    least_gain: float = Field(default=1e-3, ge=0, le=1)
    momentum: float = Field(default=0.0, ge=0, lt=1)
    augmentation: Augmentation | None = None


@dataclass(frozen=True, eq=False)
class FederationJob:
    """Federated averaging of one network (Figure 1b).

    Attributes:
        network: What is trained; it knows all labels of the task.
        contributors: Each contributor's private data, of which ``train`` is used.
        controller: The controller's data: ``test`` decides when training ends and which round's weights
            count, ``verification`` only measures.
        config: Hyper-parameters.
        seed: Seed of initial weights and shuffles.
        held_out: Further images to measure on.
    """

    network: NetworkSpec
    contributors: tuple[PrivateData, ...]
    controller: PrivateData
    config: FederationConfig = field(default_factory=FederationConfig)
    seed: int = 0
    held_out: Samples | None = None

    def __post_init__(self):
        if not self.contributors:
            raise InputError("contributors", [], "at least one contributor's data")


@dataclass(frozen=True, eq=False)
class FederationResult:
    """What federated averaging came to.

    Attributes:
        model_file: The averaged network of the best round as bytes.
        rounds: Rounds that were run, all of which cost their messages.
        best_round: The round, from 1, whose weights are in the file; 0 for those before the first.
        steps: Steps that each contributor took, in order.
        test_loss: Mean cross-entropy on the controller's testing data.
        test_accuracy: On the controller's testing data.
        accuracy: On the controller's verification data.
        held_out_accuracy: On the held-out images, if there were any.
        history: Accuracy on the controller's testing data after each round.
    """

    model_file: bytes
    rounds: int
    best_round: int
    steps: tuple[int, ...]
    test_loss: float
    test_accuracy: float
    accuracy: float
    held_out_accuracy: float | None
    history: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class LateFusionJob:
    """The models' own outputs combined without training, on ``samples`` of a task of ``classes`` labels."""

    model_files: tuple[bytes, ...]
    samples: Samples
    classes: int


@dataclass(frozen=True)
class LateFusionResult:
    """Shares of the samples told right: by mean softmax, by majority, and by the models that know a class."""

    mean_softmax: float
    majority: float
    mean_of_knowing: float


@dataclass(frozen=True, eq=False)
class RidgeJob:
    """A ridge readout on the models' features, its penalty chosen on ``data.test``; see ``FusionJob``."""

    model_files: tuple[bytes, ...]
    data: PrivateData
    classes: int
    held_out: Samples | None = None


@dataclass(frozen=True)
class RidgeResult:
    """What the readout told right, as in ``FusionResult``, and the penalty that was chosen."""

    accuracy: float
    test_accuracy: float
    held_out_accuracy: float | None
    penalty: float


@dataclass(frozen=True, eq=False)
class FitTimingJob:
    """A fit of heads to be timed.

    Attributes:
        fusion: What is fused and how; images alone, without copies. Nothing is measured with the heads.
        starts: Each verifier's head for the models before the last, to start from; ``None`` starts afresh.
    """

    fusion: FusionJob
    starts: tuple[FusionHead, ...] | None = None
