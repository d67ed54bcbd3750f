"""Seeing to it that an announced model is judged: its panel drawn, the oracle asked, the reward collected."""

from ...contracts import Credited, CreditReason, DrawArmed, ModelState, PanelDrawn, QuorumMissed
from ..undertaking import Undertaking
from ..web_application import ListedModel
from .sealing import SealingParty


class JudgedParty(SealingParty):
    """A contributor whose model is announced."""

    def await_the_draw(self, event: DrawArmed) -> None:
        """It is the own model's turn, or a new block was named: have the panel drawn once it is sealed."""
        if self._work_on(event.model_id) is not None:
            self.market.need_block(event.draw_block)
            self.draw(event.model_id)

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
