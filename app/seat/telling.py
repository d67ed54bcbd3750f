"""What a game's market tells its visitor, from the contract's events, the store and her own wallet."""

from ...agents import ListedModel, Market, VerificationContributor
from ...contracts import Credited, CreditReason, PlantRevealed, SeatSettled, TaskTerms
from .views import Announced, Line, Purse, Result, Vote
from .words import YOU, lines_about


class Teller:
    """Reads a market with the eyes of one verifier.

    Args:
        market: The market.
        me: The verifier.
    """

    def __init__(self, market: Market, me: VerificationContributor):
        self._market = market
        self._me = me

    @property
    def terms(self) -> TaskTerms:
        """The task's; it is posted before anybody is asked anything."""
        return next(iter(self._market.web.tasks.values())).posted.terms

    def who(self, address: str) -> str:
        """Name somebody as far as a verifier can: on the chain, a contributor is an address."""
        if address == self._me.address:
            return YOU
        found = next((one for one in self._market.participants if one.address == address), None)
        if found is not None and found.role == "verifier":
            return found.name
        return f"the {found.role}" if found and found.role in ("oracle", "initiator") else "a contributor"

    def announced(self, model: ListedModel) -> Announced:
        """Return a model whose panel is drawn."""
        market, terms = self._market, self.terms
        return Announced(
            number=model.index,
            models=len(market.contributors) + len(market.planters),
            model_id=model.model_id,
            cid=model.cid,
            contributor=model.contributor,
            base=len(model.base),
            panel=tuple(map(self.who, model.panel)),
            mafr_bps=terms.mafr_bps,
            quorum=terms.quorum,
            fee_wei=terms.verifier_fee_wei,
            bond_wei=terms.bond_wei,
            is_fused=market.book.of(model.task_id).fitness != "standalone",
        )

    def votes(self, model: ListedModel) -> tuple[Vote, ...]:
        """Return what the contract counted."""
        mafr = self.terms.mafr_bps
        return tuple(
            Vote(self.who(verifier), fitness, fitness - reference > mafr)
            for verifier, (fitness, reference) in model.said.items()
        )

    def lines(self, model: ListedModel) -> tuple[Line, ...]:
        """Return what happened to a model on the chain."""
        return tuple(lines_about(model.model_id, self._market.mined, self.who, self.terms.mafr_bps))

    def result(self, model: ListedModel, measured_bps: int | None, said_bps: int | None) -> Result:
        """Return what a model brought her."""
        number, votes = model.model_id, self.votes(model)
        seat = next((one for one in self._seats() if one.model_id == number), None)
        plants = self._market.told(PlantRevealed)
        return Result(
            number=model.index,
            measured_bps=measured_bps,
            said_bps=said_bps,
            outcome="" if model.is_open else model.state.value,
            passes=sum(vote.passed for vote in votes),
            reports=len(votes),
            fee_wei=sum(one.amount for one in self._fees() if one.model_id == number),
            burnt_wei=seat.burnt if seat else 0,
            seat=seat.outcome.value if seat else "",
            plant_bps=next((one.plant_bps for one in plants if one.model_id == number), None),
        )

    def purse(self) -> Purse:
        """Return what she owns."""
        market, me = self._market, self._me
        slots = [slot for slot, one in market.web.pool.items() if one.account == me.address]
        sent = [one.receipt for one in market.mined if one.receipt.transaction.sender.name == me.name]
        return Purse(
            wallet=market.chain.balance(me.address),
            owed=market.contract.credit(me.address),
            staked=sum(market.contract.pool_slot(slot).stake_wei for slot in slots),
            start=market.start_balances[me.name],
            fees=sum(one.amount for one in self._fees()),
            burnt=sum(one.burnt for one in self._seats()),
            gas=sum(receipt.fee_wei for receipt in sent),
        )

    def _fees(self) -> list[Credited]:
        credits, fee = self._market.told(Credited), CreditReason.VERIFIER_FEE
        return [one for one in credits if one.account == self._me.address and one.reason is fee]

    def _seats(self) -> list[SeatSettled]:
        return [one for one in self._market.told(SeatSettled) if one.verifier == self._me.address]
