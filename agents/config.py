"""The settings of a market: who takes part, with what data, for which money, under which rules."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from ..chain import ChainConfig
from ..learning import FusionConfig, Strategy, TrainingConfig
from ..units import Wei, format_wei

GAS_RESERVE = 1_000_000
"""Gas that the initiator's wallet should be able to pay for beside the escrow."""

Labels = Annotated[tuple[int, ...], Field(min_length=1)]


def refusal(field: str, value: object, allowed: str) -> PydanticCustomError:
    """Return the error of a rule that spans several keys; ``field`` is relative to the validated table."""
    return PydanticCustomError("refused", "{allowed}", {"field": field, "value": value, "allowed": allowed})


class Settings(BaseModel):
    """Base of all settings: they never change after they were read, and know no other keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DataSettings(Settings):
    """Where the images come from.

    Attributes:
        set: ``mnist`` (shipped), ``digits`` (8x8, for runs of seconds), a ``keras.datasets`` name, or the
            path of an ``.npz`` with ``x_train``, ``y_train``, ``x_test`` and ``y_test``.
    """

    set: str = "mnist"


class TaskSettings(Settings):
    """What the initiator asks for and promises (Section III-A).

    Attributes:
        fitness: What verifiers report: ``accuracy`` of the fused model, or its ``gain`` over the base.
        mafr: Minimum acceptable fitness rate, as a fraction; a vote passes strictly above it.
        base: What a new model is fused with: every earlier one that was evaluated (``announced``), or only
            those that were rewarded (``accepted``).
        strategy: Fusion strategy that verifiers vote by and the initiator fuses by.
        also_measure: Strategies that are measured for the record and never voted on.
        network: Structure that the initiator recommends; absent, contributors design their own.
        announce_threshold: Own-test accuracy at which a contributor announces automatically; absent,
            contributors train until their test set no longer improves and then announce.
        reward: Paid to the contributor of a rewarded model.
        verifier_fee: Paid to each verification contributor whose evaluation is counted.
        oracle_fee: Paid to the oracle for an answer that reaches the quorum.
        escrow: What the initiator deposits; absent, enough for every contributor's model.
        deadline: Seconds after which no model may be announced; absent, an hour after the last start.
        draw_window: Seconds within which a panel must be drawn.
        evaluation_window: Seconds that a panel has to evaluate.
        tally_window: Seconds within which the oracle must have answered.
    """

    fitness: Literal["accuracy", "gain"] = "accuracy"
    mafr: float = Field(default=0.75, description="a fraction in steps of 0.0001")
    base: Literal["announced", "accepted"] = "announced"
    strategy: Strategy = "II"
    also_measure: tuple[Strategy, ...] = ()
    network: str | None = None
    announce_threshold: float | None = Field(default=None, gt=0, le=1)
    reward: Wei = 10**18
    verifier_fee: Wei = 5 * 10**16
    oracle_fee: Wei = 2 * 10**16
    escrow: Wei | None = None
    deadline: int | None = Field(default=None, gt=0)
    draw_window: int = Field(default=600, ge=60, le=10**7)
    evaluation_window: int = Field(default=300, ge=12, le=10**7)
    tally_window: int = Field(default=600, ge=60, le=10**7)

    @model_validator(mode="after")
    def _mafr_fits_the_fitness(self) -> "TaskSettings":
        lowest = 0.0 if self.fitness == "accuracy" else -1.0
        if not lowest <= self.mafr <= 1.0:
            allowed = f"with fitness {self.fitness!r} it lies between {lowest:g} and 1"
            raise refusal("mafr", self.mafr, allowed)
        if abs(self.mafr * 10_000 - round(self.mafr * 10_000)) > 1e-6:
            raise refusal("mafr", self.mafr, "the contract counts in steps of 0.0001, one basis point")
        return self

    @property
    def mafr_bps(self) -> int:
        """The MAFR as the contract holds it: signed basis points."""
        return round(self.mafr * 10_000)

    @property
    def measured(self) -> tuple[Strategy, ...]:
        """Every strategy that a verifier measures, the voted one first."""
        return (self.strategy, *(s for s in self.also_measure if s != self.strategy))


class InitiatorSettings(Settings):
    """The application initiator's wallet."""

    balance: Wei = 20 * 10**18


class ContributorSettings(Settings):
    """The computing contributors. Lists shorter than ``count`` are gone through again from their start.

    Attributes:
        count: How many there are.
        labels: Each contributor's set of labels (Table II).
        networks: Each contributor's own design (Table I), used when the task recommends none.
        train: Private training images of each.
        test: Private test images of each, which decide when its training stops.
        verification: Private verification images of each, on which its local accuracy is measured.
        start_every: Seconds between the arrivals of one contributor and the next.
        speed: Each contributor's pace in units of the cost model's; 2 trains twice as fast.
        balance: Each one's wallet, for gas.
    """

    count: int = Field(default=5, ge=1, le=1000)
    labels: tuple[Labels, ...] = Field(default=((0, 1, 2, 3, 4, 5, 6, 7, 8, 9),), min_length=1)
    networks: tuple[str, ...] = Field(default=("cnn_1",), min_length=1)
    train: int = Field(default=500, ge=1)
    test: int = Field(default=200, ge=1)
    verification: int = Field(default=500, ge=1)
    start_every: float = Field(default=900.0, ge=0)
    speed: tuple[Annotated[float, Field(ge=0.001, le=1000)], ...] = Field(default=(1.0,), min_length=1)
    balance: Wei = 10**18

    @field_validator("labels")
    @classmethod
    def _labels_are_sets(cls, labels: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
        for one in labels:
            if len(set(one)) != len(one) or min(one) < 0:
                raise refusal("", list(one), "each set names different labels, counted from 0")
        return tuple(tuple(sorted(one)) for one in labels)

    def labels_of(self, index: int) -> tuple[int, ...]:
        """Return the label set of the contributor with this index, counted from 0."""
        return self.labels[index % len(self.labels)]

    def network_of(self, index: int) -> str:
        """Return the own design of the contributor with this index."""
        return self.networks[index % len(self.networks)]

    def speed_of(self, index: int) -> float:
        """Return the pace of the contributor with this index."""
        return self.speed[index % len(self.speed)]


class VerifierSettings(Settings):
    """The verification contributors, who all measure on the sample that the initiator provides.

    Attributes:
        count: How many join the pool.
        panel: How many are drawn for each model.
        quorum: How many evaluations a decision needs; absent, a majority of the panel.
        train: Images of the sample that fusion heads are trained on.
        test: Images of the sample that tell when a head is good.
        verification: Images of the sample that the reported accuracy is measured on.
        speed: Pace in units of the cost model's.
        balance: Each one's wallet, for gas.
    """

    count: int = Field(default=5, ge=1, le=1000)
    panel: int = Field(default=5, ge=1, le=100)
    quorum: int | None = Field(default=None, ge=1)
    train: int = Field(default=2000, ge=1)
    test: int = Field(default=500, ge=1)
    verification: int = Field(default=1000, ge=1)
    speed: float = Field(default=1.0, ge=0.001, le=1000)
    balance: Wei = 10**18

    @model_validator(mode="after")
    def _panel_fits_the_pool(self) -> "VerifierSettings":
        if self.panel > self.count:
            raise refusal("panel", self.panel, f"at most verifiers.count, {self.count}")
        if self.quorum is not None and self.quorum > self.panel:
            raise refusal("quorum", self.quorum, f"at most verifiers.panel, {self.panel}")
        return self


class OracleSettings(Settings):
    """The oracle account: how many seconds it takes to answer, and its wallet for gas."""

    delay: float = Field(default=5.0, ge=0)
    balance: Wei = 10**18


class CostSettings(Settings):
    """What work takes in simulated seconds, at speed 1.

    Attributes:
        train_sample: Seconds to pass one image forth and back through a network.
        feature_sample: Seconds to extract one image's features with one model.
        head_epoch: Seconds for one epoch of a fusion head, per fused model.
        bandwidth: Bytes per second to and from the store.
    """

    train_sample: float = Field(default=0.01, ge=0)
    feature_sample: float = Field(default=0.0005, ge=0)
    head_epoch: float = Field(default=0.2, ge=0)
    bandwidth: float = Field(default=1_000_000.0, gt=0)


class MarketConfig(Settings):
    """Everything that decides how a market runs.

    Attributes:
        seed: Every random draw of the run comes from it.
    """

    seed: int = Field(default=1, ge=0, lt=2**63)
    data: DataSettings = DataSettings()
    task: TaskSettings = TaskSettings()
    initiator: InitiatorSettings = InitiatorSettings()
    contributors: ContributorSettings = ContributorSettings()
    verifiers: VerifierSettings = VerifierSettings()
    oracle: OracleSettings = OracleSettings()
    training: TrainingConfig = TrainingConfig()
    fusion: FusionConfig = FusionConfig()
    costs: CostSettings = CostSettings()
    chain: ChainConfig = ChainConfig()

    @model_validator(mode="after")
    def _initiator_can_pay(self) -> "MarketConfig":
        balance = self.initiator.balance
        if self.task.reward > balance:
            allowed = f"at most the initiator's balance, {format_wei(balance)}"
            raise refusal("task.reward", format_wei(self.task.reward), allowed)
        if self.escrow < self.unit_budget:
            allowed = f"at least the budget of one model, {format_wei(self.unit_budget)}"
            raise refusal("task.escrow", format_wei(self.escrow), allowed)
        reserve = GAS_RESERVE * self.chain.gas_price
        if self.escrow + reserve > balance:
            allowed = f"at least the escrow, {format_wei(self.escrow)}, and {format_wei(reserve)} for gas"
            raise refusal("initiator.balance", format_wei(balance), allowed)
        return self

    def resolved(self) -> Self:
        """Return the same settings with every value that was left to a default filled in."""
        task = self.task.model_copy(update={"escrow": self.escrow, "deadline": self.deadline})
        verifiers = self.verifiers.model_copy(update={"quorum": self.quorum})
        return self.model_copy(update={"task": task, "verifiers": verifiers})

    @property
    def quorum(self) -> int:
        """Evaluations that a decision needs."""
        return self.verifiers.quorum or self.verifiers.panel // 2 + 1

    @property
    def unit_budget(self) -> int:
        """Wei that the contract reserves for each announced model."""
        task = self.task
        return task.reward + self.verifiers.panel * task.verifier_fee + task.oracle_fee

    @property
    def escrow(self) -> int:
        """Wei that the initiator deposits with the task."""
        given = self.task.escrow
        return given if given is not None else self.contributors.count * self.unit_budget

    @property
    def deadline(self) -> int:
        """Seconds after which no model may be announced."""
        given = self.task.deadline
        if given is not None:
            return given
        return int((self.contributors.count - 1) * self.contributors.start_every) + 3600
