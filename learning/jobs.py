"""What agents ask of the workbench, and what they get back."""

from dataclasses import dataclass, field

import numpy as np

from ..errors import InputError
from .config import FusionConfig, Strategy, TrainingConfig
from .model_files import FusionHead
from .networks import NetworkSpec
from .partition import PrivateData, Samples
from .private.accounting import require_accountant
from .private.config import PrivacyConfig


@dataclass(frozen=True, eq=False)
class TrainingJob:
    """A computing contributor's training.

    Attributes:
        network: What to train; its classes are the labels in ``data``.
        data: Her private data.
        config: Hyper-parameters.
        threshold: Own-test accuracy at which training ends and the model may be announced (Scenario II;
            all of Table II's contributors reach 0.9); ``None`` trains until the own testing data no
            longer improve (Scenario I).
        seed: Seed of initial weights and shuffles.
        privacy: How to train with differential privacy, in place of ``config``; ``None`` does not.
    """

    network: NetworkSpec
    data: PrivateData
    config: TrainingConfig = field(default_factory=TrainingConfig)
    threshold: float | None = None
    seed: int = 0
    privacy: PrivacyConfig | None = None

    def __post_init__(self):
        if self.privacy is not None:
            if not self.privacy.is_on:
                raise InputError("privacy", "off", "noise or an epsilon, or no privacy at all")
            require_accountant()
        if self.threshold is not None and not 0 < self.threshold <= 1:
            raise InputError("threshold", self.threshold, "an accuracy above 0 and at most 1, or none")


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """A trained model and how it came about.

    Attributes:
        model_file: The model as bytes; see ``decode_model``.
        iterations: Steps taken.
        epochs: Epochs taken.
        test_accuracy: Share of the own testing data told right by the returned weights.
        local_accuracy: The same on the own verification data (Figures 6 and 8).
        reached: Whether the threshold was reached; ``True`` when there was none.
        history: Own-test accuracy after each epoch.
        train_samples: Number of training images.
        epsilon: Privacy spent on these, at ``delta``; ``None`` if they were not protected.
        delta: The guarantee's second number; ``None`` likewise.
    """

    model_file: bytes
    iterations: int
    epochs: int
    test_accuracy: float
    local_accuracy: float
    reached: bool
    history: tuple[float, ...]
    train_samples: int
    epsilon: float | None = None
    delta: float | None = None


@dataclass(frozen=True, eq=False)
class FusionJob:
    """A panel's fusion of models: every member fits a head of her own, all in one program.

    Attributes:
        model_files: The base's models in order, then the new one.
        data: The verifiers' data: the heads are trained on ``train`` and measured on the other two.
        classes: Number of classes d of the task.
        strategy: ``"I"`` or ``"II"`` (Section III-B).
        config: Hyper-parameters.
        seeds: One a verifier, of her head's initial weights.
        held_out: Further images to measure on, unknown to everybody.
        control: Replace the last model by the same network with random weights, drawn from the first of the
            ``seeds``: what a block of equal width brings that nobody trained. It is the reference of the
            fitness kind ``random_control``. With an empty base, ``model_files`` is the new model alone, and
            the reference the random block alone, not chance: a head on random features of Table I's width
            tells about 80 % of MNIST right, so against chance the first to announce would be paid for junk.
            An honest first model does no better there, because h is only as wide as its labels;
            ``standalone`` tells it.
    """

    model_files: tuple[bytes, ...]
    data: PrivateData
    classes: int
    strategy: Strategy = "II"
    config: FusionConfig = field(default_factory=FusionConfig)
    seeds: tuple[int, ...] = (0,)
    held_out: Samples | None = None
    control: bool = False

    def __post_init__(self):
        if not self.seeds or len(set(self.seeds)) != len(self.seeds):
            raise InputError("seeds", self.seeds, "at least one, and each verifier another")


@dataclass(frozen=True, eq=False)
class Measured:
    """A classifier on labelled images, image by image, so that two can be compared on the same ones.

    Attributes:
        right: Whether each was told right, bool (N,).
        losses: Each one's cross-entropy in nats, float32 (N,).
    """

    right: np.ndarray
    losses: np.ndarray

    @property
    def accuracy(self) -> float:
        """Share that was told right."""
        return float(self.right.mean())


@dataclass(frozen=True, eq=False)
class FusionResult:
    """What one verifier measured.

    Attributes:
        verification: On ``data.verification``; its accuracy is the evaluation.
        test: On ``data.test``.
        held_out: On the held-out images, if there were any.
        head: The trained weights A and B.
    """

    verification: Measured
    test: Measured
    held_out: Measured | None
    head: FusionHead

    @property
    def accuracy(self) -> float:
        """On ``data.verification``: the evaluation."""
        return self.verification.accuracy

    @property
    def held_out_accuracy(self) -> float | None:
        """On the held-out images, if there were any."""
        return None if self.held_out is None else self.held_out.accuracy

    @property
    def hidden_width(self) -> int:
        """Width of the hidden layer h: the sum of all |l_i|."""
        return self.head.B.shape[0]


@dataclass(frozen=True, eq=False)
class StandaloneJob:
    """One model alone, without fusion, on those of the samples that bear a label it declares.

    Its accuracy there is the fitness kind ``standalone``; the reference is 0.

    Attributes:
        model_file: The model.
        samples: Images to measure on.
    """

    model_file: bytes
    samples: Samples


@dataclass(frozen=True, eq=False)
class LossesJob:
    """One model's cross-entropy on each of some samples: what a stranger learns from it about each of them.

    Attributes:
        model_file: The model.
        samples: Images that bear labels it knows.
    """

    model_file: bytes
    samples: Samples


@dataclass(frozen=True, eq=False)
class LabellingJob:
    """What one model alone calls each of some images.

    Attributes:
        model_file: The model.
        samples: The images; their own labels play no part.
    """

    model_file: bytes
    samples: Samples


@dataclass(frozen=True, eq=False)
class FingerprintJob:
    """The fingerprint of one model's features; see ``COPY_DISTANCE``.

    Attributes:
        model_file: The model.
        image_shape: Shape of the task's images, (H, W) or (H, W, C).
    """

    model_file: bytes
    image_shape: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class PredictionJob:
    """A fused model's probabilities for uint8 ``images``, (N, H, W) or (N, H, W, C)."""

    fused_file: bytes
    images: np.ndarray
