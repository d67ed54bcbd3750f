"""Who contributes: what she took up, and what things cost her."""

from abc import abstractmethod
from typing import TYPE_CHECKING

from ...contracts import TaskTerms
from ...learning import PrivateData, TrainingJob, TrainingResult
from ..behaviours.contributors.honest import Honest
from ..config.members import ContributorMember
from ..key_ring import KeyRing
from ..offers import GAS_OF_A_MODEL, Offer
from ..participant import Participant
from ..training_job import training_job
from ..undertaking import Undertaking, Workload

if TYPE_CHECKING:
    from ..market import Market


class ContributingParty(Participant):
    """A contributor and her undertakings.

    Attributes:
        behaviour: Asked at each decision.
        undertakings: The tasks that it took up, by their numbers.
        current: The one that it works on now.
    """

    role = "contributor"

    def __init__(self, market: "Market", member: ContributorMember, data: PrivateData, behaviour: Honest):
        super().__init__(market, member.name, member.settings)
        self.member = member
        self.behaviour = behaviour
        self.behaviour_name = member.settings.behaviour_name
        self.data = data
        self.undertakings: dict[int, Undertaking] = {}
        self.current: Undertaking | None = None
        self.workload = Workload()
        self.keys = KeyRing(market.store, self.encryption_key)

    @abstractmethod
    def look_for_a_task(self) -> bool:
        """Take up the first task that was not looked at yet and is open; return whether there is one."""

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
