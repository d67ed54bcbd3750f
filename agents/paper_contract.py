"""The paper's contract as the agents meet it: what it does not say, the web application's lists do.

``PaperMarket`` keeps less than ``TaskMarket``, so less can be read from its events. The agents are the same,
so they are told the rest in events that they know. Everybody who is registered is on the panel of each model
from its announcement on: a panel is told of with every announcement. Closing a task ends everything: models
that are still open are told to be Void. The calls that the paper lacks are never made, because no event gives
a reason to.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ..chain.types import Receipt
from ..contracts import (
    Deadlines,
    Event,
    ModelAnnounced,
    ModelSettled,
    ModelState,
    PanelDrawn,
    TaskClosed,
    TaskPosted,
    TaskTerms,
)
from ..contracts.paper_market import PaperMarket
from .config import MarketConfig
from .config.task_list import TaskEntry
from .task_book import TaskBook
from .terms import task_terms
from .web_application import WebApplication, base_digest

NO_RULE = "0x" + 40 * "0"


@dataclass(frozen=True)
class PaperContract(PaperMarket):
    """A deployed ``PaperMarket`` whose events are told in full.

    Attributes:
        web: The lists; they must have followed the events of every earlier transaction.
        config: The settings, which say what the paper's terms leave open, such as the windows.
        book: Which of the settings' tasks each one is.
        timestamp_at: Returns the Unix time of a simulated second, such as the one at which a task is closed.
    """

    web: WebApplication
    config: MarketConfig
    book: TaskBook
    timestamp_at: Callable[[float], int]

    def events(self, receipt: Receipt) -> tuple[Event, ...]:
        """Return this contract's events in a receipt of the newest block, and what follows from them."""
        return tuple(told for event in super().events(receipt) for told in self._tell(event))

    def _tell(self, event: Event) -> Iterator[Event]:
        match event:
            case TaskPosted():
                entry = self.book.next_of(event.initiator)
                yield replace(event, terms=self._completed(entry, event.terms))
            case ModelAnnounced():
                yield event
                yield self._panel_of(event)
            case TaskClosed():
                for model in self.web.tasks[event.task_id].models:
                    if model.is_open:
                        yield ModelSettled(model.model_id, event.task_id, ModelState.VOID, 0, 0)
                yield event
            case _:
                yield event

    def _completed(self, task: TaskEntry, said: TaskTerms) -> TaskTerms:
        terms = task_terms(
            self.config,
            task,
            spec_cid=said.spec_cid,
            data_cid=said.data_cid,
            oracle=said.oracle,
            rule=NO_RULE,
            deadline=self.timestamp_at(self.config.deadline_of(task)),
        )
        return replace(
            terms,
            mafr_bps=said.mafr_bps,
            model_reward_wei=said.model_reward_wei,
            verifier_fee_wei=said.verifier_fee_wei,
        )

    def _panel_of(self, event: ModelAnnounced) -> PanelDrawn:
        task, now = self.web.tasks[event.task_id], self.chain.timestamp
        base = task.base_of(event)
        evaluated = now + task.posted.terms.evaluation_window
        return PanelDrawn(
            model_id=event.model_id,
            task_id=event.task_id,
            panel=tuple(self.web.public_keys),
            base_count=len(base),
            base_digest=base_digest(earlier.cid for earlier in base),
            deadlines=Deadlines(
                key=now,
                evaluation=evaluated,
                reveal=evaluated,
                tally=evaluated + task.posted.terms.tally_window,
            ),
            bond=0,
        )
