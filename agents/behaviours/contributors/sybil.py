"""One model, announced from many accounts."""

from typing import Any

from pydantic import Field

from ....learning import TrainingJob, TrainingResult
from ...config.base import Settings
from ..forging import perturbed
from .honest import Honest


class SybilOptions(Settings):
    """How the accounts' models differ.

    Attributes:
        noise: Standard deviation of the noise on each further account's weights, as a share of each array's
            own; 0 announces the very same file.
    """

    noise: float = Field(default=0.01, ge=0, le=10)


class Sybil(Honest):
    """One person with as many accounts as her group has members: the first trains, all announce the model.

    Accounts cost nothing, so a reward for each model is a reward for each account (Douceur 2002,
    doi:10.1007/3-540-45748-8_24); in federated learning Fung, Yoon and Beschastnikh, arXiv:1808.04866, whose
    answer, looking for clients that are too alike, is what a copy's fingerprint does here.
    """

    Options = SybilOptions

    def __init__(self, options: Settings, **who: Any):
        super().__init__(options, **who)
        self.ready: dict[int, bytes] = {}

    def training(self, job: TrainingJob) -> TrainingJob | None:
        """Train, if this is the first account."""
        return None if self.place else job

    def model(self, trained: TrainingResult | None) -> bytes | None:
        """Announce what was trained, and give it to the other accounts; or what these were given."""
        task_id = self.me.at_hand.task_id
        if self.place:
            return self._mine(task_id)
        model_file = super().model(trained)
        if model_file is not None:
            self.ready[task_id] = model_file
            for other in self._others():
                other.get_going(task_id)
        return model_file

    def get_going(self, task_id: int) -> None:
        """The first account has a model: announce it from this one too, if it waits for that."""
        model_file = self._mine(task_id)
        if self.me.is_present and self.me.may_announce_for(task_id) and model_file is not None:
            self.me.upload(model_file)

    def _mine(self, task_id: int) -> bytes | None:
        model_file = self._first().ready.get(task_id)
        if model_file is None or not self.options.noise:
            return model_file
        return perturbed(
            model_file, self.options.noise, self.dice("noise on the same model", of=str(task_id))
        )

    def _first(self) -> "Sybil":
        return next(one for one in self._group() if not one.place)

    def _others(self) -> "list[Sybil]":
        return [one for one in self._group() if one.place]

    def _group(self) -> "list[Sybil]":
        members = self.me.market.contributors
        mine = [one.behaviour for one in members if one.member.group == self.me.member.group]
        return [one for one in mine if isinstance(one, Sybil)]
