"""The honest computing contributor: what every other behaviour departs from."""

from typing import TYPE_CHECKING, ClassVar

from ....learning import PrivateData, TrainingJob, TrainingResult
from ..base import Behaviour

if TYPE_CHECKING:
    from ...computing_contributor import ComputingContributor
    from ...offers import Offer, Sighting
    from ...task_spec import TaskSpec


class Honest(Behaviour):
    """Trains on her own images as the task asks, announces what came out, and sees that it is judged.

    Source: Mendis et al. 2018 (arXiv:1807.02515), sections III-A and IV.

    Each method is a decision that a contributor asks for; derive from this class and override those that
    differ. ``self.me`` is the contributor: ``me.upload(file)`` announces a model, ``me.repeat(sighting)``
    a CID as it is.

    Attributes:
        plans_ahead: Whether ``images`` and ``training`` follow from the scenario alone, so that she can be
            trained for while the market runs; False if they look at ``self.me``.
    """

    plans_ahead: ClassVar[bool] = True

    me: "ComputingContributor"

    # Whether to take part.

    def takes_up(self, offer: "Offer") -> bool:
        """Whether to work on a task; one that is declined is looked at again when a model is decided."""
        return True

    def goes_on(self, offer: "Offer") -> bool:
        """Whether to go on training for a task, now that another model of it was decided."""
        return True

    def leaves(self, stage: str) -> bool:
        """Whether to vanish at a stage of the work; the key ``leaves`` of the scenario names them."""
        return False

    # What to train.

    def images(self, own: PrivateData, spec: "TaskSpec") -> PrivateData | None:
        """Return what to train on; ``None`` trains nothing."""
        return own

    def training(self, job: TrainingJob) -> TrainingJob | None:
        """Return the training to do instead of the one that the task asks for; ``None`` trains nothing."""
        return job

    def work_wei(self, seconds: float) -> int:
        """Return what so many seconds of work cost her, in whole wei."""
        return self.me.market.config.costs.wei(seconds)

    # What to announce.

    def model(self, trained: TrainingResult | None) -> bytes | None:
        """Return the model file to announce for the task at hand, ``self.me.current``.

        Args:
            trained: What came out of the training; ``None`` if there was none.

        Returns:
            The file; ``None`` gives the task up after a training, and waits for a chance without one.
        """
        return trained.model_file if trained is not None and trained.reached else None

    def says(self, local_accuracy: float | None) -> float | None:
        """Return the accuracy that she claims for her model; ``None`` claims nothing.

        Args:
            local_accuracy: On her own verification images; ``None`` if she trained nothing.
        """
        return local_accuracy

    # What others do.

    @property
    def watches_mempool(self) -> bool:
        """Whether ``sees`` is told of announcements that are in no block yet."""
        return False

    def sees(self, sighting: "Sighting") -> None:
        """Take note of another's announcement for a task that is open to her."""

    def sees_decided(self, sighting: "Sighting", rewarded: bool) -> None:
        """Take note that another's model was rewarded or not."""

    # Afterwards.

    def draws_panel(self, model_id: int) -> bool:
        """Whether to pay for the draw of her model's panel; others step in if she does not."""
        return True

    def hands_out_keys(self, model_id: int) -> bool:
        """Whether to give a sealed model's key to its panel."""
        return True

    def asks_oracle(self, model_id: int) -> bool:
        """Whether to pay for the query for her model's evaluations; others step in if she does not."""
        return True

    def releases_key(self, model_id: int) -> bool:
        """Whether to give the key to a rewarded model to who paid for it."""
        return True

    def withdraws(self, wei: int) -> bool:
        """Whether to collect what the contract owes her."""
        return True
