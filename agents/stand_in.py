"""What a verifier does in a contributor's place, should a model have to wait for it: she wants her fee."""

from typing import TYPE_CHECKING

from ..chain import CallReverted, Transaction
from ..contracts import ModelState, PoolTooSmall, TaskTerms, decode_error
from .behaviours.verifiers.honest import Duty
from .web_application import ListedModel

if TYPE_CHECKING:
    from .verification_contributor import VerificationContributor


class StandIn:
    """Has panels drawn, the oracle asked and keys released where the contributor does not.

    Each verifier waits a little longer than those before her, so that only one pays the gas.
    """

    def __init__(self, verifier: "VerificationContributor"):
        self._verifier = verifier
        self._market = verifier.market
        self._watched: set[int] = set()

    def forget(self) -> None:
        """Forget whose turn she watched: she was away, and her errands are cancelled."""
        self._watched.clear()

    def watch_the_head(self, task_id: int) -> None:
        """Mean to draw the panel of a task's first model, should nobody else."""
        head = self._market.web.tasks[task_id].head
        if head is not None and not head.panel and head.model_id not in self._watched:
            self._watched.add(head.model_id)
            half = self._terms_of(head).draw_window / 2
            self._verifier.later(half + self._place_in_line, self._draw, head)

    def watch_the_query(self, model: ListedModel) -> None:
        """Mean to have the oracle asked, should the contributor fail to."""
        third = self._terms_of(model).tally_window / 3
        self._verifier.later(third + self._place_in_line, self._ask, model)

    def watch_the_key(self, model: ListedModel) -> None:
        """Mean to give the initiator the key to what she paid for, should the contributor fail to."""
        seconds = 2.0 * self._market.config.chain.slot_seconds + self._place_in_line
        self._verifier.later(seconds, self._release, model)

    def _draw(self, model: ListedModel) -> None:
        if model.state is not ModelState.ANNOUNCED:
            return
        if self._market.chain.block_number < model.draw_block:
            self._market.need_block(model.draw_block)
            self._verifier.later(self._market.config.chain.slot_seconds, self._draw, model)
            return
        number, size = model.model_id, self._terms_of(model).panel_size
        drawing = self._market.contract.draw_panel(self._verifier.account, model_id=number, panel_size=size)
        if not self._is_in_vain(drawing):
            text = f"steps in to have the panel of model {number} drawn, since its contributor did not"
            self._step_in("draw", model, text, drawing)

    def _is_in_vain(self, drawing: Transaction) -> bool:
        """Whether too few were in the pool when the model was announced, which nobody can mend."""
        contract = self._market.contract.address
        try:
            self._market.chain.call(contract, drawing.data, sender=self._verifier.address)
        except CallReverted as error:
            return isinstance(decode_error(error.data), PoolTooSmall)
        return False

    def _ask(self, model: ListedModel) -> None:
        if not model.is_open or model.queried:
            return
        number = model.model_id
        asking = self._market.contract.request_evaluations(self._verifier.account, model_id=number)
        text = f"steps in to ask for the evaluations of model {number} in its contributor's place"
        self._step_in("ask", model, text, asking)

    def _release(self, model: ListedModel) -> None:
        wrapped = self._verifier.examination.wrapped_for_initiator(model)
        if model.key_released or wrapped is None:
            return
        number = model.model_id
        releasing = self._market.contract.release_key(
            self._verifier.account, model_id=number, wrapped_key=wrapped
        )
        text = f"steps in to release the key of model {number} in its contributor's place"
        self._step_in("release", model, text, releasing)

    def _step_in(self, duty: Duty, model: ListedModel, text: str, transaction: Transaction) -> None:
        if self._verifier.behaviour.steps_in(duty):
            self._verifier.note("steps in", text, model.model_id)
            self._verifier.send(transaction)

    def _terms_of(self, model: ListedModel) -> TaskTerms:
        return self._market.web.tasks[model.task_id].posted.terms

    @property
    def _place_in_line(self) -> float:
        return self._verifier.member.index * 2.0 * self._market.config.chain.slot_seconds
