"""The settings of a market: who takes part, with what data, for which money, under which rules."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from ..chain import ChainConfig
from ..learning import (
    NETWORKS,
    RECIPES,
    FusionConfig,
    PrivacyConfig,
    RecipeName,
    TrainingConfig,
    dropouts,
    is_own_network,
    network_name,
)
from ..units import format_wei
from .dealing import PartitionName, idle_keys
from .paper_settings import refuse_what_the_paper_lacks
from .settings import Amount, Settings, refusal
from .task_settings import TaskSettings

GAS_RESERVE = 1_000_000
"""Gas that the initiator's wallet should be able to pay for beside the escrow."""

Labels = Annotated[tuple[int, ...], Field(min_length=1)]


class DataSettings(Settings):
    """Where the images come from.

    Attributes:
        set: ``mnist`` (shipped), ``digits`` (8x8, for runs of seconds), scikit-learn's tables
            ``breast_cancer`` and ``wine``, a ``keras.datasets`` name, or the path of an ``.npz`` with
            ``x_train``, ``y_train``, ``x_test`` and ``y_test``: images, or a table's rows.
    """

    set: str = "mnist"


class InitiatorSettings(Settings):
    """The application initiator.

    Attributes:
        balance: Its wallet.
        plants: Planted tests: models of known fitness that it announces from accounts of its own, to catch
            verifiers who do not measure.
    """

    balance: Amount = 20 * 10**18
    plants: int = Field(default=0, ge=0, le=100)


class ContributorSettings(Settings):
    """The computing contributors. Lists shorter than ``count`` are gone through again from their start.

    Attributes:
        count: How many there are.
        partition: How the images are dealt out: by the sets of ``labels`` (Table II), at random (``iid``),
            with Dirichlet-distributed labels (``dirichlet``, arXiv:1909.06335), by ``shards`` of images
            sorted by label (arXiv:1602.05629), or at random in skewed sizes (``quantity``, arXiv:2102.02079;
            ``train``, ``test`` and ``verification`` are then means). What somebody trains on decides which
            labels she knows.
        labels: With ``labels``: each contributor's set of labels (Table II).
        alpha: With ``dirichlet`` and ``quantity``: how alike all are. Near 0 everybody has one label, or one
            nearly all images; with ``dirichlet`` it is the whole concentration, of all labels together.
        shards: With ``shards``: how many everybody gets.
        networks: Each contributor's own design, used when the task recommends none: a known network (Table I)
            or the path of a Keras model's ``.keras`` or ``.json`` file.
        train: Private training images of each.
        test: Private test images of each, which decide when its training stops.
        verification: Private verification images of each, on which its local accuracy is measured.
        start_every: Seconds between the arrivals of one contributor and the next.
        speed: Each contributor's pace in units of the cost model's; 2 trains twice as fast.
        balance: Each one's wallet, for gas.
    """

    count: int = Field(default=5, ge=1, le=1000)
    partition: PartitionName = "labels"
    labels: tuple[Labels, ...] = Field(default=((0, 1, 2, 3, 4, 5, 6, 7, 8, 9),), min_length=1)
    alpha: float = Field(default=1.0, gt=0, le=10**6)
    shards: int = Field(default=2, ge=1, le=1000)
    networks: tuple[str, ...] = Field(default=("cnn_1",), min_length=1)
    train: int = Field(default=500, ge=1)
    test: int = Field(default=200, ge=1)
    verification: int = Field(default=500, ge=1)
    start_every: float = Field(default=900.0, ge=0, le=10**6)
    speed: tuple[Annotated[float, Field(ge=0.001, le=1000)], ...] = Field(default=(1.0,), min_length=1)
    balance: Amount = 10**18

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
        balance: Each one's wallet, for gas and the stake.
        stake: What each deposits on joining; absent, one bond for every model that may be announced.
        reveal: Where committed evaluations are shown: on the ``board``, from which the oracle brings them, or
            on the ``chain``, where no oracle can leave them out.
    """

    count: int = Field(default=5, ge=1, le=1000)
    panel: int = Field(default=5, ge=1, le=100)
    quorum: int | None = Field(default=None, ge=1)
    train: int = Field(default=2000, ge=1)
    test: int = Field(default=500, ge=1)
    verification: int = Field(default=1000, ge=1)
    speed: float = Field(default=1.0, ge=0.001, le=1000)
    balance: Amount = 10**18
    stake: Amount | None = None
    reveal: Literal["board", "chain"] = "board"

    @model_validator(mode="after")
    def _panel_fits_the_pool(self) -> "VerifierSettings":
        if self.panel > self.count:
            raise refusal("panel", self.panel, f"at most verifiers.count, {self.count}")
        if self.quorum is not None and self.quorum > self.panel:
            raise refusal("quorum", self.quorum, f"at most verifiers.panel, {self.panel}")
        return self


class OracleSettings(Settings):
    """The oracle account.

    Attributes:
        delay: Seconds that it takes to answer.
        balance: Its wallet, for gas.
    """

    delay: float = Field(default=5.0, ge=0)
    balance: Amount = 10**18


class CostSettings(Settings):
    """What work takes in simulated seconds, at speed 1.

    Attributes:
        train_sample: Seconds to pass one image forth and back through a network.
        feature_sample: Seconds to extract one image's features with one model.
        head_epoch: Seconds for one epoch of a fusion head, per fused model, whatever the sample's size.
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
        recipe: How contributors train and verifiers fuse where ``training`` and ``fusion`` say nothing else:
            ``plain``, the paper's words, or ``augmented``, on distorted copies of the same images.
        contract: What the market stands on: ``task_market``, or ``paper``, the paper's contract taken at
            its word (``docs/paper_contract.md``). It keeps no terms beyond the paper's, which are refused;
            it pays no oracle and knows no fingerprints, so ``task.oracle_fee`` becomes 0 and
            ``task.report_copies`` false.
        learning: ``keras``, real networks on real data, or ``surrogate``: nothing is trained, and accuracies
            are drawn from curves fitted to real runs. For markets of hundreds of parties, where what is asked
            is who is paid; records and figures say so.
    """

    seed: int = Field(default=1, ge=0, lt=2**63)
    recipe: RecipeName = "plain"
    contract: Literal["task_market", "paper"] = "task_market"
    learning: Literal["keras", "surrogate"] = "keras"
    data: DataSettings = DataSettings()
    task: TaskSettings = TaskSettings()
    initiator: InitiatorSettings = InitiatorSettings()
    contributors: ContributorSettings = ContributorSettings()
    verifiers: VerifierSettings = VerifierSettings()
    oracle: OracleSettings = OracleSettings()
    training: TrainingConfig = TrainingConfig()
    privacy: PrivacyConfig = PrivacyConfig()
    fusion: FusionConfig = FusionConfig()
    costs: CostSettings = CostSettings()
    chain: ChainConfig = ChainConfig()

    @model_validator(mode="before")
    @classmethod
    def _recipe_fills_in(cls, table: Any) -> Any:
        if not isinstance(table, Mapping) or table.get("recipe", "plain") not in tuple(RECIPES):
            return table
        recipe = RECIPES[table.get("recipe", "plain")]
        return {
            **table,
            **{part: recipe.completed(part, table.get(part, {})) for part in ("training", "fusion")},
        }

    @model_validator(mode="after")
    def _contract_keeps_the_terms(self) -> "MarketConfig":
        if self.is_paper:
            refuse_what_the_paper_lacks(self)
        return self

    @model_validator(mode="after")
    def _own_networks_are_told_apart(self) -> "MarketConfig":
        names: dict[str, str] = {}
        for path in self.own_networks:
            name = network_name(path)
            if name in NETWORKS or names.setdefault(name, path) != path:
                allowed = f"a file of another name: {name!r} is another network's already"
                raise refusal("contributors.networks", path, allowed)
        return self

    @model_validator(mode="after")
    def _options_fit_together(self) -> "MarketConfig":
        task, plants = self.task, self.initiator.plants
        if plants and (not task.bond or task.fitness != "standalone"):
            raise refusal("initiator.plants", plants, "0, or a task with a bond and fitness 'standalone'")
        if self.deadline <= self.chain.slot_seconds:
            allowed = f"more than chain.slot_seconds, {self.chain.slot_seconds}: a block posts the task first"
            raise refusal("task.deadline", self.deadline, allowed)
        return self

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

    @model_validator(mode="after")
    def _verifiers_can_pay(self) -> "MarketConfig":
        task = self.task
        if self.stake < task.bond:
            allowed = f"at least task.bond, {format_wei(task.bond)}"
            raise refusal("verifiers.stake", format_wei(self.stake), allowed)
        needed = self.stake + GAS_RESERVE * self.chain.gas_price if self.stake else 0
        if self.verifiers.balance < needed:
            allowed = f"at least {format_wei(needed)}, for the stake and for gas"
            raise refusal("verifiers.balance", format_wei(self.verifiers.balance), allowed)
        return self

    @property
    def without_effect(self) -> list[str]:
        """A line for each setting that is not its default and changes nothing as the others are."""
        task, plants = self.task, self.initiator.plants
        has_keys = task.is_sealed or task.sealed_sample
        private, privacy_terms = self.privacy.is_on, ("delta", "clip", "steps", "batch", "learning_rate")
        needs = (
            ("verifiers", "reveal", task.commit_reveal, "task.commit_reveal"),
            *(("contributors", key, False, what) for key, what in idle_keys(self.contributors)),
            ("task", "reveal_window", task.commit_reveal, "task.commit_reveal"),
            ("task", "key_window", has_keys, "sealed task.access or task.sealed_sample"),
            ("task", "plant_tolerance", plants, "initiator.plants"),
            ("task", "plant_window", plants, "initiator.plants"),
            *(("privacy", key, private, "privacy.noise or privacy.epsilon") for key in privacy_terms),
        )
        lines = []
        for table, key, is_used, what in needs:
            settings: BaseModel = getattr(self, table)
            if not is_used and getattr(settings, key) != type(settings).model_fields[key].default:
                lines.append(f"{table}.{key} has no effect without {what}")
        for path in self.own_networks:
            why = f"of {network_name(path)} has no effect: training here drops no values"
            lines += [f"layer {layer!r} {why}" for layer in dropouts(Path(path))]
        return lines

    @property
    def own_networks(self) -> tuple[str, ...]:
        """The paths of networks of one's own, each once."""
        task = [] if self.task.network is None else [self.task.network]
        return tuple(
            dict.fromkeys(name for name in (*task, *self.contributors.networks) if is_own_network(name))
        )

    def resolved(self) -> Self:
        """Return the same settings with every value that was left to a default filled in."""
        filled: dict[str, object] = {"escrow": self.escrow, "deadline": self.deadline}
        if self.is_paper:
            filled |= {"oracle_fee": 0, "report_copies": False}
        task = self.task.model_copy(update=filled)
        verifiers = self.verifiers.model_copy(update={"quorum": self.quorum or None, "stake": self.stake})
        return self.model_copy(update={"task": task, "verifiers": verifiers})

    @property
    def is_paper(self) -> bool:
        """Whether the market stands on the paper's contract."""
        return self.contract == "paper"

    @property
    def quorum(self) -> int:
        """Evaluations that a decision needs; the paper's contract decides with any number, so 0 there."""
        return 0 if self.is_paper else self.verifiers.quorum or self.verifiers.panel // 2 + 1

    @property
    def unit_budget(self) -> int:
        """The most wei that one announced model can cost; ``task_market`` reserves them for it."""
        task = self.task
        oracle_fee = 0 if self.is_paper else task.oracle_fee
        return task.reward + self.verifiers.panel * task.verifier_fee + oracle_fee

    @property
    def escrow(self) -> int:
        """Wei that the initiator deposits with the task."""
        given = self.task.escrow
        return given if given is not None else self.announcements * self.unit_budget

    @property
    def announcements(self) -> int:
        """How many models may be announced: one by each contributor, and the planted tests."""
        return self.contributors.count + self.initiator.plants

    @property
    def stake(self) -> int:
        """Wei that each verifier deposits on joining the pool."""
        given = self.verifiers.stake
        return given if given is not None else self.announcements * self.task.bond

    @property
    def deadline(self) -> int:
        """Seconds after which no model may be announced."""
        given = self.task.deadline
        if given is not None:
            return given
        return int((self.contributors.count - 1) * self.contributors.start_every) + 3600
