"""What a panel member's behaviour is told when it is asked: her seat, in plain numbers and names."""

from dataclasses import replace
from typing import TYPE_CHECKING

from .behaviours.bribery import Bribery
from .behaviours.seat import Reading, Seat
from .web_application import ListedModel

if TYPE_CHECKING:
    from .market import Market
    from .verification_contributor import VerificationContributor

PLANTER = "planter"


def seat_of(verifier: "VerificationContributor", model: ListedModel) -> Seat:
    """Return a verifier's seat on a model's panel, as things stand now."""
    market, terms = verifier.market, verifier.market.web.tasks[model.task_id].posted.terms
    entry, names = market.book.of(model.task_id), market.names
    shown = dict(model.said)
    for signed in market.web.evaluations(model.model_id):
        said = signed.evaluation
        shown[said.verifier] = (said.fitness_bps, said.reference_bps)
    shown.pop(verifier.address, None)
    contributor = names[model.contributor]
    seat = Seat(
        holder=verifier.name,
        group=verifier.member.group,
        model_id=model.model_id,
        task=entry.name,
        initiator=names[market.web.tasks[model.task_id].posted.initiator],
        contributor=contributor,
        contributor_group=market.groups.get(contributor, ""),
        panel=tuple(names[address] for address in model.panel),
        fused=len(model.base) + 1,
        mafr_bps=terms.mafr_bps,
        has_reference=entry.has_reference,
        commits=bool(terms.reveal_window),
        seconds_left=market.seconds_until(model.deadlines.evaluation),
        slot_seconds=market.config.chain.slot_seconds,
        fee_wei=terms.verifier_fee_wei,
        bond_wei=terms.bond_wei,
        shown={names[address]: Reading(*said) for address, said in shown.items()},
    )
    bribes = [briber.offers(seat) for briber in market.bribers]
    return replace(seat, bribes=tuple(bribe for bribe in bribes if bribe)) if bribes else seat


def bribers_of(market: "Market") -> tuple[Bribery, ...]:
    """Return the behaviours of those who promise ether for votes."""
    behaviours = (getattr(one, "behaviour", None) for one in market.participants)
    return tuple(behaviour for behaviour in behaviours if isinstance(behaviour, Bribery))


def groups_of(market: "Market") -> dict[str, str]:
    """Return everybody's group, by name."""
    people = (*market.config.pool, *market.config.contributors.members)
    return {one.name: one.group for one in people} | {one.name: PLANTER for one in market.planters}
