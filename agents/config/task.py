"""The settings of a task: what the initiator asks for, promises and insists on."""

from typing import Literal

from pydantic import Field, model_validator

from ...contracts import SHIPPED_RULES, RuleArtifact, shipped_rule
from ...learning import Strategy
from ...units import format_wei
from .base import Amount, Fee, Settings, refusal

FitnessName = Literal["accuracy", "gain", "random_control", "standalone"]

BONDED_WINDOW = 60
"""Seconds that the contract leaves the holder of a bonded seat to evaluate, and again to reveal."""


class TaskSettings(Settings):
    """What the initiator asks for and promises (Section III-A).

    Attributes:
        fitness: What verifiers report: the ``accuracy`` of the fused model (Section III-A), its ``gain`` over
            the base (Section IV), its gain over the base with an equally wide random block
            (``random_control``), or the accuracy of the model alone on its own labels (``standalone``).
        mafr: Minimum acceptable fitness rate, as a fraction; a vote passes strictly above it.
        base: What a new model is fused with: every earlier one that was evaluated (``announced``), or only
            those that were rewarded (``accepted``).
        strategy: Fusion strategy that verifiers vote by and the initiator fuses by.
        also_measure: Strategies that are measured for the record and never voted on.
        network: Structure that the initiator recommends: a known network's name, or the path of a Keras
            model's ``.keras`` or ``.json`` file; absent, contributors design their own.
        announce_threshold: Own-test accuracy at which a contributor announces automatically; absent,
            contributors train until their test set no longer improves and then announce.
        rule: Who gets how much: ``flat`` (the paper's majority), ``proportional``, ``median``, or the path of
            a Solidity file with a rule of one's own.
        full_margin: Margin that earns the whole reward, as a fraction, for rules that take one.
        reward: The most that the contributor of a rewarded model is paid.
        verifier_fee: Paid to each verification contributor whose evaluation is counted.
        oracle_fee: Paid to the oracle for an answer that reaches the quorum.
        escrow: What the initiator deposits; absent, enough for every model that may be announced.
        deadline: Simulated second after which no model may be announced; absent, an hour after the last
            contributor's start and the posting.
        draw_window: Seconds within which a panel must be drawn.
        evaluation_window: Seconds that a panel has to evaluate.
        tally_window: Seconds within which the oracle must have answered.
        access: Who can use a model: ``public`` (whoever reads the store, the paper's literal flow),
            ``sealed_for_initiator`` once it is rewarded, or ``sealed_for_rewarded``: also the contributors of
            the other rewarded models.
        sealed_sample: Whether the verification sample is sealed until a panel is drawn.
        key_window: Seconds after a draw to hand the panel its keys, where something is sealed.
        report_copies: Whether verifiers report a model whose features copy an earlier one's.
        commit_reveal: Whether evaluations are committed before they are shown.
        reveal_window: Seconds to show them.
        bond: Locked for each seat of a panel and lost by silence; needs ``commit_reveal``.
        plant_tolerance: How far an evaluation may lie from a planted test, as a fraction.
        plant_window: Seconds after a settlement in which a planted test may be revealed.
    """

    fitness: FitnessName = "accuracy"
    mafr: float = Field(default=0.75, description="a fraction in steps of 0.0001")
    base: Literal["announced", "accepted"] = "announced"
    strategy: Strategy = "II"
    also_measure: tuple[Strategy, ...] = ()
    network: str | None = None
    announce_threshold: float | None = Field(default=None, gt=0, le=1)
    rule: str = Field(default="flat", min_length=1, max_length=1000)
    full_margin: float | None = Field(default=None, ge=0.0001, le=1)
    reward: Amount = 10**18
    verifier_fee: Fee = 5 * 10**16
    oracle_fee: Fee = 2 * 10**16
    escrow: Amount | None = None
    deadline: int | None = Field(default=None, gt=0, le=10**9)
    draw_window: int = Field(default=600, ge=60, le=10**7)
    evaluation_window: int = Field(default=300, ge=12, le=10**7)
    tally_window: int = Field(default=600, ge=60, le=10**7)
    access: Literal["public", "sealed_for_initiator", "sealed_for_rewarded"] = "public"
    sealed_sample: bool = False
    key_window: int = Field(default=120, ge=24, le=10**7)
    report_copies: bool = True
    commit_reveal: bool = False
    reveal_window: int = Field(default=120, ge=24, le=10**7)
    bond: Amount = 0
    plant_tolerance: float = Field(default=0.02, ge=0, le=1)
    plant_window: int = Field(default=600, ge=24, le=10**7)

    @model_validator(mode="after")
    def _mafr_fits_the_fitness(self) -> "TaskSettings":
        lowest = -1.0 if self.has_reference else 0.0
        if not lowest <= self.mafr <= 1.0:
            allowed = f"with fitness {self.fitness!r} it lies between {lowest:g} and 1"
            raise refusal("mafr", self.mafr, allowed)
        if abs(self.mafr * 10_000 - round(self.mafr * 10_000)) > 1e-6:
            raise refusal("mafr", self.mafr, "the contract counts in steps of 0.0001, one basis point")
        return self

    @model_validator(mode="after")
    def _rule_gets_what_it_takes(self) -> "TaskSettings":
        if self.has_own_rule:  # known once it is compiled
            return self
        if self.rule not in SHIPPED_RULES:
            allowed = f"one of {', '.join(SHIPPED_RULES)}, or the path of a Solidity file ending in .sol"
            raise refusal("rule", self.rule, allowed)
        wrong = self.wrong_full_margin(shipped_rule(self.rule))
        if wrong is not None:
            raise refusal("full_margin", self.full_margin, wrong)
        return self

    @model_validator(mode="after")
    def _options_fit_together(self) -> "TaskSettings":
        if self.is_sealed and self.base != "accepted" and self.fitness != "standalone":
            allowed = "with sealed access 'accepted', whose keys the initiator holds, or fitness 'standalone'"
            raise refusal("base", self.base, allowed)
        if self.bond and not self.commit_reveal:
            raise refusal("bond", format_wei(self.bond), "0, or a task with commit_reveal = true")
        for window in ("evaluation_window", "reveal_window"):
            seconds = getattr(self, window)
            if self.bond and seconds < BONDED_WINDOW:
                allowed = f"at least {BONDED_WINDOW} seconds where a bond can be lost by silence"
                raise refusal(window, seconds, allowed)
        return self

    @property
    def mafr_bps(self) -> int:
        """The MAFR as the contract holds it: signed basis points."""
        return round(self.mafr * 10_000)

    @property
    def full_margin_bps(self) -> int | None:
        """The margin that earns the whole reward, in basis points, if one is given."""
        return None if self.full_margin is None else round(self.full_margin * 10_000)

    @property
    def measured(self) -> tuple[Strategy, ...]:
        """Every strategy that a verifier measures, the voted one first."""
        return (self.strategy, *(s for s in self.also_measure if s != self.strategy))

    @property
    def has_reference(self) -> bool:
        """Whether a fitness is measured against something, so that its margin may be negative."""
        return self.fitness in ("gain", "random_control")

    @property
    def has_own_rule(self) -> bool:
        """Whether the reward rule is a Solidity file of the user's own."""
        return self.rule.endswith(".sol")

    @property
    def rule_name(self) -> str:
        """The reward rule as people know it: a shipped one's name, or the file of one's own."""
        return self.rule.replace("\\", "/").rsplit("/", 1)[-1]

    def wrong_full_margin(self, rule: RuleArtifact) -> str | None:
        """Say what ``full_margin`` has to be for a reward rule, if it is not that."""
        if rule.takes_full_margin and self.full_margin is None:
            return f"the rule {self.rule_name} needs it: a fraction above 0 and at most 1"
        if not rule.takes_full_margin and self.full_margin is not None:
            return f"the rule {self.rule_name} takes none: leave it out"
        return None

    @property
    def is_sealed(self) -> bool:
        """Whether models lie in the store as ciphertext."""
        return self.access != "public"

    @property
    def windows(self) -> int:
        """Seconds from the moment that a model has its turn to the end of its last window."""
        keys = self.key_window if self.is_sealed or self.sealed_sample else 0
        reveal = self.reveal_window if self.commit_reveal else 0
        return self.draw_window + keys + self.evaluation_window + reveal + self.tally_window
