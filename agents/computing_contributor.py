"""The computing contributor: trains on private data, announces the model, sees to it that it is judged."""

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ..contracts import (
    Credited,
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
from ..learning import PrivateData, TrainingResult
from .behaviours.contributors.honest import Honest
from .bribes import keep_promises
from .config.members import ContributorMember
from .contributing.announcing import AnnouncingParty
from .journal import Training
from .offers import Sighting
from .participant import Hears
from .planning import planned_job
from .task_spec import TaskSpec
from .undertaking import Undertaking

if TYPE_CHECKING:
    from .market import Market


class ComputingContributor(AnnouncingParty):
    """Follows a task from the first look at it to the reward; then, where there are several, the next.

    What it does is the protocol; whether and how is its behaviour's to decide.
    """

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
        super().__init__(market, member, data, behaviour)
        behaviour.me = self
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
        result = self.market.faults.result(self.name, self.market.wait(self.market.workbench.train(job)))
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
        if self.market.faults.breaks_training(self.name):
            self.work(seconds / 2, self.lose_the_training, work.training)
        else:
            self.work(seconds, self.decide, result, work.training)
        self.vanish_later(seconds / 2, "training")

    def lose_the_training(self, training: Training) -> None:
        """Have nothing to show for half a training; the next task is another chance."""
        work = self.current
        if work is None or work.training is not training:
            return
        trainings = self.market.journal.trainings
        trainings[trainings.index(training)] = replace(training, cut=self.market.time)
        work.training = None
        self.activity = "gave up: its training failed"
        self.note("fault", "its training broke off half way, and nothing of it is left")
        self.look_for_a_task()

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
            trained = self.market.wait(self.market.workbench.train(work.job))
            model_file = self.behaviour.model(self.market.faults.result(self.name, trained))
            if model_file is not None:
                self.upload(model_file)
