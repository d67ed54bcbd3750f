"""The computing contributor: trains on private data, announces the model, sees to it that it is judged."""

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ..contracts import (
    Access,
    ContractError,
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
    TaskTerms,
)
from ..learning import FingerprintJob, PrivateData, TrainingResult
from ..seeds import derive_bytes
from ..storage import StorageError, key_commitment, seal, wrap_key
from .config.members import ContributorMember
from .journal import Training
from .key_ring import KeyRing
from .participant import Hears, Participant
from .task_spec import TaskSpec
from .training_job import training_job
from .undertaking import SealedModel, Undertaking, Workload
from .web_application import ListedModel

if TYPE_CHECKING:
    from .market import Market


class ComputingContributor(Participant):
    """Follows a task from the first look at it to the reward; then, where there are several, the next.

    Attributes:
        undertakings: The tasks that it took up, by their numbers.
        current: The one that it works on now.
    """

    role = "contributor"
    hears: ClassVar[Hears] = {
        TaskPosted: "hear_of",
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
        self.undertakings: dict[int, Undertaking] = {}
        self.current: Undertaking | None = None
        self.workload = Workload()
        self.keys = KeyRing(market.store, self.encryption_key)
        self._to_look_at: deque[TaskPosted] = deque()

    def begin(self) -> None:
        """Arrive, and take up the first task that is there already."""
        self.activity = "looking for a task"
        self.note("arrived", f"arrived with images of the labels {self.data.labels}")
        self.look_at_the_lists()

    def look_at_the_lists(self) -> None:
        """Learn of the tasks that were posted meanwhile, and take one up."""
        self._learn_of_tasks()
        if self._to_look_at and not self.look_for_a_task() and not self.undertakings:
            self.activity = "gave up: no task is open"
            self.note("too late", "found no open task")

    def _learn_of_tasks(self) -> None:
        self._to_look_at = deque(
            task.posted for task in self.market.web.tasks.values() if self._is_for(task.posted.task_id)
        )

    def hear_of(self, event: TaskPosted) -> None:
        """A task was posted: take it up now, or look at it when the one at hand is over."""
        if self._is_for(event.task_id):
            self._to_look_at.append(event)
            if self.current is None:
                self.look_for_a_task()

    def look_for_a_task(self) -> bool:
        """Take up the first task that was not looked at yet and is open; return whether there is one."""
        self.current = None
        while self._to_look_at:
            event = self._to_look_at.popleft()
            if event.task_id not in self.undertakings and not self.market.web.tasks[event.task_id].is_closed:
                self.take_up(event)
                return True
        return False

    def _is_for(self, task_id: int) -> bool:
        book = self.market.book
        return book.knows(task_id) and self.member.settings.are_for(book.of(task_id).name)

    def take_up(self, event: TaskPosted) -> None:
        """Read what the task asks for and begin to work on it."""
        spec = TaskSpec.from_bytes(self.market.store.get(event.terms.spec_cid))
        job = training_job(self.market.config, spec, self.member, self.data)
        self.current = self.undertakings[event.task_id] = Undertaking(event.task_id, spec, job)
        self.train(self.current)

    def train(self, work: Undertaking) -> None:
        """Train for a task; how long that takes follows from the steps and the pace."""
        job, is_done = work.job, self.workload.is_done(work.job)
        self.activity = f"training {job.network.name}"
        result = self.market.wait(self.market.workbench.train(job))
        costs, pace = self.market.config.costs, self.member.speed
        batch = (job.privacy or job.config).batch
        whole = result.iterations * batch * costs.train_sample / pace
        seconds = self.workload.seconds_left(job, whole)
        work.training = Training(
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
            task_id=work.task_id,
            reused=is_done,
        )
        self.market.journal.trainings.append(work.training)
        self.work(seconds, self.decide, result, work.training)
        self.vanish_later(seconds / 2, "training")

    def miss(self, event: TaskClosed) -> None:
        """Give up a training that the task did not wait for."""
        work = self.current
        if work is not None and event.task_id == work.task_id and work.training is not None:
            needed = work.training.finished - self.market.time
            self.stop_working()
            work.training = None
            self.workload.note(work.job, needed)
            self.activity = "gave up: the task closed first"
            self.note("too late", f"the task closed {needed:,.0f} s before its training would have been over")
            self.look_for_a_task()

    def decide(self, result: TrainingResult, training: Training) -> None:
        """Announce the trained model, unless the task's threshold was never reached."""
        work = self.current
        if work is None or work.training is not training:
            return
        work.training = None
        self.workload.note(work.job, 0.0)
        self.note(
            "trained",
            f"trained {training.network} for {result.epochs} epochs: {result.test_accuracy:.1%} on its own "
            f"test images, {result.local_accuracy:.1%} on its own verification images",
        )
        if result.reached:
            self.upload(result)
        else:
            self.activity = "gave up: below the announcing threshold"
            self.note(
                "gave up",
                f"never reached {work.spec.announce_threshold:.1%} on its own test images, "
                "so it announces nothing",
            )
            self.look_for_a_task()

    def upload(self, result: TrainingResult) -> None:
        """Put the model into the store, which takes time, and announce it."""
        self.activity = "uploading its model"
        seconds = len(result.model_file) / self.market.config.costs.bandwidth
        self.later(seconds, self.announce, result.model_file)
        self.vanish_later(seconds / 2, "uploading")

    def announce(self, model_file: bytes) -> None:
        """Put the model into the store, sealed if the task says so, and its CID on the chain."""
        market, work = self.market, self._at_hand
        terms = self._terms_of(work)
        fingerprint = market.wait(
            market.workbench.fingerprint(FingerprintJob(model_file, work.spec.input_shape))
        )
        if terms.access is not Access.PUBLIC:
            key = derive_bytes(market.config.seed, "model key", market.book.who(self.name, work.task_id))
            work.sealed = SealedModel(key, wrap_key(key, terms.access_key))
            model_file = seal(model_file, key)
        cid = self.store(model_file)
        self.activity = "announcing its model"
        kind = "sealed model" if work.sealed else "model"
        self.note("uploaded", f"put its {kind} ({len(model_file):,} bytes) into the store under {cid}")
        was_sent = self.send(
            market.contract.announce_model(
                self.account,
                task_id=work.task_id,
                cid=cid,
                fingerprint=fingerprint,
                key_commitment=key_commitment(work.sealed.for_initiator) if work.sealed else bytes(32),
                access_key=self.public_key if terms.access is Access.SEALED_FOR_REWARDED else b"",
            )
        )
        if not self.reach("announcing") and not was_sent:
            self.look_for_a_task()

    def failed(self, function: str, error: ContractError) -> None:
        """Take note of a reverted transaction; a task that takes no more models is left for the next."""
        super().failed(function, error)
        if function == "announceModel":
            self.look_for_a_task()

    def recognise(self, event: ModelAnnounced) -> None:
        """Learn the own model's number, and see that it gets a panel."""
        if event.contributor == self.address and event.task_id in self.undertakings:
            self.undertakings[event.task_id].model_id = event.model_id
            self.activity = f"waiting for the panel of model {event.model_id}"
            self.market.need_block(event.draw_block)
            if not self.reach("announced"):
                self.draw(event.model_id)

    def await_the_draw(self, event: DrawArmed) -> None:
        """It is the own model's turn, or a new block was named: have the panel drawn once it is sealed."""
        if self._work_on(event.model_id) is not None:
            self.market.need_block(event.draw_block)
            self.draw(event.model_id)

    def go_on(self, event: ModelSettled) -> None:
        """The own model's fate is known; a rewarded one is handed over if it was sealed."""
        work = self._work_on(event.model_id)
        if work is not None:
            self.activity = f"done: model {event.model_id} {event.outcome.lower()}"
            if self.reach("evaluated"):
                return
            if work.sealed is not None and event.outcome is ModelState.REWARDED:
                self.release(work)
            if work is self.current:
                self.look_for_a_task()

    def draw(self, model_id: int) -> None:
        """Have the panel drawn when the model is the first in the queue and the drawing block is sealed."""
        model = self.market.web.models[model_id]
        head = self.market.web.tasks[model.task_id].head
        if head is not model or model.state is not ModelState.ANNOUNCED:
            return
        if self.market.chain.block_number < model.draw_block:
            self.later(self.market.config.chain.slot_seconds, self.draw, model_id)
            return
        panel_size = self.market.web.tasks[model.task_id].posted.terms.panel_size
        self.send(
            self.market.contract.draw_panel(self.account, model_id=model.model_id, panel_size=panel_size)
        )

    def await_the_evaluations(self, event: PanelDrawn) -> None:
        """Have the oracle asked once the panel's time is over."""
        work = self._work_on(event.model_id)
        if work is not None:
            self.activity = f"waiting for the evaluations of model {event.model_id}"
            if self.reach("drawn"):
                return
            self.at(event.deadlines.reveal, self.ask, event.model_id)
            if work.sealed is not None:
                self.hand_out_keys(event)

    def hand_out_keys(self, event: PanelDrawn | ListedModel) -> None:
        """Wrap the key of the sealed model for each member of the panel."""
        work = self.undertakings[event.task_id]
        sealed, work.has_handed_out_keys = work.sealed, True
        assert sealed is not None, "only a sealed model has a key"
        keys = [wrap_key(sealed.key, self.market.web.public_keys[member]) for member in event.panel]
        self.note(
            "handed out keys",
            f"wrapped the key of model {event.model_id} for its {len(keys)} panel members",
            event.model_id,
        )
        self.send(self.market.contract.deliver_keys(self.account, model_id=event.model_id, wrapped_keys=keys))

    def release(self, work: Undertaking) -> None:
        """Give the initiator what she paid for."""
        assert work.sealed is not None and work.model_id is not None, "it was sealed, announced and rewarded"
        self.note("released", f"released the key of model {work.model_id} to the initiator", work.model_id)
        self.send(
            self.market.contract.release_key(
                self.account, model_id=work.model_id, wrapped_key=work.sealed.for_initiator
            )
        )
        for other in self.market.web.tasks[work.task_id].models if self._shares(work) else ():
            self._share_with(work, other)

    def share_back(self, event: KeyReleased) -> None:
        """Another model was rewarded and handed over: its contributor shall have this one's key as well."""
        other = self.market.web.models[event.model_id]
        work = self.undertakings.get(other.task_id)
        own = None if work is None else self.market.web.models.get(work.model_id or 0)
        if work is not None and self._shares(work) and own is not None and own.is_rewarded:
            self._share_with(work, other)

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

    def _share_with(self, work: Undertaking, other: ListedModel) -> None:
        assert work.sealed is not None and work.model_id is not None, "only a rewarded sealed model is shared"
        if other.model_id == work.model_id or not other.is_rewarded or other.model_id in work.shared_with:
            return
        work.shared_with.add(other.model_id)
        self.send(
            self.market.contract.share_key(
                self.account,
                model_id=work.model_id,
                recipient_model_id=other.model_id,
                wrapped_key=wrap_key(work.sealed.key, other.access_key),
            )
        )

    def _shares(self, work: Undertaking) -> bool:
        return work.sealed is not None and self._terms_of(work).access is Access.SEALED_FOR_REWARDED

    def ask(self, model_id: int) -> None:
        """Ask the contract to fetch the evaluations."""
        if self.market.web.models[model_id].is_open:
            self.send(self.market.contract.request_evaluations(self.account, model_id=model_id))

    def ask_again(self, event: QuorumMissed) -> None:
        """Ask once more if evaluations were reported that the contract has not counted."""
        if self._work_on(event.model_id) is not None:
            reported = {signed.evaluation.verifier for signed in self.market.web.evaluations(event.model_id)}
            if reported - self.market.web.models[event.model_id].counted:
                self.ask(event.model_id)

    def collect(self, event: Credited) -> None:
        """Withdraw the reward as soon as it is owed."""
        is_own = event.account == self.address and event.reason is CreditReason.MODEL_REWARD
        if is_own and not self.reach("evaluated"):
            self.withdraw()

    # Away and back.

    def drop_everything(self, reason: str) -> None:
        """Leave; a training that is cut starts again from its first step, if it ever does."""
        super().drop_everything(reason)
        work = self.current
        if work is not None and work.training is not None:
            trainings = self.market.journal.trainings
            trainings[trainings.index(work.training)] = replace(work.training, cut=self.market.time)
            work.training = None

    def come_back(self) -> None:
        """Collect what is owed and go on with what was cut, or waits; then look for the next task."""
        self.note("came back", "came back and looks at what has happened")
        self.withdraw()
        for work in self.undertakings.values():
            listed = self.market.web.tasks[work.task_id].models
            own = next((model for model in listed if model.contributor == self.address), None)
            if own is not None:
                self.take_care_of(work, own)
        work = self.current
        if work is None or self._is_over(work):
            self.look_at_the_lists()
            return
        self._learn_of_tasks()
        if work.model_id is None:
            self.take_up_again(work)

    def _is_over(self, work: Undertaking) -> bool:
        """Whether nothing is left to do for a task but, perhaps, with the key of the own model."""
        if work.model_id is not None:
            return not self.market.web.models[work.model_id].is_open
        if self.market.web.tasks[work.task_id].is_closed:
            self.activity = "gave up: the task closed first"
            self.note("too late", "found the task closed")
            return True
        return False

    def take_up_again(self, work: Undertaking) -> None:
        """Go on where a task was left before the model was announced."""
        if not self.workload.is_done(work.job):
            self.train(work)
        elif not self.has_sent("announceModel"):
            self.upload(self.market.wait(self.market.workbench.train(work.job)))

    def take_care_of(self, work: Undertaking, model: ListedModel) -> None:
        """Do for an own model what its state asks for."""
        work.model_id = model.model_id
        if model.state is ModelState.ANNOUNCED:
            self.activity = f"waiting for the panel of model {model.model_id}"
            self.market.need_block(model.draw_block)
            self.draw(model.model_id)
        elif model.is_open:
            self.activity = f"waiting for the evaluations of model {model.model_id}"
            if not model.queried:
                self.at(model.deadlines.reveal, self.ask, model.model_id)
            in_time = self.market.seconds_until(model.deadlines.key) > 0
            if work.sealed is not None and not work.has_handed_out_keys and in_time:
                self.hand_out_keys(model)
        else:
            self.activity = f"done: model {model.model_id} {model.state.lower()}"
            if work.sealed is not None and model.is_rewarded and not model.key_released:
                self.release(work)

    def _work_on(self, model_id: int) -> Undertaking | None:
        """Return the undertaking that a model is the contributor's own of, if it is."""
        work = self.undertakings.get(self.market.web.models[model_id].task_id)
        return work if work is not None and work.model_id == model_id else None

    def _terms_of(self, work: Undertaking) -> TaskTerms:
        return self.market.web.tasks[work.task_id].posted.terms

    @property
    def _at_hand(self) -> Undertaking:
        assert self.current is not None, "a task was taken up before anything is done for it"
        return self.current
