"""Hyper-parameters of training and fusion, frozen and checked."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..errors import refusal

Strategy = Literal["I", "II"]


class Augmentation(BaseModel):
    """How images are distorted; each draw is uniform and goes both ways.

    Attributes:
        rotation: Degrees.
        scale: Share of the size.
        stretch: Further share of the height.
        shear: Slant, as a share of the height.
        shift: Pixels in each direction, of an image of 28 by 28.
        elastic: Strength of the elastic field (Simard's alpha), in pixels of an image of 28 by 28.
        smoothing: Standard deviation of its blur (Simard's sigma), in the same pixels.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rotation: float = Field(default=12.0, ge=0, le=180)
    scale: float = Field(default=0.1, ge=0, le=0.9)
    stretch: float = Field(default=0.05, ge=0, le=0.09)
    shear: float = Field(default=0.15, ge=0, le=2)
    shift: float = Field(default=2.0, ge=0, le=28)
    elastic: float = Field(default=34.0, ge=0, le=1000)
    smoothing: float = Field(default=4.0, ge=0.5, le=28)


class TrainingConfig(BaseModel):
    """How a computing contributor trains (defaults: Table I).

    Attributes:
        learning_rate: Adam's step size.
        batch: Images a step; the data are reshuffled every epoch.
        max_iterations: The most steps in all.
        patience: Epochs without a better loss on the own testing data after which training ends.
        least_gain: How much lower that loss must be to count as better; once every image is told right, the
            loss goes on falling a little for ever.
        hold: Epochs in a row that the own-test accuracy must be at an announcing threshold before it
            counts as reached. One image in Table II's 200 is half a point, so the first crossing is luck.
        epochs: How many epochs to train, neither fewer nor more: the last weights count, the own testing
            data choose nothing, and an announcing threshold is compared with the end. Absent, ``patience``
            and the threshold decide.
        warmup_steps: Steps in which the step size rises from 0.
        decay: With ``cosine``, the step size falls to 0 along half a cosine over ``epochs``.
        augmentation: Distortions of the training images, drawn anew each epoch; absent, none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    learning_rate: float = Field(default=1e-4, gt=0, le=1)
    batch: int = Field(default=50, ge=1, le=100_000)
    max_iterations: int = Field(default=100_000, ge=1, le=10_000_000)
    patience: int = Field(default=20, ge=1, le=100_000)
    least_gain: float = Field(default=1e-3, ge=0, le=1)
    hold: int = Field(default=25, ge=1, le=100_000)
    epochs: int | None = Field(default=None, ge=1, le=100_000)
    warmup_steps: int = Field(default=0, ge=0, le=1_000_000)
    decay: Literal["none", "cosine"] = "none"
    augmentation: Augmentation | None = None

    @model_validator(mode="after")
    def _decay_knows_its_end(self) -> Self:
        if self.decay == "cosine" and self.epochs is None:
            raise refusal("decay", "cosine", "'none', or with epochs the number of those that it falls over")
        return self


class FusionConfig(BaseModel):
    """How a verification contributor trains the head (Section III-B); the weights after the last epoch count.

    Attributes:
        learning_rate: Adam's first step size; it falls to zero along half a cosine.
        batch: Samples a step; the data are reshuffled every epoch.
        epochs: Epochs in all.
        stage_one_epochs: Of these, epochs with gamma = 0 (Strategy II only).
        label_smoothing: Share of the target that is spread over all classes; keeps a head of more weights
            than samples from growing without bound.
        copies: Distorted copies of every training image of the sample that the head learns from as well. They
            follow from the sample, so verifiers share their features.
        augmentation: How the copies are distorted.
        mod_drop: Rate at which whole models are dropped at gamma = 1 (ModDrop; Neverova et al. 2016,
            doi:10.1109/TPAMI.2015.2461544, section 4): the head learns to do without any one of them.
        warm_epochs: Epochs of a head that starts from the one for the models before the last, where there is
            one; 0 starts every head afresh.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    learning_rate: float = Field(default=1e-3, gt=0, le=1)
    batch: int = Field(default=50, ge=1, le=100_000)
    epochs: int = Field(default=50, ge=1, le=100_000)
    stage_one_epochs: int = Field(default=20, ge=0, le=100_000)
    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
    copies: int = Field(default=0, ge=0, le=1000)
    augmentation: Augmentation = Augmentation(elastic=20.0)
    mod_drop: float = Field(default=0.0, ge=0, lt=1)
    warm_epochs: int = Field(default=0, ge=0, le=100_000)
