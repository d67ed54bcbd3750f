"""What there is to see of a market at a moment: frozen, to be drawn while the market goes on."""

from dataclasses import dataclass
from typing import Literal

Presence = Literal["coming", "here", "gone"]
ActKind = Literal["transaction", "reverted", "event", "money", "model", "evaluation"]

CONTRACT, STORE, ORACLE = "contract", "store", "oracle"


@dataclass(frozen=True)
class Person:
    """Somebody with an account.

    Attributes:
        name: As in the scenario.
        role: ``initiator``, ``contributor``, ``verifier``, ``oracle``, ``platform`` or ``planter``.
        behaviour: How she decides; ``honest``, or another behaviour's name.
        presence: Whether she is still to come, here, or gone.
        doing: What she is doing now.
        why: What happened to her last, from her diary; empty if nothing has.
        wallet_wei: Her ether.
        change_wei: The same, less what she began with.
        owed_wei: What the contract owes her.
        fees_wei: What gas has cost her.
    """

    name: str
    role: str
    behaviour: str
    presence: Presence
    doing: str
    why: str
    wallet_wei: int
    change_wei: int
    owed_wei: int
    fees_wei: int


@dataclass(frozen=True)
class Model:
    """An announced model.

    Attributes:
        number: Its id on the contract.
        contributor: Who announced it.
        cid: Where it lies in the store.
        state: ``Announced``, ``Evaluating``, ``Rewarded``, ``Rejected`` or ``Void``.
        panel: Who judges it.
        votes_for: Counted evaluations that pass.
        votes: Counted evaluations.
        models: How many models were fused to measure it, itself included.
        fused: Mean accuracy that verifiers measured of the fused model, by strategy.
        measured: What each of them measured, by the strategy that is voted on; where nothing is fused, what
            was counted of the model alone.
    """

    number: int
    contributor: str
    cid: str
    state: str
    panel: tuple[str, ...]
    votes_for: int
    votes: int
    models: int
    fused: dict[str, float]
    measured: tuple[float, ...]


@dataclass(frozen=True)
class Local:
    """A trained model's accuracy on its owner's own verification images (Figures 6 and 8)."""

    contributor: str
    accuracy: float


@dataclass(frozen=True)
class Happening:
    """An event of the contract: its name, its arguments as people read them, and a sentence."""

    name: str
    arguments: tuple[tuple[str, str], ...]
    sentence: str


@dataclass(frozen=True)
class Call:
    """A mined transaction with its decoded arguments and events; ``error`` is empty if it succeeded."""

    block: int
    index: int
    time: float
    sender: str
    function: str
    arguments: tuple[tuple[str, str], ...]
    value_wei: int
    gas: int
    fee_wei: int
    error: str
    events: tuple[Happening, ...]
    sentence: str


@dataclass(frozen=True)
class Act:
    """Something that went from one to another since the picture before: an edge that flashes."""

    source: str
    target: str
    kind: ActKind
    text: str


@dataclass(frozen=True)
class Note:
    """A line of somebody's diary: what happened off the chain, in plain words."""

    time: float
    block: int
    who: str
    text: str


@dataclass(frozen=True)
class Picture:
    """All there is to see.

    Attributes:
        time: Simulated seconds.
        block: Number of the newest block.
        escrow_wei: Ether that the contract holds.
        people: Everybody with an account, in the order of roles.
        models: Announced models in their order.
        locals: Trained models in the order in which their trainings ended.
        calls: Transactions in the chain's order.
        notes: The diary.
        acts: What went from one to another since the picture before.
        news: How many of the last ``calls`` came since then.
        new_notes: How many of the last ``notes`` did.
        is_over: Whether nothing is left to happen.
        digest: The run record's digest, when all is over; the same as that of ``verifuse run``.
        integrated: What the initiator has in the end, in a sentence; empty before.
    """

    time: float
    block: int
    escrow_wei: int
    people: tuple[Person, ...]
    models: tuple[Model, ...]
    locals: tuple[Local, ...]
    calls: tuple[Call, ...]
    notes: tuple[Note, ...]
    acts: tuple[Act, ...]
    news: int
    new_notes: int
    is_over: bool
    digest: str
    integrated: str

    def of_role(self, role: str) -> tuple[Person, ...]:
        """Return everybody of a role."""
        return tuple(person for person in self.people if person.role == role)
