"""Hyper-parameters of training and fusion, frozen and checked."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Strategy = Literal["I", "II"]


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
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    learning_rate: float = Field(default=1e-4, gt=0, le=1)
    batch: int = Field(default=50, ge=1, le=100_000)
    max_iterations: int = Field(default=100_000, ge=1, le=10_000_000)
    patience: int = Field(default=20, ge=1, le=100_000)
    least_gain: float = Field(default=1e-3, ge=0, le=1)
    hold: int = Field(default=25, ge=1, le=100_000)


class FusionConfig(BaseModel):
    """How a verification contributor trains the head (Section III-B); the weights after the last epoch count.

    Attributes:
        learning_rate: Adam's first step size; it falls to zero along half a cosine.
        batch: Samples a step; the data are reshuffled every epoch.
        epochs: Epochs in all.
        stage_one_epochs: Of these, epochs with gamma = 0 (Strategy II only).
        label_smoothing: Share of the target that is spread over all classes; keeps a head of more weights
            than samples from growing without bound.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    learning_rate: float = Field(default=1e-3, gt=0, le=1)
    batch: int = Field(default=50, ge=1, le=100_000)
    epochs: int = Field(default=50, ge=1, le=100_000)
    stage_one_epochs: int = Field(default=20, ge=0, le=100_000)
    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
