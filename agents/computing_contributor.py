"""The computing contributor: trains on private data, announces the model, sees to it that it is judged."""

from collections import deque
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar

from ..chain import Transaction
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
from ..learning import FingerprintJob, ModelFileError, PrivateData, TrainingJob, TrainingResult
from ..seeds import derive_bytes
from ..storage import StorageError, key_commitment, seal, wrap_key
from .behaviours.contributors.honest import Honest
from .behaviours.forging import described
from .bribes import keep_promises
from .config.members import ContributorMember
from .journal import Training
from .key_ring import KeyRing
from .offers import GAS_OF_A_MODEL, Offer, Sighting
from .participant import Hears, Participant
from .planning import planned_job
from .task_spec import TaskSpec
from .training_job import training_job
from .undertaking import SealedModel, Undertaking, Workload
from .web_application import ListedModel

if TYPE_CHECKING:
    from .market import Market


class ComputingContributor(Participant):
    """Follows a task from the first look at it to the reward; then, where there are several, the next.

    What it does is the protocol; whether and how is its behaviour's to decide.

    Attributes:
        behaviour: Asked at each decision.
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

    def __init__(self, market: "Market", member: ContributorMember, data: PrivateData, behaviour: Honest):
        super().__init__(market, member.name, member.settings)
        self.member = member
        self.behaviour = behaviour
        self.behaviour_name = member.settings.behaviour_name
        behaviour.me = self
        self.data = data
        self.undertakings: dict[int, Undertaking] = {}
        self.current: Undertaking | None = None
        self.workload = Workload()
        self.keys = KeyRing(market.store, self.encryption_key)
        self._to_look_at: deque[TaskPosted] = deque()
        self._declined: dict[int, TaskPosted] = {}

    def begin(self) -> None:
        """Arrive, and take up the first task that is there already."""
        self.activity = "looking for a task"
        self.note("arrived", f"arrived with images of the labels {self.data.labels}")
        self.look_at_the_lists()

    def look_at_the_lists(self) -> None:
        """Learn of the tasks that were posted meanwhile, and take one up."""
        self._learn_of_tasks()
        is_idle = bool(self._to_look_at) and not self.look_for_a_task() and not self.undertakings
        if is_idle and not self._declined:
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
            is_open = not self.market.web.tasks[event.task_id].is_closed
            if event.task_id not in self.undertakings and is_open and self.take_up(event):
                return True
        return False

    def _is_for(self, task_id: int) -> bool:
        book = self.market.book
        return book.knows(task_id) and self.member.settings.are_for(book.of(task_id).name)

    def take_up(self, event: TaskPosted) -> bool:
        """Read what the task asks for and begin to work on it, if she will; return whether she does."""
        work = Undertaking(event.task_id, TaskSpec.from_bytes(self.market.store.get(event.terms.spec_cid)))
        if not self.behaviour.takes_up(self._offer(work)):
            if event.task_id not in self._declined:
                self.note("declined", f"declined the task {self.market.book.of(event.task_id).name!r}")
            self._declined[event.task_id] = event
            return False
        self._declined.pop(event.task_id, None)
        self.current = self.undertakings[event.task_id] = work
        work.job = planned_job(self.market.config, work.spec, self.member, self.data, self.behaviour)
        if work.job is None:
            self.wait_for_a_chance(work)
        else:
            self.train(work)
        return True

    def wait_for_a_chance(self, work: Undertaking) -> None:
        """Announce without a training: now if the behaviour has a model, else when others give a chance."""
        self.activity = "waiting for a chance"
        model_file = self.behaviour.model(None)
        if model_file is not None:
            self.upload(model_file)
            return
        for model in self.market.web.tasks[work.task_id].models:
            if model.contributor != self.address:
                self.behaviour.sees(Sighting.of(model))
                if not model.is_open:
                    self.behaviour.sees_decided(Sighting.of(model), model.is_rewarded)

    def train(self, work: Undertaking) -> None:
        """Train for a task; how long that takes follows from the steps and the pace."""
        job = work.job
        assert job is not None, "only what is to be trained is trained"
        is_done = self.workload.is_done(job)
        self.activity = f"training {job.network.name}"
        result = self.market.wait(self.market.workbench.train(job))
        seconds = self.workload.seconds_left(job, self._training_seconds(job, result))
        work.training = Training(
            contributor=self.name,
            labels=job.data.labels,
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
            claimed_accuracy=self.behaviour.says(result.local_accuracy),
        )
        self.market.journal.trainings.append(work.training)
        self.work(seconds, self.decide, result, work.training)
        self.vanish_later(seconds / 2, "training")

    def miss(self, event: TaskClosed) -> None:
        """Give up a training that the task did not wait for."""
        work = self.current
        if work is None or event.task_id != work.task_id:
            return
        if work.training is not None:
            needed = self._stop_training(work)
            self.activity = "gave up: the task closed first"
            self.note("too late", f"the task closed {needed:,.0f} s before its training would have been over")
            self.look_for_a_task()
        elif work.job is None and not work.was_announced:
            self.activity = "gave up: there was no chance"
            self.note("gave up", "found no model to announce before the task closed")
            self.look_for_a_task()

    def _stop_training(self, work: Undertaking) -> float:
        """Break a training off; return the seconds that are left of it."""
        assert work.training is not None and work.job is not None, "a training is under way"
        needed = work.training.finished - self.market.time
        self.stop_working()
        work.training = None
        self.workload.note(work.job, needed)
        return needed

    def reconsider(self, event: ModelSettled) -> None:
        """Another model was decided: is the task at hand still worth while, or now one that was declined?"""
        work = self.current
        if work is not None and work.training is not None and work.task_id == event.task_id:
            if not self.behaviour.goes_on(self._offer(work)):
                trainings = self.market.journal.trainings
                trainings[trainings.index(work.training)] = replace(work.training, cut=self.market.time)
                self._stop_training(work)
                self.activity = "gave up: not worth while any more"
                self.note("gave up", "broke its training off, as the task is not worth while any more")
                self.look_for_a_task()
        elif work is None and self._declined:
            self._to_look_at.extend(self._declined.values())
            self.look_for_a_task()

    def decide(self, result: TrainingResult, training: Training) -> None:
        """Announce the trained model, unless the task's threshold was never reached."""
        work = self.current
        if work is None or work.training is not training:
            return
        assert work.job is not None, "what was trained is known"
        work.training = None
        self.workload.note(work.job, 0.0)
        self.note(
            "trained",
            f"trained {training.network} for {result.epochs} epochs: {result.test_accuracy:.1%} on its own "
            f"test images, {result.local_accuracy:.1%} on its own verification images",
        )
        model_file = self.behaviour.model(result)
        if model_file is not None:
            self.upload(model_file)
        elif result.reached:
            self.activity = "gave up: announces nothing"
            self.note("gave up", "announces nothing")
            self.look_for_a_task()
        else:
            self.activity = "gave up: below the announcing threshold"
            self.note(
                "gave up",
                f"never reached {work.spec.announce_threshold:.1%} on its own test images, "
                "so it announces nothing",
            )
            self.look_for_a_task()

    def upload(self, model_file: bytes, *, fee_wei: int | None = None) -> None:
        """Put a model into the store, which takes time, and announce it for the task at hand.

        Args:
            model_file: The model.
            fee_wei: Priority fee per gas of the announcement, to be mined before others'; absent, as usual.
        """
        self.activity = "uploading its model"
        self.at_hand.was_announced = True
        seconds = len(model_file) / self.market.config.costs.bandwidth
        self.later(seconds, self.announce, model_file, fee_wei)
        self.vanish_later(seconds / 2, "uploading")

    def repeat(self, sighting: Sighting, *, fee_wei: int | None = None) -> None:
        """Announce a CID that another has announced as one's own, for the task at hand.

        Args:
            sighting: The other's announcement.
            fee_wei: Priority fee per gas, to be mined before it; absent, as usual.
        """
        self.at_hand.was_announced = True
        self._note_what_it_did_not_train(self.market.store.get(sighting.cid))
        self._send_announcement(sighting.cid, sighting.fingerprint, sighting.key_commitment, fee_wei)

    def announce(self, model_file: bytes, fee_wei: int | None = None) -> None:
        """Put the model into the store, sealed if the task says so, and its CID on the chain."""
        market, work = self.market, self.at_hand
        terms = self.terms_of(work)
        if work.job is None:
            self._note_what_it_did_not_train(model_file)
        fingerprint = self._fingerprint(model_file)
        if terms.access is not Access.PUBLIC:
            key = derive_bytes(market.config.seed, "model key", market.book.who(self.name, work.task_id))
            work.sealed = SealedModel(key, wrap_key(key, terms.access_key))
            model_file = seal(model_file, key)
        cid = self.store(model_file)
        kind = "sealed model" if work.sealed else "model"
        self.note("uploaded", f"put its {kind} ({len(model_file):,} bytes) into the store under {cid}")
        commitment = key_commitment(work.sealed.for_initiator) if work.sealed else bytes(32)
        self._send_announcement(cid, fingerprint, commitment, fee_wei)

    def _fingerprint(self, model_file: bytes) -> bytes:
        job = FingerprintJob(model_file, self.at_hand.spec.input_shape)
        try:
            return self.market.wait(self.market.workbench.fingerprint(job))
        except ModelFileError:  # what is no model has none, and the contract takes any
            return sha256(model_file).digest()

    def _send_announcement(
        self, cid: str, fingerprint: bytes, commitment: bytes, fee_wei: int | None
    ) -> None:
        work = self.at_hand
        self.activity = "announcing its model"
        transaction = self.market.contract.announce_model(
            self.account,
            task_id=work.task_id,
            cid=cid,
            fingerprint=fingerprint,
            key_commitment=commitment,
            access_key=self.public_key if self.terms_of(work).access is Access.SEALED_FOR_REWARDED else b"",
        )
        was_sent = self.send(replace(transaction, priority_fee_wei=fee_wei))
        if not self.reach("announcing") and not was_sent:
            self.look_for_a_task()

    def _note_what_it_did_not_train(self, model_file: bytes) -> None:
        """Write down that a model is announced without a training of one's own."""
        now, (network, labels) = self.market.time, described(model_file)
        self.market.journal.trainings.append(
            Training(
                contributor=self.name,
                labels=labels,
                network=network,
                iterations=0,
                epochs=0,
                test_accuracy=None,
                local_accuracy=None,
                started=now,
                finished=now,
                task_id=self.at_hand.task_id,
                claimed_accuracy=self.behaviour.says(None),
            )
        )

    def failed(self, function: str, error: ContractError) -> None:
        """Take note of a reverted transaction; a task that takes no more models is left for the next."""
        super().failed(function, error)
        if function == "announceModel":
            self.look_for_a_task()

    def recognise(self, event: ModelAnnounced) -> None:
        """Learn the own model's number, and see that it gets a panel; take note of others'."""
        if event.contributor != self.address:
            if self.may_announce_for(event.task_id):
                self.behaviour.sees(Sighting.of(self.market.web.models[event.model_id]))
        elif event.task_id in self.undertakings:
            self.undertakings[event.task_id].model_id = event.model_id
            self.activity = f"waiting for the panel of model {event.model_id}"
            self.market.need_block(event.draw_block)
            if not self.reach("announced"):
                self.draw(event.model_id)

    def look_at_pending(self, transaction: Transaction) -> None:
        """Take note of an announcement in the mempool."""
        market = self.market
        if transaction.function != "announceModel" or transaction.sender.address == self.address:
            return
        said = market.contract.announcement(transaction)
        if said is not None and self.may_announce_for(said.task_id):
            fee = transaction.priority_fee_wei
            offered = market.config.chain.gas_price if fee is None else fee
            self.behaviour.sees(
                Sighting(
                    said.task_id,
                    transaction.sender.address,
                    said.cid,
                    said.fingerprint,
                    said.key_commitment,
                    fee_wei=offered,
                )
            )

    def may_announce_for(self, task_id: int) -> bool:
        """Whether a task is the one at hand, it is open, and nothing was announced for it yet."""
        work = self.current
        if work is None or work.task_id != task_id or work.was_announced:
            return False
        return not self.market.web.tasks[task_id].is_closed

    def await_the_draw(self, event: DrawArmed) -> None:
        """It is the own model's turn, or a new block was named: have the panel drawn once it is sealed."""
        if self._work_on(event.model_id) is not None:
            self.market.need_block(event.draw_block)
            self.draw(event.model_id)

    def go_on(self, event: ModelSettled) -> None:
        """The own model's fate is known; a rewarded one is handed over if it was sealed."""
        keep_promises(self, event)
        work = self._work_on(event.model_id)
        if work is not None:
            self.activity = f"done: model {event.model_id} {event.outcome.lower()}"
            if self.reach("evaluated"):
                return
            if work.sealed is not None and event.outcome is ModelState.REWARDED:
                self.release(work)
            if work is self.current:
                self.look_for_a_task()
            return
        if self.may_announce_for(event.task_id):
            sighting = Sighting.of(self.market.web.models[event.model_id])
            self.behaviour.sees_decided(sighting, event.outcome is ModelState.REWARDED)
        self.reconsider(event)

    def draw(self, model_id: int) -> None:
        """Have the panel drawn when the model is the first in the queue and the drawing block is sealed."""
        model = self.market.web.models[model_id]
        head = self.market.web.tasks[model.task_id].head
        if head is not model or model.state is not ModelState.ANNOUNCED:
            return
        if self.market.chain.block_number < model.draw_block:
            self.later(self.market.config.chain.slot_seconds, self.draw, model_id)
            return
        if not self.behaviour.draws_panel(model_id):
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
        if not self.behaviour.hands_out_keys(event.model_id):
            return
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
        if not self.behaviour.releases_key(work.model_id):
            return
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
        return work.sealed is not None and self.terms_of(work).access is Access.SEALED_FOR_REWARDED

    def ask(self, model_id: int) -> None:
        """Ask the contract to fetch the evaluations."""
        if self.market.web.models[model_id].is_open and self.behaviour.asks_oracle(model_id):
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

    def means_to_withdraw(self, wei: int) -> bool:
        """Whether to collect what the contract owes."""
        return self.behaviour.withdraws(wei)

    # Away and back.

    def means_to_vanish(self, stage: str) -> bool:
        """Whether this is the stage at which she vanishes: by the scenario, or by her own decision."""
        return super().means_to_vanish(stage) or self.behaviour.leaves(stage)

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
        if work.job is None:
            if not work.was_announced:
                self.wait_for_a_chance(work)
        elif not self.workload.is_done(work.job):
            self.train(work)
        elif not self.has_sent("announceModel"):
            model_file = self.behaviour.model(self.market.wait(self.market.workbench.train(work.job)))
            if model_file is not None:
                self.upload(model_file)

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

    # What things cost.

    @property
    def work_wei(self) -> int:
        """What the work done so far cost."""
        return self.behaviour.work_wei(self.work_seconds)

    @property
    def asked_job(self) -> TrainingJob:
        """The training that the task at hand asks of her, whatever she does instead."""
        return training_job(self.market.config, self.at_hand.spec, self.member, self.data)

    def usual(self, job: TrainingJob) -> TrainingResult:
        """Return what comes of a training: she has done such before, so she knows how long it takes."""
        return self.market.wait(self.market.workbench.train(job))

    def expected_seconds(self, task_id: int) -> float:
        """Return the simulated seconds that training as a task asks takes her."""
        spec = self.market.specs[self.market.book.of(task_id).name]
        job = training_job(self.market.config, spec, self.member, self.data)
        return self._training_seconds(job, self.usual(job))

    def places_left(self, task_id: int) -> int:
        """Return how many further models a task's escrow can pay."""
        contract, terms = self.market.contract, self.market.web.tasks[task_id].posted.terms
        return contract.escrow_left(task_id) // max(1, terms.unit_budget_wei)

    def _training_seconds(self, job: TrainingJob, result: TrainingResult) -> float:
        batch = (job.privacy or job.config).batch
        return result.iterations * batch * self.market.config.costs.train_sample / self.member.speed

    def _offer(self, work: Undertaking) -> Offer:
        market, listed = self.market, self.market.web.tasks[work.task_id]
        terms = listed.posted.terms
        return Offer(
            task_id=work.task_id,
            name=market.book.of(work.task_id).name,
            terms=terms,
            spec=work.spec,
            models=tuple(listed.models),
            seconds_left=max(0.0, market.seconds_until(terms.deadline)),
            gas_wei=GAS_OF_A_MODEL * market.config.chain.gas_price,
            costs=self,
            wei=self.behaviour.work_wei,
        )

    def _work_on(self, model_id: int) -> Undertaking | None:
        """Return the undertaking that a model is the contributor's own of, if it is."""
        work = self.undertakings.get(self.market.web.models[model_id].task_id)
        return work if work is not None and work.model_id == model_id else None

    def terms_of(self, work: Undertaking) -> TaskTerms:
        """Return what the initiator of a task fixed."""
        return self.market.web.tasks[work.task_id].posted.terms

    @property
    def at_hand(self) -> Undertaking:
        """The task that it works on now."""
        assert self.current is not None, "a task was taken up before anything is done for it"
        return self.current
