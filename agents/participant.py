"""What all roles share: a wallet, a diary, errands in simulated time, and ears for events."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import mesa

from ..chain import Transaction, TransactionRefused, derive_account
from ..contracts import ContractError, Event
from ..storage import encryption_public_key
from .behaviours import HONEST, Behaviour, behaviour
from .config.behaviour import BehaviourKeys
from .config.presence import PresenceKeys, Visit, stay

if TYPE_CHECKING:
    from .market import Market


B = TypeVar("B", bound=Behaviour)

TRANSFER_GAS = 21_000
"""What a plain transfer costs (the Yellow Paper's G_transaction)."""

ALWAYS = PresenceKeys()
REMOVED = "removed"

Hears = Mapping[type[Event], str]
"""Which events a role listens to: from the event's class to the name of the method that acts on it."""


def how_many(number: int, what: str) -> str:
    """Return a number with its noun, such as ``no earlier models`` or ``1 evaluation``."""
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


class Errand:
    """Something a participant means to do at a later time; Mesa's events hold their callbacks weakly."""

    def __init__(self, owner: "Participant", action: Callable[..., object], arguments: tuple[Any, ...]):
        self.owner = owner
        self.action = action
        self.arguments = arguments
        self.event: Any = None

    def run(self) -> None:
        """Do it, unless the owner has left."""
        self.owner.errands.discard(self)
        self.action(*self.arguments)


class Participant(mesa.Agent):
    """An agent with an account on the chain.

    A role says in ``hears`` which events of the contract it listens to: a map from the event's class to
    the name of its method. What a participant is doing now stands in ``activity``, for whoever watches.

    Attributes:
        role: The role's name in the run record.
        behaviour_name: How it decides, in the words of the run record.
        name: The participant's name in the scenario, such as ``contributor-1``.
        account: Its key pair on the chain.
        stored_bytes: Bytes that it has put into the store so far.
        presence: When it comes and goes.
        person: All agents of its account, which come and go together; most people have one.
        visits: Its stays so far.
    """

    role = "participant"
    behaviour_name = HONEST
    hears: ClassVar[Hears] = {}

    def __init__(self, market: "Market", name: str, presence: PresenceKeys = ALWAYS):
        super().__init__(market)
        self.market = market
        self.name = name
        self.presence = presence
        self.person: tuple[Participant, ...] = (self,)
        self.visits: list[Visit] = []
        self.has_vanished = False
        self.account = market.accounts[name]
        self.encryption_key = derive_account(market.config.seed, f"{name}, encryption").private_key
        self.activity = "not there yet"
        self.stored_bytes = 0
        self.errands: set[Errand] = set()
        self.worked: list[tuple[float, float]] = []
        self.is_present = False

    @property
    def address(self) -> str:
        """The account's address."""
        return self.account.address

    @property
    def public_key(self) -> bytes:
        """The key to which others wrap what only this participant shall read."""
        return encryption_public_key(self.encryption_key)

    @property
    def is_gone(self) -> bool:
        """Whether it was here and is not; it may still come back."""
        return bool(self.visits) and not self.is_present

    @property
    def comes_back(self) -> bool:
        """Whether it is gone and not for good: coming back is the only errand of those who are gone."""
        return self.is_gone and bool(self.errands)

    def adopt(self, keys: BehaviourKeys, kind: type[B], place: int = 0) -> B:
        """Take on the behaviour that the settings name.

        Args:
            keys: The settings.
            kind: The role's base class, which every behaviour of the role derives from.
            place: The participant's in its group, from 0.
        """
        seed = self.market.config.seed
        found = behaviour(keys.role, keys.behaviour, keys.options, seed=seed, who=self.name, place=place)
        assert isinstance(found, kind), "any other is refused when the scenario is read"
        found.me, self.behaviour_name = self, keys.behaviour_name
        return found

    def arrive(self) -> None:
        """Take part from now on: events that come later are heard."""
        market, number = self.market, len(self.visits) + 1
        self.is_present = True
        self.visits.append(Visit(self.name, self.role, number, market.time, market.chain.block_number))
        market.journal.visits.append(self.visits[-1])
        seconds = stay(self.presence, market.config.seed, self.name, number)
        if seconds is not None:
            self.later(seconds, self.depart)
        if number == 1:
            self.begin()
        else:
            self.come_back()

    def begin(self) -> None:
        """Do what this role does first."""

    def come_back(self) -> None:
        """Look at the web application's lists and go on: events that came meanwhile were not heard."""

    def depart(self) -> None:
        """Leave in an orderly way: the time that was meant for this visit is over."""
        for one in self.person:
            one.take_leave()
        self.leave("stay")

    def take_leave(self) -> None:
        """Do what this role does last, as far as it can be done at once."""
        self.withdraw()

    def reach(self, stage: str) -> bool:
        """Vanish if this is the stage at which she does; say whether she is gone."""
        if self.has_vanished or not self.means_to_vanish(stage):
            return False
        self.has_vanished = True
        self.leave(stage)
        return True

    def means_to_vanish(self, stage: str) -> bool:
        """Whether this is the stage at which she vanishes."""
        return self.presence.vanishes_at == stage

    def vanish_later(self, seconds: float, stage: str) -> None:
        """Mean to vanish in the middle of something that takes time."""
        if self.means_to_vanish(stage):
            self.later(seconds, self.reach, stage)

    def leave(self, reason: str) -> None:
        """Act no more: errands are cancelled and no event is heard, until she comes back if she means to.

        What she sent before stays in the mempool.
        """
        for one in self.person:
            if one.is_present:
                one.drop_everything(reason)
        self.market.platform.look_after_the_gone()

    def drop_everything(self, reason: str) -> None:
        """Leave in this role; see ``leave``."""
        self._forget_errands()
        self.stop_working()
        visit, market = self.visits[-1], self.market
        visit.left, visit.left_block = market.time, market.chain.block_number
        visit.reason, visit.doing = reason, self.activity
        how = "left" if reason == "stay" else "vanished"
        self.note(how, f"{how} while {self.activity}")
        self.is_present = False
        self.activity = "left"
        if self.presence.back_after is not None and reason != REMOVED:
            self.later(self.presence.back_after, self.arrive)

    def hear(self, event: Event) -> None:
        """Act on an event of the contract."""
        getattr(self, self.hears[type(event)])(event)

    def later(self, seconds: float, action: Callable[..., object], *arguments: Any) -> None:
        """Do something after a delay in simulated seconds."""
        errand = Errand(self, action, arguments)
        errand.event = self.market.schedule_event(errand.run, after=max(0.0, seconds))
        self.errands.add(errand)

    def call_off(self, action: Callable[..., object]) -> list[tuple[Any, ...]]:
        """Let go of every errand to do something; return what each was to be done with, earliest first."""
        found = sorted((one for one in self.errands if one.action == action), key=lambda one: one.event.time)
        for errand in found:
            errand.event.cancel()
            self.errands.discard(errand)
        return [errand.arguments for errand in found]

    def work(self, seconds: float, action: Callable[..., object], *arguments: Any) -> None:
        """Do something after so many simulated seconds of work on it."""
        self.worked.append((self.market.time, self.market.time + seconds))
        self.later(seconds, action, *arguments)

    def stop_working(self) -> None:
        """Let go of all work that is not done."""
        now = self.market.time
        self.worked = [(began, min(end, now)) for began, end in self.worked]

    @property
    def work_seconds(self) -> float:
        """Simulated seconds of work done so far; two things at a time count twice."""
        return sum(min(end, self.market.time) - began for began, end in self.worked)

    @property
    def work_wei(self) -> int:
        """What the work done so far cost, in whole wei."""
        return self.market.config.costs.wei(self.work_seconds)

    def at(self, timestamp: int, action: Callable[..., object], *arguments: Any) -> None:
        """Do something when the chain's clock shows ``timestamp``, or now if that has passed."""
        self.later(self.market.seconds_until(timestamp), action, *arguments)

    def send(self, transaction: Transaction) -> bool:
        """Send a transaction; a wallet that cannot pay for it is noted, and the run goes on.

        Returns:
            Whether it waits to be mined.
        """
        try:
            self.market.submit(transaction)
        except TransactionRefused as refusal:
            self.note("cannot pay", str(refusal))
            return False
        return True

    def pay(self, to: str, wei: int, why: str) -> bool:
        """Send ether from wallet to wallet, past the contract; return whether it waits to be mined."""
        self.note("pays", why)
        return self.send(
            Transaction(self.account, to, b"", value_wei=wei, gas=TRANSFER_GAS, function="transfer")
        )

    def store(self, content: bytes) -> str:
        """Put content into the store, where everybody can read it, and return its CID."""
        self.stored_bytes += len(content)
        return self.market.store.put(content)

    def failed(self, function: str, error: ContractError) -> None:
        """Take note that a transaction was mined and reverted."""
        self.note("reverted", f"its {function} was reverted by the contract: {error}")

    def note(self, kind: str, text: str, model_id: int | None = None) -> None:
        """Write a line into the run's diary: what happened to whom, in plain words."""
        self.market.journal.write(
            self.market.time, self.market.chain.block_number, self.name, kind, text, model_id
        )

    def has_sent(self, function: str) -> bool:
        """Whether a call of the own account waits to be mined."""
        waiting = self.market.chain.pending
        return any(one.sender == self.account and one.function == function for one in waiting)

    def withdraw(self) -> None:
        """Collect what the contract owes."""
        owed = self.market.contract.credit(self.address)
        if owed and self.means_to_withdraw(owed) and not self.has_sent("withdrawFor"):
            self.send(self.market.contract.withdraw_for(self.account, account=self.address))

    def means_to_withdraw(self, wei: int) -> bool:
        """Whether to collect what the contract owes."""
        return True

    def remove(self) -> None:
        """Leave the market for good."""
        if self.is_present:
            self.leave(REMOVED)
        self._forget_errands()
        super().remove()

    def _forget_errands(self) -> None:
        for errand in self.errands:
            errand.event.cancel()
        self.errands.clear()
