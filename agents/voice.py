"""How a verifier says something about a model: signed, committed to where that is asked for, and shown."""

from typing import TYPE_CHECKING

from ..contracts import (
    NO_SALT,
    Evaluation,
    SignedEvaluation,
    commitment,
    sign_evaluation,
)
from ..seeds import derive_bytes
from .behaviours.seat import Reading
from .web_application import ListedModel

if TYPE_CHECKING:
    from .verification_contributor import VerificationContributor


class Voice:
    """What one verifier has signed.

    Attributes:
        committed: What she committed to and has yet to show, by the model's number.
    """

    def __init__(self, verifier: "VerificationContributor"):
        self._verifier = verifier
        self._market = verifier.market
        self.committed: dict[int, SignedEvaluation] = {}

    def say(self, model: ListedModel, reading: Reading) -> None:
        """Sign an evaluation; commit to it first where the task says so, else put it on the board."""
        market, verifier = self._market, self._verifier
        evaluation = Evaluation(
            model_id=model.model_id,
            verifier=verifier.address,
            fitness_bps=reading.fitness_bps,
            reference_bps=reading.reference_bps,
            base_digest=model.base_digest,
        )
        place = {"chain_id": market.chain.chain_id, "market": market.contract.address}
        if not market.web.tasks[model.task_id].posted.terms.reveal_window:
            market.web.report(sign_evaluation(verifier.account, evaluation, **place, salt=NO_SALT))
            verifier.reach("reported")
            return
        salt = derive_bytes(market.config.seed, "evaluation salt", f"{verifier.name}, model {model.model_id}")
        seat = model.seat_of(verifier.address)
        assert seat is not None, "only a panel member evaluates"
        promise = commitment(evaluation, salt, **place)
        verifier.send(
            market.contract.commit_evaluation(
                verifier.account, model_id=model.model_id, seat=seat, commitment=promise
            )
        )
        signed = sign_evaluation(verifier.account, evaluation, **place, salt=salt)
        self.committed[model.model_id] = signed
        verifier.at(model.deadlines.evaluation, self.reveal, model)

    def reveal(self, model: ListedModel) -> None:
        """Show what was committed, on the board or on the chain, once nobody can commit any more."""
        verifier, signed = self._verifier, self.committed[model.model_id]
        if not verifier.behaviour.reveals(verifier.seat(model)):
            verifier.note("stays silent", f"does not show what she committed to of model {model.model_id}")
            return
        if verifier.member.settings.reveal == "board":
            self._market.web.report(signed)
        else:
            size = self._market.web.tasks[model.task_id].posted.terms.panel_size
            verifier.send(
                self._market.contract.reveal_evaluation(verifier.account, evaluation=signed, panel_size=size)
            )
        verifier.reach("reported")
