"""The computing contributor: trains on private data, announces the model, sees to it that it is judged."""

from dataclasses import dataclass, replace
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
from .members import ContributorMember
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

    def __init__(self, market: "Market", member: ContributorMember, data: PrivateData):
        super().__init__(market, member.name, member.settings)
        self.member = member
        self.data = data
        self.task_id: int | None = None
        self.model_id: int | None = None
        self.training: Training | None = None
        self.trained: TrainingResult | None = None
        self.sealed: SealedModel | None = None
        self.shared_with: set[int] = set()
        self.has_handed_out_keys = False
        self.keys = KeyRing(market.store, self.encryption_key)

    def begin(self) -> None:
        """Arrive, and take up the task if it is there already."""
        self.activity = "looking for a task"
        self.note("arrived", f"arrived with images of the labels {self.data.labels}")
        self.look_for_a_task()

    def look_for_a_task(self) -> None:
        """Take up the task if it is open."""
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
        self.train(event)

    def train(self, event: TaskPosted) -> None:
        """Train for a task from the first step on."""
        spec = TaskSpec.from_bytes(self.market.store.get(event.terms.spec_cid))
        job = training_job(self.market.config, spec, self.member, self.data)
        self.activity = f"training {job.network.name}"
        result = self.market.wait(self.market.workbench.train(job))
        costs, pace = self.market.config.costs, self.member.speed
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
        self.work(seconds, self.decide, result, self.training)
        self.vanish_later(seconds / 2, "training")

    def miss(self, event: TaskClosed) -> None:
        """Give up a training that the task did not wait for."""
        if event.task_id == self.task_id and self.training is not None:
            needed = self.training.finished - self.market.time
            self.stop_working()
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
            self.trained = result
            self.upload(result)
        else:
            self.activity = "gave up: below the announcing threshold"
            threshold = self.market.config.task.announce_threshold
            self.note(
                "gave up", f"never reached {threshold:.1%} on its own test images, so it announces nothing"
            )

    def upload(self, result: TrainingResult) -> None:
        """Put the model into the store, which takes time, and announce it."""
        self.activity = "uploading its model"
        seconds = len(result.model_file) / self.market.config.costs.bandwidth
        self.later(seconds, self.announce, result.model_file)
        self.vanish_later(seconds / 2, "uploading")

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
        self.reach("announcing")

    def recognise(self, event: ModelAnnounced) -> None:
        """Learn the own model's number, and see that it gets a panel."""
        if event.contributor == self.address and event.task_id == self.task_id:
            self.model_id = event.model_id
            self.activity = f"waiting for the panel of model {event.model_id}"
            self.market.need_block(event.draw_block)
            if not self.reach("announced"):
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
            if self.reach("evaluated"):
                return
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
            if self.reach("drawn"):
                return
            self.at(event.deadlines.reveal, self.ask)
            if self.sealed is not None:
                self.hand_out_keys(event)

    def hand_out_keys(self, event: PanelDrawn | ListedModel) -> None:
        """Wrap the key of the sealed model for each member of the panel."""
        self.has_handed_out_keys = True
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
        is_own = event.account == self.address and event.reason is CreditReason.MODEL_REWARD
        if is_own and not self.reach("evaluated"):
            self.withdraw()

    # Away and back.

    def drop_everything(self, reason: str) -> None:
        """Leave; a training that is cut starts again from its first step, if it ever does."""
        super().drop_everything(reason)
        if self.training is not None:
            trainings = self.market.journal.trainings
            trainings[trainings.index(self.training)] = replace(self.training, cut=self.market.time)
            self.training = None

    def come_back(self) -> None:
        """Collect what is owed and go on with what was cut, or waits."""
        self.note("came back", "came back and looks at what has happened")
        self.withdraw()
        if self.task_id is None:
            self.look_for_a_task()
            return
        task = self.market.web.tasks[self.task_id]
        own = next((model for model in task.models if model.contributor == self.address), None)
        if own is not None:
            self.take_care_of(own)
        elif task.is_closed:
            self.activity = "gave up: the task closed first"
            self.note("too late", "found the task closed")
        elif self.trained is None:
            self.train(task.posted)
        elif not self.has_sent("announceModel"):
            self.upload(self.trained)

    def take_care_of(self, model: ListedModel) -> None:
        """Do for the own model what its state asks for."""
        self.model_id = model.model_id
        if model.state is ModelState.ANNOUNCED:
            self.activity = f"waiting for the panel of model {model.model_id}"
            self.market.need_block(model.draw_block)
            self.draw()
        elif model.is_open:
            self.activity = f"waiting for the evaluations of model {model.model_id}"
            if not model.queried:
                self.at(model.deadlines.reveal, self.ask)
            in_time = self.market.seconds_until(model.deadlines.key) > 0
            if self.sealed is not None and not self.has_handed_out_keys and in_time:
                self.hand_out_keys(model)
        else:
            self.activity = f"done: model {model.model_id} {model.state.lower()}"
            if self.sealed is not None and model.is_rewarded and not model.key_released:
                self.release()

    @property
    def _own_task_id(self) -> int:
        assert self.task_id is not None, "a task was taken up before anything is done for it"
        return self.task_id

    @property
    def _own_model_id(self) -> int:
        assert self.model_id is not None, "the model was announced before anything is done for it"
        return self.model_id
