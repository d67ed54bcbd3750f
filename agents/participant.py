"""What all roles share: a wallet, a diary, errands in simulated time, and ears for events."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import mesa

from ..chain import Transaction, TransactionRefused, derive_account
from ..contracts import ContractError, Event
from ..storage import encryption_public_key

if TYPE_CHECKING:
    from .market import Market


Hears = Mapping[type[Event], str]
"""Which events a role listens to: from the event's class to the name of the method that acts on it."""


def how_many(number: int, what: str) -> str:
    """Return a number with its noun, such as ``no earlier models`` or ``1 evaluation``."""
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


class Errand:
    """Something a participant means to do at a later time; Mesa's events hold their callbacks weakly."""

    def __init__(self, owner: "Participant", action: Callable[..., None], arguments: tuple[Any, ...]):
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
        name: The participant's name in the scenario, such as ``contributor-1``.
        account: Its key pair on the chain.
        stored_bytes: Bytes that it has put into the store so far.
    """

    role = "participant"
    hears: ClassVar[Hears] = {}

    def __init__(self, market: "Market", name: str):
        super().__init__(market)
        self.market = market
        self.name = name
        self.account = market.accounts[name]
        self.encryption_key = derive_account(market.config.seed, f"{name}, encryption").private_key
        self.activity = "not there yet"
        self.stored_bytes = 0
        self.errands: set[Errand] = set()
        self.is_present = False

    @property
    def address(self) -> str:
        """The account's address."""
        return self.account.address

    @property
    def public_key(self) -> bytes:
        """The key to which others wrap what only this participant shall read."""
        return encryption_public_key(self.encryption_key)

    def arrive(self) -> None:
        """Take part from now on: events that come later are heard."""
        self.is_present = True
        self.begin()

    def begin(self) -> None:
        """Do what this role does first."""

    def hear(self, event: Event) -> None:
        """Act on an event of the contract."""
        getattr(self, self.hears[type(event)])(event)

    def later(self, seconds: float, action: Callable[..., None], *arguments: Any) -> None:
        """Do something after a delay in simulated seconds."""
        errand = Errand(self, action, arguments)
        errand.event = self.market.schedule_event(errand.run, after=max(0.0, seconds))
        self.errands.add(errand)

    def at(self, timestamp: int, action: Callable[..., None], *arguments: Any) -> None:
        """Do something when the chain's clock shows ``timestamp``, or now if that has passed."""
        self.later(self.market.seconds_until(timestamp), action, *arguments)

    def send(self, transaction: Transaction) -> None:
        """Send a transaction; a wallet that cannot pay for it is noted, and the run goes on."""
        try:
            self.market.submit(transaction)
        except TransactionRefused as refusal:
            self.note("cannot pay", str(refusal))

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

    def withdraw(self) -> None:
        """Collect what the contract owes."""
        if self.market.contract.credit(self.address):
            self.send(self.market.contract.withdraw_for(self.account, account=self.address))

    def remove(self) -> None:
        """Leave the market: no errand and no event reaches it any more."""
        for errand in self.errands:
            errand.event.cancel()
        self.errands.clear()
        self.is_present = False
        self.activity = "left"
        super().remove()
