"""The oracle: brings the reported evaluations from the web application to the contract.

It plays the part of Oraclize in the paper's private chain: an account of its own that the contract's
query event wakes, and whose callback answers (Section IV).
"""

from typing import TYPE_CHECKING, ClassVar

from ..contracts import EvaluationsRequested, ModelSettled, TaskClosed
from .participant import Hears, Participant, how_many

if TYPE_CHECKING:
    from .market import Market


class Oracle(Participant):
    """Answers every query once, after a delay, with all evaluations that are on the board by then."""

    role = "oracle"
    hears: ClassVar[Hears] = {EvaluationsRequested: "answer", ModelSettled: "collect", TaskClosed: "collect"}

    def __init__(self, market: "Market", name: str):
        super().__init__(market, name)

    def begin(self) -> None:
        """Listen for queries."""
        self.activity = "listening"

    def answer(self, event: EvaluationsRequested) -> None:
        """Take up a query addressed to this oracle."""
        if event.oracle == self.address:
            self.activity = f"answering query {event.query_id}"
            self.later(self.market.config.oracle.delay, self.deliver, event.query_id, event.model_id)

    def deliver(self, query_id: int, model_id: int) -> None:
        """Bring what the board holds."""
        counted = self.market.web.models[model_id].counted
        evaluations = tuple(
            signed
            for signed in self.market.web.evaluations(model_id)
            if signed.evaluation.verifier not in counted
        )
        self.note(
            "delivered",
            f"brought {how_many(len(evaluations), 'evaluation')} of model {model_id} to the contract",
            model_id,
        )
        self.send(
            self.market.contract.deliver_evaluations(self.account, query_id=query_id, evaluations=evaluations)
        )
        self.activity = "listening"

    def collect(self, event: ModelSettled | TaskClosed) -> None:
        """Withdraw the fees when the task is over."""
        if self.market.web.tasks[event.task_id].is_concluded:
            self.withdraw()
