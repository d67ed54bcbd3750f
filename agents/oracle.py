"""The oracle: brings the reported evaluations from the web application to the contract.

It plays the part of Oraclize in the paper's private chain: an account of its own that the contract's
query event wakes, and whose callback answers (Section IV).
"""

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ..contracts import EvaluationsRequested, ModelSettled, SignedEvaluation, TaskClosed
from .behaviours.oracles.honest import Honest
from .behaviours.query import Query, Row
from .behaviours.seat import Reading
from .participant import Hears, Participant, how_many

if TYPE_CHECKING:
    from .market import Market


class Oracle(Participant):
    """Answers every query once, after a delay, with all evaluations that are on the board by then.

    Attributes:
        behaviour: How it decides.
    """

    role = "oracle"
    hears: ClassVar[Hears] = {EvaluationsRequested: "answer", ModelSettled: "collect", TaskClosed: "collect"}

    def __init__(self, market: "Market", name: str):
        super().__init__(market, name)
        self.behaviour = self.adopt(market.config.oracle, Honest)

    def begin(self) -> None:
        """Listen for queries."""
        self.activity = "listening"

    def answer(self, event: EvaluationsRequested) -> None:
        """Take up a query addressed to this oracle."""
        if event.oracle != self.address:
            return
        query = self._query(event)
        if self.behaviour.answers(query):
            self.activity = f"answering query {event.query_id}"
            seconds = self.market.config.oracle.delay + self.behaviour.waits(query)
            self.later(seconds, self.deliver, event)
        else:
            text = f"does not answer the query about model {event.model_id}"
            self.note("stays silent", text, event.model_id)

    def deliver(self, event: EvaluationsRequested) -> None:
        """Bring what the board holds."""
        model_id, names = event.model_id, self.market.names
        counted = self.market.web.models[model_id].counted
        there = [
            signed
            for signed in self.market.web.evaluations(model_id)
            if signed.evaluation.verifier not in counted
        ]
        signed_by = {names[signed.evaluation.verifier]: signed for signed in there}
        rows = [self._row(signed) for signed in there]
        brought = [
            _with(signed_by[row.verifier], row.said)
            for row in self.behaviour.delivers(self._query(event), rows)
        ]
        if brought != there:
            kept = sum(signed in there for signed in brought)
            text = f"leaves out or alters {how_many(len(there) - kept, 'evaluation')} of model {model_id}"
            self.note("cheats", text, model_id)
        self.note(
            "delivered",
            f"brought {how_many(len(brought), 'evaluation')} of model {model_id} to the contract",
            model_id,
        )
        for _ in range(self.behaviour.repeats(self._query(event))):
            self.send(
                self.market.contract.deliver_evaluations(
                    self.account, query_id=event.query_id, evaluations=tuple(brought)
                )
            )
        self.activity = "listening"

    def collect(self, event: ModelSettled | TaskClosed) -> None:
        """Withdraw the fees when the task is over."""
        if self.market.web.tasks[event.task_id].is_concluded:
            self.withdraw()

    def _query(self, event: EvaluationsRequested) -> Query:
        model, names = self.market.web.models[event.model_id], self.market.names
        terms = self.market.web.tasks[event.task_id].posted.terms
        return Query(
            query_id=event.query_id,
            model_id=event.model_id,
            task=self.market.book.of(event.task_id).name,
            contributor=names[model.contributor],
            contributor_group=self.market.groups.get(names[model.contributor], ""),
            panel=tuple(names[address] for address in model.panel),
            quorum=terms.quorum,
            mafr_bps=terms.mafr_bps,
            seconds_left=self.market.seconds_until(model.deadlines.tally),
        )

    def _row(self, signed: SignedEvaluation) -> Row:
        said = signed.evaluation
        name = self.market.names[said.verifier]
        return Row(name, self.market.groups.get(name, ""), Reading(said.fitness_bps, said.reference_bps))


def _with(signed: SignedEvaluation, said: Reading) -> SignedEvaluation:
    """Return a row with what it shall say; its signature stays what it is."""
    evaluation = replace(signed.evaluation, fitness_bps=said.fitness_bps, reference_bps=said.reference_bps)
    return replace(signed, evaluation=evaluation)
