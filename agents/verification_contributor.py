"""The verification contributor: fuses each announced model with the base, measures, and reports."""

from collections.abc import Iterable
from functools import reduce
from typing import TYPE_CHECKING, ClassVar

from ..contracts import (
    EMPTY_BASE,
    Evaluation,
    ModelAnnounced,
    ModelSettled,
    ModelState,
    PanelDrawn,
    TaskClosed,
    TaskPosted,
    extend_base,
    sign_evaluation,
)
from ..learning import FusionJob, FusionResult, ModelFileError, PrivateData, Strategy
from ..seeds import derive_seed
from ..storage import StorageError
from .journal import Measurement
from .participant import Hears, Participant, how_many
from .task_spec import TaskSpec
from .web_application import ListedModel

if TYPE_CHECKING:
    from concurrent.futures import Future

    from .market import Market


class VerificationContributor(Participant):
    """Sits on the panels that she is drawn for, with a fusion head of her own seed."""

    role = "verifier"
    hears: ClassVar[Hears] = {
        TaskPosted: "read",
        ModelAnnounced: "watch",
        PanelDrawn: "evaluate",
        ModelSettled: "watch",
        TaskClosed: "leave_the_task",
    }

    def __init__(self, market: "Market", name: str, index: int):
        super().__init__(market, name)
        self.index = index
        self.specs: dict[int, TaskSpec] = {}
        self.samples: dict[int, PrivateData] = {}
        self.watched: set[int] = set()

    def begin(self) -> None:
        """Join the pool that panels are drawn from."""
        self.activity = "in the pool"
        self.note("joined", "joined the pool of verification contributors")
        self.send(self.market.contract.join_pool(self.account, public_key=b""))
        for task in self.market.web.tasks.values():
            self.read(task.posted)

    def read(self, event: TaskPosted) -> None:
        """Fetch the task's description and its verification sample from the store, by their CIDs."""
        self.specs[event.task_id] = TaskSpec.from_bytes(self.market.store.get(event.terms.spec_cid))
        self.samples[event.task_id] = PrivateData.from_bytes(self.market.store.get(event.terms.data_cid))

    def watch(self, event: ModelAnnounced | ModelSettled) -> None:
        """Know whose turn it is; each verifier waits a little longer before she steps in."""
        head = self.market.web.tasks[event.task_id].head
        if head is not None and not head.panel and head.model_id not in self.watched:
            self.watched.add(head.model_id)
            self.later(self.market.config.task.draw_window / 2 + self._place_in_line, self.draw, head)
        self.collect(event.task_id)

    def draw(self, model: ListedModel) -> None:
        """Draw the panel in the contributor's place, if nobody has and the time for it is running out."""
        if model.state is ModelState.ANNOUNCED:
            number = model.model_id
            self.note("steps in", f"drew the panel of model {number}, since its contributor did not", number)
            self.send(self.market.contract.draw_panel(self.account, model_id=number))

    def evaluate(self, event: PanelDrawn) -> None:
        """Fuse the model with its base by every strategy asked for; results count when time has passed."""
        if self.address not in event.panel:
            return
        model = self.market.web.models[event.model_id]
        accepted_only = self.market.config.task.base == "accepted"
        base = self.market.web.tasks[event.task_id].base_of(model, accepted_only=accepted_only)
        if base_digest(earlier.cid for earlier in base) != event.base_digest:
            self._give_up(model, "the base that the contract fixed is not the one that the events tell of")
            return
        self.activity = f"evaluating model {event.model_id}"
        self.at(event.evaluation_deadline, self.ask, event.model_id)
        strategies = self.market.config.task.measured
        try:
            results = {strategy: self._fuse((*base, model), strategy) for strategy in strategies}
            reference = (
                self._fuse(base, strategies[0]) if self._measures_gain(event.task_id) and base else None
            )
        except StorageError as error:
            self._give_up(model, error)
            return
        self.later(
            self._duration(len(base) + 1, len(strategies)), self.report, model, base, results, reference
        )

    def report(
        self,
        model: ListedModel,
        base: tuple[ListedModel, ...],
        results: "dict[Strategy, Future[FusionResult]]",
        reference: "Future[FusionResult] | None",
    ) -> None:
        """Sign what was measured by the task's strategy, and put it on the evaluation board."""
        self.activity = "in the pool"
        try:
            measured = {strategy: self.market.wait(future).accuracy for strategy, future in results.items()}
            base_accuracy = self.market.wait(reference).accuracy if reference else None
        except ModelFileError as error:
            self._give_up(model, error)
            return
        for strategy, accuracy in measured.items():
            self.market.journal.measurements.append(
                Measurement(self.market.time, model.model_id, self.name, strategy, len(base) + 1, accuracy)
            )
        fitness = measured[self.specs[model.task_id].strategy]
        reference_value = 0.0
        if self._measures_gain(model.task_id):
            reference_value = (
                1 / self.specs[model.task_id].classes if base_accuracy is None else base_accuracy
            )
        evaluation = Evaluation(
            model_id=model.model_id,
            verifier=self.address,
            fitness_bps=round(fitness * 10_000),
            reference_bps=round(reference_value * 10_000),
            base_digest=model.base_digest,
        )
        contract = self.market.contract
        self.market.web.report(
            sign_evaluation(
                self.account, evaluation, chain_id=self.market.chain.chain_id, market=contract.address
            )
        )
        against = (
            f" against {reference_value:.2%} of the base alone" if self._measures_gain(model.task_id) else ""
        )
        others = how_many(len(base), "earlier model")
        self.note(
            "measured",
            f"measured {fitness:.2%}{against}: model {model.model_id} fused with {others}",
            model.model_id,
        )

    def ask(self, model_id: int) -> None:
        """Have the oracle asked should the contributor fail to; she wants her fee."""
        self.later(
            self.market.config.task.tally_window / 3 + self._place_in_line, self.ask_in_place, model_id
        )

    def ask_in_place(self, model_id: int) -> None:
        """Ask in the contributor's place, if nobody has."""
        model = self.market.web.models[model_id]
        if model.is_open and not model.queried:
            self.note(
                "steps in",
                f"asked for the evaluations of model {model_id} in its contributor's place",
                model_id,
            )
            self.send(self.market.contract.request_evaluations(self.account, model_id=model_id))

    def leave_the_task(self, event: TaskClosed) -> None:
        """The task takes no more models; collect the fees if none is open."""
        self.collect(event.task_id)

    def collect(self, task_id: int) -> None:
        """Withdraw all fees at once when the task is over: one transaction is cheaper than many."""
        if self.market.web.tasks[task_id].is_concluded:
            self.withdraw()

    def _give_up(self, model: ListedModel, reason: object) -> None:
        self.activity = "in the pool"
        self.note(
            "cannot evaluate", f"model {model.model_id} could not be evaluated: {reason}", model.model_id
        )

    def _fuse(self, models: tuple[ListedModel, ...], strategy: Strategy) -> "Future[FusionResult]":
        spec, sample = self.specs[models[0].task_id], self.samples[models[0].task_id]
        job = FusionJob(
            model_files=tuple(self.market.store.get(model.cid) for model in models),
            data=sample,
            classes=spec.classes,
            strategy=strategy,
            config=spec.fusion,
            seed=derive_seed(self.market.config.seed, "fusion head", self.name),
        )
        return self.market.workbench.fuse(job)

    def _measures_gain(self, task_id: int) -> bool:
        return self.specs[task_id].fitness == "gain"

    def _duration(self, models: int, strategies: int) -> float:
        """Simulated seconds: features of the new model, then one head for each strategy."""
        costs, verifiers = self.market.config.costs, self.market.config.verifiers
        images = verifiers.train + verifiers.test + verifiers.verification
        heads = self.market.config.fusion.epochs * costs.head_epoch * models * strategies
        return (images * costs.feature_sample + heads) / verifiers.speed

    @property
    def _place_in_line(self) -> float:
        """Seconds that this verifier lets those before her act first, so that only one pays the gas."""
        return self.index * 2.0 * self.market.config.chain.slot_seconds


def base_digest(cids: Iterable[str]) -> bytes:
    """Return the digest that the contract fixes for a base of these CIDs in announcement order."""
    return reduce(extend_base, cids, EMPTY_BASE)
