"""Trains for a few epochs only."""

from dataclasses import replace

from pydantic import Field

from ....learning import TrainingJob, TrainingResult
from ...config.base import Settings
from .honest import Honest


class LowEffortOptions(Settings):
    """How little she does.

    Attributes:
        epochs: Passes over her images, however long the task's threshold or her testing images ask for.
    """

    epochs: int = Field(default=2, ge=1, le=100_000)


class LowEffort(Honest):
    """Trains for so many epochs and no more, and announces what came out whatever the task's threshold says.

    Effort is hidden: who pays sees the model and not the work, so she pays for the least effort that passes
    (moral hazard: Holmstrom 1979, doi:10.2307/3003320). With the fitness kind ``accuracy`` that is next to
    none once good models are in the base.
    """

    Options = LowEffortOptions

    def training(self, job: TrainingJob) -> TrainingJob | None:
        """Return the same training, cut short."""
        return shortened(job, self.options.epochs)

    def model(self, trained: TrainingResult | None) -> bytes | None:
        """Announce the model whatever it reached."""
        return None if trained is None else trained.model_file


def shortened(job: TrainingJob, epochs: int) -> TrainingJob:
    """Return a training that takes no more than so many epochs."""
    if job.privacy is not None:
        steps = min(job.privacy.steps, epochs * -(-len(job.data.train) // job.privacy.batch))
        return replace(job, privacy=job.privacy.model_copy(update={"steps": steps}))
    fewer = min(epochs, job.config.epochs or epochs)
    return replace(job, config=job.config.model_copy(update={"epochs": fewer}))
