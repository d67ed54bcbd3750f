"""The application initiator: posts a task with ether behind it, and fuses the models it paid for."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..chain import TransactionRefused
from ..contracts import (
    ContractError,
    KeyReleased,
    ModelAnnounced,
    ModelSettled,
    PanelDrawn,
    TaskClosed,
    TaskPosted,
    explain,
)
from ..errors import VerifuseError
from ..learning import FusionJob, PrivateData
from ..seeds import derive_bytes
from ..storage import WRAPPED_BYTES, SealBroken, StorageError, seal, wrap_key
from .examination import keys_from_the_initiator
from .key_ring import KeyRing
from .measuring import head_seed
from .participant import Hears, Participant, how_many
from .planter import plant_tree
from .terms import task_terms
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


class TaskNotPosted(VerifuseError):
    """There is no task, so there is no market: the chain or the contract refused it."""


class Initiator(Participant):
    """Posts the task, closes it at its deadline, lets nothing stay open, and keeps the integrated model."""

    role = "initiator"
    hears: ClassVar[Hears] = {
        TaskPosted: "watch_the_deadline",
        ModelAnnounced: "watch_the_draw",
        PanelDrawn: "serve_the_panel",
        ModelSettled: "go_on",
        KeyReleased: "unlock",
        TaskClosed: "finish",
    }

    def __init__(self, market: "Market", name: str, sample: PrivateData):
        super().__init__(market, name)
        self.sample = sample
        self.task_id: int | None = None
        self.integrated: IntegratedModel | None = None
        self.is_closing = False
        self.is_done = False
        self.is_waiting_for_keys = False
        self.unsettled: set[int] = set()
        self.keys = KeyRing(market.store, self.encryption_key)

    def begin(self) -> None:
        """Put the task and the verification sample into the store, and post the task.

        Raises:
            TaskNotPosted: The wallet cannot pay for it.
        """
        market, config = self.market, self.market.config
        data_cid = self._store_the_sample()
        spec_cid = self.store(market.spec.to_bytes())
        terms = task_terms(
            config,
            spec_cid=spec_cid,
            data_cid=data_cid,
            oracle=market.oracle.address,
            rule=market.rule,
            deadline=market.timestamp_at(config.deadline),
            access_key=self.public_key if config.task.is_sealed else b"",
            plants=plant_tree(market.planters),
        )
        self.activity = "posting the task"
        self.note("stored", f"put the verification sample into the store under {data_cid}")
        try:
            market.submit(market.contract.post_task(self.account, terms=terms, value_wei=config.escrow))
        except TransactionRefused as refusal:
            raise TaskNotPosted(f"the task could not be posted: {refusal}") from refusal

    def failed(self, function: str, error: ContractError) -> None:
        """Take note of a reverted transaction; without a task nobody could do anything.

        Raises:
            TaskNotPosted: It was the task.
        """
        if function == "postTask":
            raise TaskNotPosted(f"the task could not be posted: {explain(str(error))}")
        super().failed(function, error)

    def _store_the_sample(self) -> str:
        content = self.sample.to_bytes()
        if not self.market.config.task.sealed_sample:
            return self.store(content)
        key = derive_bytes(self.market.config.seed, "sample key", self.name)
        cid = self.store(seal(content, key))
        self.keys.keep(cid, key)
        return cid

    def watch_the_deadline(self, event: TaskPosted) -> None:
        """Know the own task, and mean to close it when announcing ends."""
        if event.initiator != self.address:
            return
        self.task_id = event.task_id
        self.note("posted", "posted the task")
        self.activity = "waiting for models"
        self.at(event.terms.deadline, self.close)

    def close(self) -> None:
        """Close the task; models already announced are still evaluated and paid.

        Where the contract reserves nothing for them she waits until they are settled, or nobody answered.
        """
        times = [model.deadlines.tally for model in self._task.models if model.is_open]
        if not self.market.contract.reserves and times and self.market.seconds_until(max(times)) > 0:
            self.at(max(times), self.close)
            return
        if self.is_closing:
            return
        self.is_closing = True
        self.activity = "closing the task"
        self.send(self.market.contract.close_task(self.account, task_id=self._own_task_id))

    def watch_the_draw(self, event: ModelAnnounced) -> None:
        """Be there when the first in the queue gets no panel."""
        if event.task_id == self.task_id:
            self._watch_the_head()

    def serve_the_panel(self, event: PanelDrawn) -> None:
        """Hand over the keys that a panel needs; be there when the oracle does not answer in time."""
        if event.task_id != self.task_id:
            return
        self.at(event.deadlines.tally, self.expire, event.model_id)
        model = self.market.web.models[event.model_id]
        sealed_sample = self.market.config.task.sealed_sample
        cids = keys_from_the_initiator(self._task, model, sample_is_sealed=sealed_sample)
        if not cids:
            return
        shares = [
            b"".join(self._wrapped(cid, self.market.web.public_keys[member]) for cid in cids)
            for member in event.panel
        ]
        self.note(
            "handed out keys",
            f"wrapped {how_many(len(cids), 'key')} for each panel member of model {event.model_id}",
            event.model_id,
        )
        self.send(
            self.market.contract.deliver_keys(self.account, model_id=event.model_id, wrapped_keys=shares)
        )

    def _wrapped(self, cid: str, public_key: bytes) -> bytes:
        key = self.keys.key(cid)
        return bytes(WRAPPED_BYTES) if key is None else wrap_key(key, public_key)

    def unlock(self, event: KeyReleased) -> None:
        """Take the key to a rewarded model."""
        model = self.market.web.models[event.model_id]
        if model.task_id == self.task_id and self.keys.key(model.cid) is None:
            try:
                self.keys.receive(model.cid, event.wrapped_key)
            except SealBroken as error:
                self.note("cannot open", f"the key to model {model.model_id}: {error}", model.model_id)
            self.finish()

    def go_on(self, event: ModelSettled) -> None:
        """Turn to the next model, or finish when that was the last of a closed task."""
        if event.task_id != self.task_id:
            return
        model = self.market.web.models[event.model_id]
        if self.market.config.task.bond and model.panel:
            assert model.settled_at is not None, "the list follows events before they are handed out"
            unlocked = model.settled_at + self._task.posted.terms.plant_window
            self.unsettled.add(event.model_id)
            # Verifiers have the first block to themselves: it is their money.
            self.at(unlocked + 2 * self.market.config.chain.slot_seconds, self.settle_the_rest, model)
        self._watch_the_head()
        if self.market.seconds_until(self._task.posted.terms.deadline) <= 0:
            self.close()
        self.finish()

    def settle_the_rest(self, model: ListedModel) -> None:
        """Settle the seats that their holders left: a slashed seat's fee comes back to her."""
        self.unsettled.discard(model.model_id)
        for seat, verifier in enumerate(model.panel):
            if verifier not in model.settled_seats:
                self.note("settles", f"settles seat {seat} of model {model.model_id}", model.model_id)
                self.send(self.market.contract.settle_seat(self.account, model_id=model.model_id, seat=seat))
        self.later(2 * self.market.config.chain.slot_seconds, self.finish)

    def expire(self, model_id: int) -> None:
        """Make a model Void that is still open after its time: nobody who vanished can freeze the escrow."""
        head = self._task.head
        if not self.market.contract.reserves or head is None or head.model_id != model_id:
            return
        if self.market.seconds_until(self._deadline_of(head)) > 0:
            return
        self.note("expires", f"model {model_id} ran out of time; asks the contract to end it", model_id)
        self.send(self.market.contract.expire_model(self.account, model_id=model_id))

    def finish(self, event: TaskClosed | None = None) -> None:
        """Conclude when the task is over; wait for the keys of paid models, but not for ever."""
        if self.task_id is None or self.is_done or not self._task.is_concluded or self.unsettled:
            return
        locked = [model for model in self._rewarded if not self._can_read(model)]
        if locked and not self.is_waiting_for_keys:
            self.is_waiting_for_keys = True
            self.later(self.market.config.task.key_window, self.conclude)
        elif not locked:
            self.conclude()

    def conclude(self) -> None:
        """Collect what was not spent, fetch the rewarded models and fuse them."""
        if self.is_done:
            return
        self.is_done = True
        self.withdraw()
        files: dict[int, bytes] = {}
        for model in self._rewarded:
            number = model.model_id
            if not self._can_read(model):
                self.note("cannot open", f"nobody released the key to model {number}", number)
                continue
            try:
                files[number] = self.keys.read(model.cid)
            except StorageError as error:
                self.note("cannot open", f"model {number}, which she paid for: {error}", number)
        if files:
            self.integrated = self._integrate(files)
        self.activity = "done"

    def _can_read(self, model: ListedModel) -> bool:
        return not self.market.config.task.is_sealed or self.keys.key(model.cid) is not None

    @property
    def _rewarded(self) -> list[ListedModel]:
        """The models that she paid for, without her own planted tests."""
        planters = {planter.address for planter in self.market.planters}
        models = self._task.models
        return [model for model in models if model.is_rewarded and model.contributor not in planters]

    def _integrate(self, files: dict[int, bytes]) -> IntegratedModel:
        market, task = self.market, self.market.config.task
        held_out = market.held_out
        job = FusionJob(
            model_files=tuple(files.values()),
            data=self.sample,
            classes=market.spec.classes,
            strategy=task.strategy,
            config=market.config.fusion,
            seeds=(head_seed(market.config.seed, self.name),),
            held_out=held_out if len(held_out) else None,
        )
        self.activity = f"fusing {how_many(len(files), 'rewarded model')}"
        (measured,) = market.wait(market.workbench.fuse(job))
        integrated = IntegratedModel(
            cid=self.store(market.workbench.fused_file(job, measured)),
            models=tuple(files),
            strategy=task.strategy,
            verification_accuracy=measured.accuracy,
            held_out_accuracy=measured.held_out_accuracy,
            held_out_images=len(held_out),
        )
        self.note("integrated", f"fused {how_many(len(files), 'rewarded model')} by Strategy {task.strategy}")
        return integrated

    def _watch_the_head(self) -> None:
        head = self._task.head
        if head is not None and not head.panel:
            self.at(self._deadline_of(head), self.expire, head.model_id)

    def _deadline_of(self, head: ListedModel) -> int:
        return head.deadlines.tally if head.panel else head.draw_deadline(self.market.config.task.draw_window)

    @property
    def _own_task_id(self) -> int:
        assert self.task_id is not None, "the task was posted before anything is done with it"
        return self.task_id

    @property
    def _task(self) -> ListedTask:
        return self.market.web.tasks[self._own_task_id]
