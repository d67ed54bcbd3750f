"""Promises of ether for votes, and their keeping: by plain transfers once the contract has decided."""

from typing import TYPE_CHECKING

from ..contracts import ModelSettled
from ..units import format_ether
from .behaviours.bribery import Bribery
from .behaviours.seat import Reading
from .seating import seat_of

if TYPE_CHECKING:
    from .participant import Participant


def keep_promises(briber: "Participant", event: ModelSettled) -> None:
    """Pay the votes on a settled model that earned what was promised, if the briber keeps her word."""
    behaviour, market = getattr(briber, "behaviour", None), briber.market
    if not isinstance(behaviour, Bribery):
        return
    model = market.web.models[event.model_id]
    for verifier in market.verifiers:
        said = model.said.get(verifier.address)
        if said is None:
            continue
        seat = seat_of(verifier, model)
        bribe = behaviour.offers(seat)
        if bribe is None or not behaviour.owes(bribe, seat.passes(Reading(*said)), model.is_rewarded):
            continue
        if behaviour.options.keeps_word:
            promised = f"the {format_ether(bribe.wei)} ether promised for model {model.model_id}"
            why = f"pays {verifier.name} {promised}"
            briber.pay(verifier.address, bribe.wei, why)
        else:
            text = f"does not pay {verifier.name} what was promised for model {model.model_id}"
            briber.note("breaks its word", text, model.model_id)
