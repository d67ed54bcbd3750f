"""A seat on a panel as its holder sees it, and what can be said from it: in plain numbers and names."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...contracts import UNREADABLE

FULL_BPS = 10_000


@dataclass(frozen=True)
class Reading:
    """What an evaluation says, in basis points.

    Attributes:
        fitness_bps: 0 to 10,000; or the contract's ``UNREADABLE`` or ``COPY``.
        reference_bps: What it is compared with, 0 unless the task's fitness is a gain; of a copy, the index
            of the model that it is a copy of.
    """

    fitness_bps: int
    reference_bps: int = 0

    @property
    def margin_bps(self) -> int | None:
        """Fitness minus reference; ``None`` of a model that was called unreadable or a copy."""
        return self.fitness_bps - self.reference_bps if self.fitness_bps > UNREADABLE else None

    def __str__(self) -> str:
        """Say it in words."""
        if self.margin_bps is None:
            return "unreadable" if self.fitness_bps == UNREADABLE else "a copy"
        return f"{self.fitness_bps / FULL_BPS:.2%}"


@dataclass(frozen=True)
class Bribe:
    """A public promise of ether for a vote (``behaviours.bribery``).

    Attributes:
        by: Name of who promises it.
        vote: The vote asked for: whether the model shall pass.
        wei: How much.
    """

    by: str
    vote: bool
    wei: int


@dataclass(frozen=True)
class Seat:
    """What the holder of a seat knows when she decides.

    Attributes:
        holder: Her name.
        group: Her group's name.
        model_id: The model that is to be judged.
        task: Its task's name in the scenario.
        initiator: Who posted that, by name.
        contributor: Whose account announced the model, by name. On the chain there is only an address: whom
            it belongs to is known to who is in on it, so an honest or lone verifier must not look.
        contributor_group: The group of that account, ``planter`` of a planted test, with the same caution.
        panel: Names of all panel members, hers among them.
        fused: How many models are fused, this one included.
        mafr_bps: What a margin has to exceed.
        has_reference: Whether the fitness is measured against something.
        commits: Whether evaluations are committed before they are shown.
        seconds_left: Seconds to the end of the evaluation window; negative once it is over.
        slot_seconds: Seconds from a block to the next.
        fee_wei: Paid for an evaluation that is counted.
        bond_wei: Locked for her seat.
        shown: What other panel members have shown by now, on the board or on the chain, by their names.
        bribes: What is promised for votes on this model.
    """

    holder: str
    group: str
    model_id: int
    task: str
    initiator: str
    contributor: str
    contributor_group: str
    panel: tuple[str, ...]
    fused: int
    mafr_bps: int
    has_reference: bool
    commits: bool
    seconds_left: float
    slot_seconds: float
    fee_wei: int
    bond_wei: int
    shown: Mapping[str, Reading] = field(default_factory=dict)
    bribes: tuple[Bribe, ...] = ()

    @property
    def yes(self) -> Reading:
        """The best that can be said of a model."""
        return Reading(FULL_BPS)

    @property
    def no(self) -> Reading:
        """The worst that can be said of a model that was measured."""
        return Reading(0, FULL_BPS if self.has_reference else 0)

    @property
    def about(self) -> str:
        """What a random draw about this seat is about."""
        return f"model {self.model_id}"

    @property
    def barely_yes(self) -> Reading:
        """The smallest that passes, if anything can."""
        least = self.mafr_bps + 1
        return Reading(max(0, least), max(0, -least)) if least <= FULL_BPS else self.yes

    def passes(self, reading: Reading) -> bool:
        """Whether a reading is a vote for the model."""
        margin = reading.margin_bps
        return margin is not None and margin > self.mafr_bps
