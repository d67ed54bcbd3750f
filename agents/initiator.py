"""The application initiator: posts a task with ether behind it, and fuses the models it paid for."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..contracts import (
    Base,
    FitnessKind,
    ModelAnnounced,
    ModelSettled,
    PanelDrawn,
    TaskClosed,
    TaskPosted,
    TaskTerms,
)
from ..learning import FusedModel, FusionJob, PrivateData, decode_model, encode_fused
from ..seeds import derive_seed
from .participant import Hears, Participant, how_many
from .web_application import ListedModel, ListedTask

if TYPE_CHECKING:
    from .market import Market


@dataclass(frozen=True)
class IntegratedModel:
    """What the initiator has in the end: the rewarded models, fused (end of Section III).

    Attributes:
        cid: The fused model's file in the store.
        models: Ids of the models in it, in announcement order.
        strategy: How they were fused.
        verification_accuracy: On the images that the verifiers voted on.
        held_out_accuracy: On images that nobody trained or voted on; ``None`` if there are none.
        held_out_images: How many those are.
    """

    cid: str
    models: tuple[int, ...]
    strategy: str
    verification_accuracy: float
    held_out_accuracy: float | None
    held_out_images: int


class Initiator(Participant):
    """Posts the task, closes it at its deadline, lets nothing stay open, and keeps the integrated model."""

    role = "initiator"
    hears: ClassVar[Hears] = {
        TaskPosted: "watch_the_deadline",
        ModelAnnounced: "watch_the_draw",
        PanelDrawn: "watch_the_tally",
        ModelSettled: "go_on",
        TaskClosed: "finish",
    }

    def __init__(self, market: "Market", name: str, sample: PrivateData):
        super().__init__(market, name)
        self.sample = sample
        self.task_id: int | None = None
        self.integrated: IntegratedModel | None = None
        self.is_done = False

    def begin(self) -> None:
        """Put the task and the verification sample into the store, and post the task."""
        market, config = self.market, self.market.config
        data_cid = market.store.put(self.sample.to_bytes())
        spec_cid = market.store.put(market.spec.to_bytes())
        terms = TaskTerms(
            spec_cid=spec_cid,
            data_cid=data_cid,
            oracle=market.oracle.address,
            mafr_bps=config.task.mafr_bps,
            fitness=FitnessKind(config.task.fitness),
            base=Base(config.task.base),
            model_reward_wei=config.task.reward,
            verifier_fee_wei=config.task.verifier_fee,
            oracle_fee_wei=config.task.oracle_fee,
            panel_size=config.verifiers.panel,
            quorum=config.quorum,
            deadline=market.timestamp_at(config.deadline),
            draw_window=config.task.draw_window,
            evaluation_window=config.task.evaluation_window,
            tally_window=config.task.tally_window,
        )
        self.activity = "posting the task"
        self.note(
            "posted", f"put the verification sample into the store under {data_cid} and posted the task"
        )
        self.send(market.contract.post_task(self.account, terms=terms, value_wei=config.escrow))

    def watch_the_deadline(self, event: TaskPosted) -> None:
        """Know the own task, and mean to close it when announcing ends."""
        if event.initiator != self.address:
            return
        self.task_id = event.task_id
        self.activity = "waiting for models"
        self.at(event.terms.deadline, self.close)

    def close(self) -> None:
        """Close the task; models already announced are still evaluated and paid."""
        self.activity = "closing the task"
        self.send(self.market.contract.close_task(self.account, task_id=self._own_task_id))

    def watch_the_draw(self, event: ModelAnnounced) -> None:
        """Be there when the first in the queue gets no panel."""
        if event.task_id == self.task_id:
            self._watch_the_head()

    def watch_the_tally(self, event: PanelDrawn) -> None:
        """Be there when the oracle does not answer in time."""
        if event.task_id == self.task_id:
            self.at(event.tally_deadline, self.expire, event.model_id)

    def go_on(self, event: ModelSettled) -> None:
        """Turn to the next model, or finish when that was the last of a closed task."""
        if event.task_id == self.task_id:
            self._watch_the_head()
            self.finish()

    def expire(self, model_id: int) -> None:
        """Make a model Void that is still open after its time: nobody who vanished can freeze the escrow."""
        head = self._task.head
        if (
            head is None
            or head.model_id != model_id
            or self.market.seconds_until(self._deadline_of(head)) > 0
        ):
            return
        self.note("expires", f"model {model_id} ran out of time; asked the contract to void it", model_id)
        self.send(self.market.contract.expire_model(self.account, model_id=model_id))

    def finish(self, event: TaskClosed | None = None) -> None:
        """Collect what was not spent, fetch the rewarded models and fuse them."""
        if self.task_id is None or self.is_done or not self._task.is_concluded:
            return
        self.is_done = True
        self.withdraw()
        rewarded = tuple(model for model in self._task.models if model.is_rewarded)
        if rewarded:
            self.integrated = self._integrate(rewarded)
        self.activity = "done"

    def _integrate(self, rewarded: tuple[ListedModel, ...]) -> IntegratedModel:
        market, task = self.market, self.market.config.task
        held_out = market.held_out
        job = FusionJob(
            model_files=tuple(market.store.get(model.cid) for model in rewarded),
            data=self.sample,
            classes=market.spec.classes,
            strategy=task.strategy,
            config=market.config.fusion,
            seed=derive_seed(market.config.seed, "fusion head", self.name),
            held_out=held_out if len(held_out) else None,
        )
        self.activity = f"fusing {how_many(len(rewarded), 'rewarded model')}"
        measured = market.wait(market.workbench.fuse(job))
        networks = tuple(decode_model(file) for file in job.model_files)
        integrated = IntegratedModel(
            cid=market.store.put(encode_fused(FusedModel(networks, measured.head))),
            models=tuple(model.model_id for model in rewarded),
            strategy=task.strategy,
            verification_accuracy=measured.accuracy,
            held_out_accuracy=measured.held_out_accuracy,
            held_out_images=len(held_out),
        )
        self.note(
            "integrated", f"fused {how_many(len(rewarded), 'rewarded model')} by Strategy {task.strategy}"
        )
        return integrated

    def _watch_the_head(self) -> None:
        head = self._task.head
        if head is not None and not head.panel:
            self.at(self._deadline_of(head), self.expire, head.model_id)

    def _deadline_of(self, head: ListedModel) -> int:
        return head.tally_deadline if head.panel else head.draw_deadline(self.market.config.task.draw_window)

    @property
    def _own_task_id(self) -> int:
        assert self.task_id is not None, "the task was posted before anything is done with it"
        return self.task_id

    @property
    def _task(self) -> ListedTask:
        return self.market.web.tasks[self._own_task_id]
