"""Looks at a market and takes pictures of it; it changes nothing, and draws nothing at random."""

from collections.abc import Iterator

from ..agents import DiaryEntry, Market, MinedTransaction
from ..agents.participant import Participant
from ..agents.web_application import ListedModel
from ..analysis.people import ether, percent
from ..contracts import Credited, CreditReason, EvaluationsRequested, PanelDrawn, Withdrawn
from .picture import (
    CONTRACT,
    STORE,
    Act,
    Call,
    Happening,
    Local,
    Model,
    Note,
    Person,
    Picture,
    Presence,
)
from .words import arguments_of, call_sentence, event_arguments, event_sentence

ROLES = ("initiator", "contributor", "planter", "verifier", "oracle", "platform")

INTO_THE_STORE = ("stored", "uploaded")
OUT_OF_THE_STORE = ("measured", "copied", "integrated")


class Observer:
    """Takes one picture after the other of the same market.

    Args:
        market: Which; what it has mined and noted so far is news to the first picture.
    """

    def __init__(self, market: Market):
        self._market = market
        self._calls: list[Call] = []
        self._notes: list[Note] = []
        self._last: dict[str, str] = {}
        self._fees: dict[str, int] = {}
        self._acts: list[Act] = []
        self._old = 0, 0
        self._people = self._in_order()

    def turn_over(self) -> None:
        """What the next pictures show as news begins here."""
        self._acts.clear()
        self._old = len(self._calls), len(self._notes)

    def look(self, *, is_over: bool = False, digest: str = "") -> Picture:
        """Take a picture; its news is what happened since ``turn_over``."""
        market = self._market
        mined = market.mined[len(self._calls) :]
        entries = market.journal.diary[len(self._notes) :]
        for one in mined:
            sender = one.receipt.transaction.sender.name
            self._fees[sender] = self._fees.get(sender, 0) + one.receipt.fee_wei
            self._calls.append(self._call(one))
        for entry in entries:
            self._last[entry.who] = entry.text
            self._notes.append(Note(entry.time, entry.block, entry.who, entry.text))
        self._acts += [act for one in mined for act in self._on_chain(one)]
        self._acts += [act for entry in entries for act in self._off_chain(entry)]
        old_calls, old_notes = self._old
        return Picture(
            time=market.time,
            block=market.chain.block_number,
            escrow_wei=market.chain.balance(market.contract.address),
            people=tuple(self._person(name, roles) for name, roles in self._people),
            models=tuple(self._models()),
            locals=tuple(self._locals()),
            calls=tuple(self._calls),
            notes=tuple(self._notes),
            acts=tuple(self._acts),
            news=len(self._calls) - old_calls,
            new_notes=len(self._notes) - old_notes,
            is_over=is_over,
            digest=digest,
            integrated=self._integrated(),
        )

    def _in_order(self) -> list[tuple[str, list[Participant]]]:
        """Return everybody by name, with all her roles, in the order of roles."""
        by_name: dict[str, list[Participant]] = {}
        for role in ROLES:
            for one in self._market.participants:
                if one.role == role:
                    by_name.setdefault(one.name, []).append(one)
        return list(by_name.items())

    def _person(self, name: str, roles: list[Participant]) -> Person:
        market, first = self._market, roles[0]
        wallet = market.chain.balance(first.address)
        busy = max(roles, key=lambda one: one.activity not in ("in the pool", "left"))
        decides = [one.behaviour_name for one in roles if one.behaviour_name != "honest"]
        return Person(
            name=name,
            role=first.role,
            behaviour=decides[0] if decides else "honest",
            presence=_presence(first),
            doing=busy.activity,
            why=self._last.get(name, ""),
            wallet_wei=wallet,
            change_wei=wallet - market.start_balances[name],
            owed_wei=market.web.owed.get(first.address, 0),
            fees_wei=self._fees.get(name, 0),
        )

    def _models(self) -> Iterator[Model]:
        market = self._market
        for listed in market.web.models.values():
            terms = market.book.of(listed.task_id)
            measured = [one for one in market.journal.measurements if one.model_id == listed.model_id]
            by_strategy: dict[str, list[float]] = {}
            for one in measured:
                by_strategy.setdefault(one.strategy, []).append(one.accuracy)
            yield Model(
                number=listed.model_id,
                contributor=market.names[listed.contributor],
                cid=listed.cid,
                state=str(listed.state),
                panel=tuple(market.names[address] for address in listed.panel),
                votes_for=sum(self._passes(listed, said) for said in listed.said.values()),
                votes=len(listed.said),
                models=listed.base_count + 1,
                fused={name: sum(found) / len(found) for name, found in by_strategy.items()},
                measured=tuple(by_strategy.get(terms.strategy, _alone(listed))),
            )

    def _passes(self, listed: ListedModel, said: tuple[int, int]) -> bool:
        fitness, reference = said
        return fitness - reference > self._market.book.of(listed.task_id).mafr_bps

    def _locals(self) -> Iterator[Local]:
        now = self._market.time
        known = (
            one
            for one in self._market.journal.trainings
            if one.cut is None and one.finished <= now and not one.reused
        )
        for one in sorted(known, key=lambda one: one.finished):
            if one.local_accuracy is not None:
                yield Local(one.contributor, one.local_accuracy)

    def _call(self, mined: MinedTransaction) -> Call:
        market, receipt = self._market, mined.receipt
        sent = receipt.transaction
        arguments = arguments_of(sent, market.config.contract, market.names)
        error = str(mined.error) if mined.error else ""
        return Call(
            block=receipt.block,
            index=receipt.index,
            time=mined.time,
            sender=sent.sender.name,
            function=sent.function,
            arguments=arguments,
            value_wei=sent.value_wei,
            gas=receipt.gas_used,
            fee_wei=receipt.fee_wei,
            error=error,
            events=tuple(
                Happening(
                    type(event).__name__,
                    event_arguments(event, market.names),
                    event_sentence(event, market.names),
                )
                for event in mined.events
            ),
            sentence=call_sentence(sent, arguments, error),
        )

    def _on_chain(self, mined: MinedTransaction) -> Iterator[Act]:
        """Give what a transaction moved: the call, the contract's query, its seats and its payments."""
        sent, names = mined.receipt.transaction, self._market.names
        if sent.function == "transfer" and sent.to is not None:
            yield Act(sent.sender.name, names[sent.to], "money", ether(sent.value_wei))
            return
        yield Act(sent.sender.name, CONTRACT, "reverted" if mined.error else "transaction", sent.function)
        for event in mined.events:
            match event:
                case PanelDrawn():
                    for address in event.panel:
                        yield Act(CONTRACT, names[address], "event", "seat")
                case EvaluationsRequested():
                    yield Act(CONTRACT, names[event.oracle], "event", "query")
                case Withdrawn():
                    yield Act(CONTRACT, names[event.account], "money", ether(event.amount))
                case Credited() if self._market.config.is_paper and event.reason is not CreditReason.REFUND:
                    yield Act(CONTRACT, names[event.account], "money", ether(event.amount))
                case _:
                    pass

    def _off_chain(self, entry: DiaryEntry) -> Iterator[Act]:
        """Give what went past the chain: files into and out of the store, evaluations onto the board."""
        market = self._market
        if entry.kind in INTO_THE_STORE:
            yield Act(entry.who, STORE, "model", "sample" if entry.kind == "stored" else "model")
        if entry.kind in OUT_OF_THE_STORE:
            what = "model" if entry.model_id is None else f"model {entry.model_id}"
            yield Act(STORE, entry.who, "model", what)
        who = market.accounts[entry.who].address
        told = entry.kind in ("measured", "misreports") and entry.model_id is not None
        if told and market.web.has_reported(entry.model_id or 0, who):
            yield Act(entry.who, market.oracle.name, "evaluation", "evaluation")

    def _integrated(self) -> str:
        done = [posting for one in self._market.initiators for posting in one.postings if posting.integrated]
        parts = []
        for posting in done:
            found = posting.integrated
            assert found is not None, "only those that are there were taken"
            models = f"{len(found.models)} rewarded model{'' if len(found.models) == 1 else 's'}"
            unseen = (
                f", {percent(found.held_out_accuracy)} on {found.held_out_images:,} images that nobody saw"
                if found.held_out_accuracy is not None
                else ""
            )
            parts.append(
                f"{models} fused by Strategy {found.strategy}: {percent(found.verification_accuracy)} on the "
                f"verification sample{unseen}."
            )
        return " ".join(parts)


def _alone(listed: ListedModel) -> list[float]:
    """Return what was counted of a model that is measured alone; a word in place of a number is none."""
    return [fitness / 10_000 for fitness, _ in listed.said.values() if 0 <= fitness <= 10_000]


def _presence(one: Participant) -> Presence:
    if one.is_present:
        return "here"
    return "gone" if one.visits else "coming"
