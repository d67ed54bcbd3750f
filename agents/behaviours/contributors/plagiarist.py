"""Announces another's model as her own."""

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from ....learning import ModelFileError, TrainingJob, TrainingResult
from ....storage import StorageError
from ...config.base import Settings, refusal
from ..forging import perturbed
from .honest import Honest

if TYPE_CHECKING:
    from ...offers import Sighting


class PlagiaristOptions(Settings):
    """What she takes, and when.

    Attributes:
        how: ``same_cid`` announces the very CID, which costs nothing but gas; ``perturbed`` fetches the
            model and puts noise on its weights, so that the CID is another.
        noise: Standard deviation of the noise, as a share of each weight array's own.
        front_runs: Whether she takes what still waits in the mempool, and overtakes its owner by a higher
            priority fee, so that the model counts as hers and the owner's as the copy; else she takes what
            is in a block.
        fee_factor: How many times the owner's priority fee she then pays.
        reaction: Seconds from seeing an announcement to sending her own.
        only_rewarded: Whether she takes only what was rewarded.
        claims: The accuracy that she claims.
    """

    how: Literal["same_cid", "perturbed"] = "same_cid"
    noise: float = Field(default=0.01, gt=0, le=10)
    front_runs: bool = False
    fee_factor: float = Field(default=2.0, gt=1, le=1000)
    reaction: float = Field(default=1.0, ge=0, le=10**6)
    only_rewarded: bool = False
    claims: float = Field(default=0.99, ge=0, le=1)

    @model_validator(mode="after")
    def _who_overtakes_cannot_wait(self) -> Self:
        if self.front_runs and self.only_rewarded:
            raise refusal("only_rewarded", True, "false with front_runs: nothing in the mempool is rewarded")
        return self


class Plagiarist(Honest):
    """Trains nothing, and announces the first model of another's that she sees.

    A model that lies under a public CID is everybody's before anybody has paid for it. Front-running is the
    mempool's version: who sees a pending announcement can be mined before it (Daian et al., Flash Boys 2.0,
    arXiv:1904.05234; Eskandari, Moosavi and Clark, doi:10.1007/978-3-030-43725-1_13). Answers are copies'
    fingerprints (``report_copies``), which front-running turns against the owner, and sealed access, under
    which nobody but the panel can read a model: a CID that is announced again then has no key that its panel
    could be given, unless who sits on it was given that model's key before, on its owner's panel.
    """

    Options = PlagiaristOptions

    @property
    def watches_mempool(self) -> bool:
        """Whether she overtakes."""
        return self.options.front_runs

    def training(self, job: TrainingJob) -> TrainingJob | None:
        """Train nothing."""
        return None

    def model(self, trained: TrainingResult | None) -> bytes | None:
        """Have nothing of her own."""
        return None

    def says(self, local_accuracy: float | None) -> float | None:
        """Claim what was chosen."""
        return self.options.claims

    def sees(self, sighting: "Sighting") -> None:
        """Take it, if it is where she looks and she does not wait for its reward."""
        if sighting.is_pending == self.options.front_runs and not self.options.only_rewarded:
            self._mean_to_take(sighting)

    def sees_decided(self, sighting: "Sighting", rewarded: bool) -> None:
        """Take what was rewarded, if that is what she waits for."""
        if self.options.only_rewarded and rewarded:
            self._mean_to_take(sighting)

    def _mean_to_take(self, sighting: "Sighting") -> None:
        if not self._is_an_accomplices(sighting):
            self.me.later(self.options.reaction, self._take, sighting)

    def _take(self, sighting: "Sighting") -> None:
        me = self.me
        if not me.may_announce_for(sighting.task_id):
            return
        fee = None
        if sighting.fee_wei is not None:
            fee = round(sighting.fee_wei * self.options.fee_factor)
        words = f"takes {me.market.names[sighting.contributor]}'s model"
        if self.options.how == "same_cid":
            me.note("copied", f"{words} by its CID {sighting.cid}", sighting.model_id)
            me.repeat(sighting, fee_wei=fee)
            return
        try:
            dice = self.dice("noise on another's model", of=sighting.cid)
            model_file = perturbed(me.keys.read(sighting.cid), self.options.noise, dice)
        except (StorageError, ModelFileError) as error:
            me.note("cannot copy", f"cannot read {sighting.cid}: {error}", sighting.model_id)
            return
        me.note("copied", f"{words} with noise of {self.options.noise:.1%} on its weights", sighting.model_id)
        me.upload(model_file, fee_wei=fee)

    def _is_an_accomplices(self, sighting: "Sighting") -> bool:
        """Whether it is one of her own group who announces."""
        group = self.me.member.group
        return any(
            one.address == sighting.contributor and one.member.group == group
            for one in self.me.market.contributors
        )
