"""What the page shows of a game: frozen, plain, and equal for equal games."""

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """Whose turn it is: the market's (``RUNNING``), or the visitor's."""

    RUNNING = "running"
    SEATED = "seated"
    MEASURED = "measured"
    DECIDED = "decided"
    OVER = "over"


@dataclass(frozen=True)
class Picture:
    """A verification image and what it was called.

    Attributes:
        uri: The image as a PNG in a data URI.
        label: What it is.
        called: What the announced model alone calls it.
        fused_right: Whether the visitor's fused model tells it right; ``None`` where nothing is fused.
    """

    uri: str
    label: int
    called: int
    fused_right: bool | None

    @property
    def is_right(self) -> bool:
        """Whether the announced model alone tells it right."""
        return self.label == self.called


@dataclass(frozen=True)
class Measured:
    """What the visitor measured of a model; rates are shares of the verification images.

    Attributes:
        fitness_bps: What the task asks for, in basis points: the honest evaluation.
        images: How many images there are.
        known: The labels that the model says it knows.
        alone: What it tells right of all images, alone.
        alone_on_known: What it tells right of the images of its own labels.
        before: What the earlier models tell right, fused without it; ``None`` if there are none.
        after: What they tell right fused with it, by strategy, the one that is voted on first; empty where
            nothing is fused.
        pictures: Some of the images.
    """

    fitness_bps: int
    images: int
    known: tuple[int, ...]
    alone: float
    alone_on_known: float
    before: float | None
    after: tuple[tuple[str, float], ...]
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class Announced:
    """The model that the visitor judges, as the contract and the store tell of it.

    Attributes:
        number: Its place among the announced, from 1.
        models: How many will be announced.
        model_id: The contract's number of it.
        cid: Where the store keeps it.
        contributor: Address that announced it.
        base: How many earlier models it is fused with.
        panel: Who judges it, by name; the visitor is ``you``.
        mafr_bps: The MAFR.
        quorum: Evaluations that a decision needs.
        fee_wei: Paid for an evaluation that is counted.
        bond_wei: Locked for the visitor's seat.
        is_fused: Whether it is fused with the base or measured alone.
    """

    number: int
    models: int
    model_id: int
    cid: str
    contributor: str
    base: int
    panel: tuple[str, ...]
    mafr_bps: int
    quorum: int
    fee_wei: int
    bond_wei: int
    is_fused: bool


@dataclass(frozen=True)
class Signed:
    """What the visitor signs, and with what.

    Attributes:
        typed_data: The EIP-712 typed data as JSON text.
        digest: The 32 bytes that are signed, in hexadecimal.
        signature: 64 bytes (EIP-2098) in hexadecimal; empty before she signed.
        commitment: What goes to the chain first where evaluations are committed; empty elsewhere.
    """

    typed_data: str
    digest: str
    signature: str = ""
    commitment: str = ""


@dataclass(frozen=True)
class Vote:
    """An evaluation that the contract counted, in basis points, and whether it exceeds the MAFR."""

    who: str
    fitness_bps: int
    passed: bool


@dataclass(frozen=True)
class Line:
    """A sentence about what happened on the chain in block ``block``; ``call`` is the transaction's."""

    block: int
    call: str
    gas: int
    text: str


@dataclass(frozen=True)
class Purse:
    """What the visitor owns, in wei.

    ``total`` equals ``start + fees - burnt - gas``: nothing else moves it.

    Attributes:
        wallet: The account's balance.
        owed: What the contract owes her.
        staked: Her stake in the contract, locked bonds included.
        start: The account's first balance.
        fees: Credited for evaluations so far.
        burnt: Of her bonds so far.
        gas: Paid for her transactions so far.
    """

    wallet: int
    owed: int
    staked: int
    start: int
    fees: int
    burnt: int
    gas: int

    @property
    def total(self) -> int:
        """All that is hers, wherever it lies."""
        return self.wallet + self.owed + self.staked

    @property
    def earned(self) -> int:
        """How much richer she is than in the beginning; negative if she is poorer."""
        return self.total - self.start


@dataclass(frozen=True)
class Result:
    """One model and what it brought the visitor.

    Attributes:
        number: Its place among the announced, from 1.
        measured_bps: What she measured, if she did.
        said_bps: What she reported, if she did.
        outcome: What the contract decided; empty as long as it did not.
        passes: Evaluations above the MAFR.
        reports: Evaluations that were counted.
        fee_wei: Her fee.
        burnt_wei: What was burnt of her bond.
        seat: What became of her seat, where there is a bond.
        plant_bps: The fitness that the initiator knew, if it was a planted test.
    """

    number: int
    measured_bps: int | None
    said_bps: int | None
    outcome: str
    passes: int
    reports: int
    fee_wei: int
    burnt_wei: int
    seat: str
    plant_bps: int | None


@dataclass(frozen=True)
class Snapshot:
    """A whole game at a moment of simulated time.

    Attributes:
        task: Key of the market.
        phase: Whose turn it is.
        seconds: Simulated seconds.
        block: Newest block.
        model: The model that the visitor judges, or judged last.
        measured: What she measured of it.
        signed: What she signed about it.
        votes: What the contract counted, in the order of counting.
        lines: What happened to it on the chain.
        results: Every model that she had a seat for.
        purse: What she owns.
        earnings: By how many wei she was richer after each decided model, from 0 before the first.
        work_seconds: Simulated seconds of measuring so far.
    """

    task: str
    phase: Phase
    seconds: float
    block: int
    model: Announced | None
    measured: Measured | None
    signed: Signed | None
    votes: tuple[Vote, ...]
    lines: tuple[Line, ...]
    results: tuple[Result, ...]
    purse: Purse
    earnings: tuple[int, ...]
    work_seconds: float
