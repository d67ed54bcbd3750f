"""The computing contributor: trains on private data, announces the model, sees to it that it is judged."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..contracts import (
    Access,
    Credited,
    CreditReason,
    DrawArmed,
    KeyReleased,
    KeyShared,
    ModelAnnounced,
    ModelSettled,
    ModelState,
    PanelDrawn,
    QuorumMissed,
    TaskClosed,
    TaskPosted,
)
from ..learning import FingerprintJob, PrivateData, TrainingResult
from ..seeds import derive_bytes
from ..storage import StorageError, key_commitment, seal, wrap_key
from .journal import Training
from .key_ring import KeyRing
from .participant import Hears, Participant
from .task_spec import TaskSpec
from .training_job import training_job
from .web_application import ListedModel

if TYPE_CHECKING:
    from .market import Market


@dataclass(frozen=True)
class SealedModel:
    """The key that a model was sealed with, and the same wrapped for the initiator."""

    key: bytes
    for_initiator: bytes


class ComputingContributor(Participant):
    """Follows one task from the first look at it to the reward."""

    role = "contributor"
    hears: ClassVar[Hears] = {
        TaskPosted: "take_up",
        ModelAnnounced: "recognise",
        DrawArmed: "await_the_draw",
        KeyReleased: "share_back",
        KeyShared: "receive",
        ModelSettled: "go_on",
        PanelDrawn: "await_the_evaluations",
        QuorumMissed: "ask_again",
        Credited: "collect",
        TaskClosed: "miss",
    }

    def __init__(self, market: "Market", name: str, index: int, data: PrivateData):
        super().__init__(market, name)
        self.index = index
        self.data = data
        self.task_id: int | None = None
        self.model_id: int | None = None
        self.training: Training | None = None
        self.sealed: SealedModel | None = None
        self.shared_with: set[int] = set()
        self.keys = KeyRing(market.store, self.encryption_key)

    def begin(self) -> None:
        """Arrive, and take up the task if it is there already."""
        self.activity = "looking for a task"
        self.note("arrived", f"arrived with images of the labels {self.data.labels}")
        open_tasks = [task for task in self.market.web.tasks.values() if not task.is_closed]
        if open_tasks:
            self.take_up(open_tasks[0].posted)
        elif self.market.web.tasks:
            self.activity = "gave up: no task is open"
            self.note("too late", "found no open task")

    def take_up(self, event: TaskPosted) -> None:
        """Read what the task asks for and train; how long that takes follows from the steps and the pace."""
        if self.task_id is not None:
            return
        self.task_id = event.task_id
        spec = TaskSpec.from_bytes(self.market.store.get(event.terms.spec_cid))
        job = training_job(self.market.config, spec, self.name, self.index, self.data)
        self.activity = f"training {job.network.name}"
        result = self.market.wait(self.market.workbench.train(job))
        costs, pace = self.market.config.costs, self.market.config.contributors.speed_of(self.index)
        batch = (job.privacy or job.config).batch
        seconds = result.iterations * batch * costs.train_sample / pace
        self.training = Training(
            contributor=self.name,
            labels=self.data.labels,
            network=job.network.name,
            iterations=result.iterations,
            epochs=result.epochs,
            test_accuracy=result.test_accuracy,
            local_accuracy=result.local_accuracy,
            started=self.market.time,
            finished=self.market.time + seconds,
            epsilon=result.epsilon,
            delta=result.delta,
        )
        self.market.journal.trainings.append(self.training)
        self.later(seconds, self.decide, result, self.training)

    def miss(self, event: TaskClosed) -> None:
        """Give up a training that the task did not wait for."""
        if event.task_id == self.task_id and self.training is not None:
            needed = self.training.finished - self.market.time
            self.training = None
            self.activity = "gave up: the task closed first"
            self.note("too late", f"the task closed {needed:,.0f} s before its training would have been over")

    def decide(self, result: TrainingResult, training: Training) -> None:
        """Announce the trained model, unless the task's threshold was never reached."""
        if self.training is None:
            return
        self.training = None
        self.note(
            "trained",
            f"trained {training.network} for {result.epochs} epochs: {result.test_accuracy:.1%} on its own "
            f"test images, {result.local_accuracy:.1%} on its own verification images",
        )
        if result.reached:
            self.activity = "uploading its model"
            self.later(
                len(result.model_file) / self.market.config.costs.bandwidth, self.announce, result.model_file
            )
        else:
            self.activity = "gave up: below the announcing threshold"
            threshold = self.market.config.task.announce_threshold
            self.note(
                "gave up", f"never reached {threshold:.1%} on its own test images, so it announces nothing"
            )

    def announce(self, model_file: bytes) -> None:
        """Put the model into the store, sealed if the task says so, and its CID on the chain."""
        market, terms = self.market, self.market.web.tasks[self._own_task_id].posted.terms
        shape = market.spec.input_shape
        fingerprint = market.wait(market.workbench.fingerprint(FingerprintJob(model_file, shape)))
        if terms.access is not Access.PUBLIC:
            key = derive_bytes(market.config.seed, "model key", self.name)
            self.sealed = SealedModel(key, wrap_key(key, terms.access_key))
            model_file = seal(model_file, key)
        cid = self.store(model_file)
        self.activity = "announcing its model"
        kind = "sealed model" if self.sealed else "model"
        self.note("uploaded", f"put its {kind} ({len(model_file):,} bytes) into the store under {cid}")
        self.send(
            market.contract.announce_model(
                self.account,
                task_id=self._own_task_id,
                cid=cid,
                fingerprint=fingerprint,
                key_commitment=key_commitment(self.sealed.for_initiator) if self.sealed else bytes(32),
                access_key=self.public_key if terms.access is Access.SEALED_FOR_REWARDED else b"",
            )
        )

    def recognise(self, event: ModelAnnounced) -> None:
        """Learn the own model's number, and see that it gets a panel."""
        if event.contributor == self.address and event.task_id == self.task_id:
            self.model_id = event.model_id
            self.activity = f"waiting for the panel of model {event.model_id}"
            self.market.need_block(event.draw_block)
            self.draw()

    def await_the_draw(self, event: DrawArmed) -> None:
        """It is the own model's turn, or a new block was named: have the panel drawn once it is sealed."""
        if event.model_id == self.model_id:
            self.market.need_block(event.draw_block)
            self.draw()

    def go_on(self, event: ModelSettled) -> None:
        """The own model's fate is known; a rewarded one is handed over if it was sealed."""
        if event.model_id == self.model_id:
            self.activity = f"done: model {event.model_id} {event.outcome.lower()}"
            if self.sealed is not None and event.outcome is ModelState.REWARDED:
                self.release()

    def draw(self) -> None:
        """Have the panel drawn when the model is the first in the queue and the drawing block is sealed."""
        model = self.market.web.models[self._own_model_id]
        head = self.market.web.tasks[model.task_id].head
        if head is not model or model.state is not ModelState.ANNOUNCED:
            return
        if self.market.chain.block_number < model.draw_block:
            self.later(self.market.config.chain.slot_seconds, self.draw)
            return
        panel_size = self.market.web.tasks[model.task_id].posted.terms.panel_size
        self.send(
            self.market.contract.draw_panel(self.account, model_id=model.model_id, panel_size=panel_size)
        )

    def await_the_evaluations(self, event: PanelDrawn) -> None:
        """Have the oracle asked once the panel's time is over."""
        if event.model_id == self.model_id:
            self.activity = f"waiting for the evaluations of model {event.model_id}"
            self.at(event.deadlines.reveal, self.ask)
            if self.sealed is not None:
                self.hand_out_keys(event)

    def hand_out_keys(self, event: PanelDrawn) -> None:
        """Wrap the key of the sealed model for each member of the panel."""
        keys = [wrap_key(self._sealed.key, self.market.web.public_keys[member]) for member in event.panel]
        self.note(
            "handed out keys",
            f"wrapped the key of model {event.model_id} for its {len(keys)} panel members",
            event.model_id,
        )
        self.send(self.market.contract.deliver_keys(self.account, model_id=event.model_id, wrapped_keys=keys))

    def release(self) -> None:
        """Give the initiator what she paid for."""
        self.note(
            "released", f"released the key of model {self._own_model_id} to the initiator", self.model_id
        )
        self.send(
            self.market.contract.release_key(
                self.account, model_id=self._own_model_id, wrapped_key=self._sealed.for_initiator
            )
        )
        if self._shares:
            for other in self.market.web.tasks[self._own_task_id].models:
                self._share_with(other)

    def share_back(self, event: KeyReleased) -> None:
        """Another model was rewarded and handed over: its contributor shall have this one's key as well."""
        other = self.market.web.models[event.model_id]
        own = self.market.web.models.get(self.model_id or 0)
        if other.task_id == self.task_id and self._shares and own is not None and own.is_rewarded:
            self._share_with(other)

    def receive(self, event: KeyShared) -> None:
        """Take the key to another rewarded model, if it opens what was announced."""
        if event.recipient != self.address:
            return
        cid = self.market.web.models[event.model_id].cid
        try:
            self.keys.receive(cid, event.wrapped_key)
            self.keys.read(cid)
        except StorageError as error:
            self.note("cannot open", f"the key to model {event.model_id}: {error}", event.model_id)

    def _share_with(self, other: ListedModel) -> None:
        if other.model_id == self.model_id or not other.is_rewarded or other.model_id in self.shared_with:
            return
        self.shared_with.add(other.model_id)
        self.send(
            self.market.contract.share_key(
                self.account,
                model_id=self._own_model_id,
                recipient_model_id=other.model_id,
                wrapped_key=wrap_key(self._sealed.key, other.access_key),
            )
        )

    @property
    def _shares(self) -> bool:
        terms = self.market.web.tasks[self._own_task_id].posted.terms
        return self.sealed is not None and terms.access is Access.SEALED_FOR_REWARDED

    @property
    def _sealed(self) -> "SealedModel":
        assert self.sealed is not None, "only a sealed model has a key"
        return self.sealed

    def ask(self) -> None:
        """Ask the contract to fetch the evaluations."""
        if self.market.web.models[self._own_model_id].is_open:
            self.send(self.market.contract.request_evaluations(self.account, model_id=self._own_model_id))

    def ask_again(self, event: QuorumMissed) -> None:
        """Ask once more if evaluations were reported that the contract has not counted."""
        if event.model_id == self.model_id:
            reported = {signed.evaluation.verifier for signed in self.market.web.evaluations(event.model_id)}
            if reported - self.market.web.models[event.model_id].counted:
                self.ask()

    def collect(self, event: Credited) -> None:
        """Withdraw the reward as soon as it is owed."""
        if event.account == self.address and event.reason is CreditReason.MODEL_REWARD:
            self.withdraw()

    @property
    def _own_task_id(self) -> int:
        assert self.task_id is not None, "a task was taken up before anything is done for it"
        return self.task_id

    @property
    def _own_model_id(self) -> int:
        assert self.model_id is not None, "the model was announced before anything is done for it"
        return self.model_id
