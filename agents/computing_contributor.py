"""The computing contributor: trains on private data, announces the model, sees to it that it is judged."""

from typing import TYPE_CHECKING, ClassVar

from ..contracts import (
    Credited,
    CreditReason,
    DrawRearmed,
    ModelAnnounced,
    ModelSettled,
    ModelState,
    PanelDrawn,
    QuorumMissed,
    TaskClosed,
    TaskPosted,
)
from ..learning import PrivateData, TrainingResult
from .journal import Training
from .participant import Hears, Participant
from .task_spec import TaskSpec
from .training_job import training_job

if TYPE_CHECKING:
    from .market import Market


class ComputingContributor(Participant):
    """Follows one task from the first look at it to the reward."""

    role = "contributor"
    hears: ClassVar[Hears] = {
        TaskPosted: "take_up",
        ModelAnnounced: "recognise",
        DrawRearmed: "await_the_draw",
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

    def begin(self) -> None:
        """Arrive, and take up the task if it is there already."""
        self.activity = "looking for a task"
        self.note(
            "arrived",
            f"arrived with images of the labels {self.market.config.contributors.labels_of(self.index)}",
        )
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
        seconds = result.iterations * self.market.config.training.batch * costs.train_sample / pace
        self.training = Training(
            contributor=self.name,
            labels=self.market.config.contributors.labels_of(self.index),
            network=job.network.name,
            iterations=result.iterations,
            epochs=result.epochs,
            test_accuracy=result.test_accuracy,
            local_accuracy=result.local_accuracy,
            started=self.market.time,
            finished=self.market.time + seconds,
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
        """Put the model into the store and its CID on the chain."""
        cid = self.market.store.put(model_file)
        self.activity = "announcing its model"
        self.note("uploaded", f"put its model ({len(model_file):,} bytes) into the store under {cid}")
        self.send(self.market.contract.announce_model(self.account, task_id=self._own_task_id, cid=cid))

    def recognise(self, event: ModelAnnounced) -> None:
        """Learn the own model's number, and see that it gets a panel."""
        if event.contributor == self.address and event.task_id == self.task_id:
            self.model_id = event.model_id
            self.activity = f"waiting for the panel of model {event.model_id}"
            self.market.need_block(event.draw_block)
            self.draw()

    def await_the_draw(self, event: DrawRearmed) -> None:
        """Wait for the newly named block."""
        if event.model_id == self.model_id:
            self.market.need_block(event.draw_block)
            self.later(self.market.config.chain.slot_seconds, self.draw)

    def go_on(self, event: ModelSettled) -> None:
        """An earlier model was settled, so it may be this one's turn; or this one's fate is known."""
        if event.model_id == self.model_id:
            self.activity = f"done: model {event.model_id} {event.outcome.lower()}"
        elif event.task_id == self.task_id and self.model_id is not None:
            self.draw()

    def draw(self) -> None:
        """Have the panel drawn when the model is the first in the queue and the drawing block is sealed."""
        model = self.market.web.models[self._own_model_id]
        head = self.market.web.tasks[model.task_id].head
        if head is not model or model.state is not ModelState.ANNOUNCED:
            return
        if self.market.chain.block_number < model.draw_block:
            self.later(self.market.config.chain.slot_seconds, self.draw)
            return
        self.send(self.market.contract.draw_panel(self.account, model_id=model.model_id))

    def await_the_evaluations(self, event: PanelDrawn) -> None:
        """Have the oracle asked once the panel's time is over."""
        if event.model_id == self.model_id:
            self.activity = f"waiting for the evaluations of model {event.model_id}"
            self.at(event.evaluation_deadline, self.ask)

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
