"""The settings of a market: who takes part, with what data, for which money, under which rules."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

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
from .members import (
    ContributorMember,
    GroupName,
    VerifierMember,
    contributor_members,
    contributors_as_verifiers,
    each_group,
    refuse_names_twice,
    verifier_members,
    with_what_groups_have_in_common,
)
from .paper_settings import refuse_what_the_paper_lacks
from .presence import PresenceKeys, arrivals
from .settings import Amount, Fee, Settings, refusal
from .task_list import (
    GAS_RESERVE,
    Name,
    TaskEntry,
    places,
    refuse_initiators_who_cannot_pay,
    refuse_names_of_others,
    refuse_tasks_that_close_first,
    with_what_all_have_in_common,
)
from .task_settings import TaskSettings

T = TypeVar("T", bound=TaskSettings)

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
    """The application initiator; where tasks have several, each of them.

    Attributes:
        balance: Its wallet.
        plants: Planted tests: models of known fitness that it announces from accounts of its own, to catch
            verifiers who do not measure; in markets of one task.
    """

    balance: Amount = 20 * 10**18
    plants: int = Field(default=0, ge=0, le=100)


class ContributorKeys(PresenceKeys):
    """What can be said of computing contributors, all of them or a group.

    Lists shorter than ``count`` are gone through again from their start.

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
        leaves: Stage at which each vanishes, once: half-way through ``training`` or ``uploading``; when the
            announcement is sent (``announcing``) or mined (``announced``); when the panel is ``drawn``; when
            the model is ``evaluated``, its reward not yet collected.
        verifies: Whether they join the verifiers' pool as well, at their own pace and with what
            ``[verifiers]`` says of stake and reveal: one account in two roles.
        tasks: Names of the tasks that they are for; absent, every task. They take up those that are open one
            after the other, in the order of posting.
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
    leaves: Literal["training", "uploading", "announcing", "announced", "drawn", "evaluated"] | None = None
    verifies: bool = False
    tasks: tuple[Name, ...] | None = Field(default=None, min_length=1)

    @field_validator("labels")
    @classmethod
    def _labels_are_sets(cls, labels: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
        for one in labels:
            if len(set(one)) != len(one) or min(one) < 0:
                raise refusal("", list(one), "each set names different labels, counted from 0")
        return tuple(tuple(sorted(one)) for one in labels)

    def are_for(self, task: str) -> bool:
        """Whether they take up the task of this name."""
        return self.tasks is None or task in self.tasks


class ContributorGroup(ContributorKeys):
    """Some of the computing contributors: any key of ``[contributors]``, which says what they do not.

    Attributes:
        name: What its members are called, with their number behind.
    """

    name: GroupName


class ContributorSettings(ContributorKeys):
    """The computing contributors. Lists shorter than ``count`` are gone through again from their start.

    Attributes:
        groups: Groups that differ; absent, all are one group, named ``contributor``.
    """

    groups: tuple[ContributorGroup, ...] = Field(default=(), max_length=1000)

    @model_validator(mode="before")
    @classmethod
    def _groups_have_something_in_common(cls, table: Any) -> Any:
        return with_what_groups_have_in_common(table, ContributorGroup)

    @property
    def members(self) -> tuple[ContributorMember, ...]:
        """Everybody, one by one."""
        return contributor_members(self)


class VerifierKeys(PresenceKeys):
    """What can be said of verification contributors, all of them or a group.

    Attributes:
        count: How many join the pool.
        speed: Pace in units of the cost model's.
        balance: Each one's wallet, for gas and the stake.
        stake: What each deposits on joining; absent, one bond for every model that may be announced.
        reveal: Where committed evaluations are shown: on the ``board``, from which the oracle brings them, or
            on the ``chain``, where no oracle can leave them out.
        leaves: Stage at which each vanishes, once: when she has ``joined`` the pool, when she is ``seated``
            on a panel, when her commitment is mined (``committed``), or when she has ``reported``.
    """

    count: int = Field(default=5, ge=1, le=1000)
    speed: float = Field(default=1.0, ge=0.001, le=1000)
    balance: Amount = 10**18
    stake: Amount | None = None
    reveal: Literal["board", "chain"] = "board"
    leaves: Literal["joined", "seated", "committed", "reported"] | None = None


class VerifierGroup(VerifierKeys):
    """Some of the verification contributors: keys of ``[verifiers]``, which says what they do not.

    The panel, its quorum and what is measured on are the whole pool's, so they are no group's.

    Attributes:
        name: What its members are called, with their number behind.
    """

    name: GroupName


class VerifierSettings(VerifierKeys):
    """The verification contributors.

    Attributes:
        panel: How many are drawn for each model.
        quorum: How many evaluations a decision needs; absent, a majority of the panel.
        data: On what they measure: all on the sample that a task's initiator provides (``shared``, so that
            a panel shares one sampling error), each on a part of it that is hers alone (``split``), or each
            on as many images of her own, of those that contributors draw from (``private``).
        train: Images of the sample that fusion heads are trained on.
        test: Images of the sample that tell when a head is good.
        verification: Images of the sample that the reported accuracy is measured on.
        groups: Groups that differ; absent, all are one group, named ``verifier``.
    """

    panel: int = Field(default=5, ge=1, le=100)
    quorum: int | None = Field(default=None, ge=1)
    data: Literal["shared", "split", "private"] = "shared"
    train: int = Field(default=2000, ge=1)
    test: int = Field(default=500, ge=1)
    verification: int = Field(default=1000, ge=1)
    groups: tuple[VerifierGroup, ...] = Field(default=(), max_length=1000)

    @model_validator(mode="before")
    @classmethod
    def _groups_have_something_in_common(cls, table: Any) -> Any:
        return with_what_groups_have_in_common(table, VerifierGroup)

    @model_validator(mode="after")
    def _panel_fits_the_quorum(self) -> "VerifierSettings":
        if self.quorum is not None and self.quorum > self.panel:
            raise refusal("quorum", self.quorum, f"at most verifiers.panel, {self.panel}")
        return self

    @property
    def members(self) -> tuple[VerifierMember, ...]:
        """Everybody, one by one."""
        return verifier_members(self)

    def with_stake(self, stake: int) -> Self:
        """Return the same with a stake for those of whom nothing is said."""
        groups = [
            group if group.stake is not None else group.model_copy(update={"stake": stake})
            for group in self.groups
        ]
        own = stake if self.stake is None else self.stake
        return self.model_copy(update={"stake": own, "groups": tuple(groups)})


class OracleSettings(Settings):
    """The oracle account.

    Attributes:
        delay: Seconds that it takes to answer.
        balance: Its wallet, for gas.
    """

    delay: float = Field(default=5.0, ge=0)
    balance: Amount = 10**18


class CostSettings(Settings):
    """What work takes in simulated seconds, at speed 1, and what that costs who does it, beside the chain.

    Attributes:
        train_sample: Seconds to pass one image forth and back through a network.
        feature_sample: Seconds to extract one image's features with one model.
        head_epoch: Seconds for one epoch of a fusion head, per fused model, whatever the sample's size.
        bandwidth: Bytes per second to and from the store.
        per_second: Ether that a second of training or measuring costs.
        watts: Power that it takes.
        watt_hour: Ether that a watt-hour costs.
    """

    train_sample: float = Field(default=0.01, ge=0)
    feature_sample: float = Field(default=0.0005, ge=0)
    head_epoch: float = Field(default=0.2, ge=0)
    bandwidth: float = Field(default=1_000_000.0, gt=0)
    per_second: Fee = 0
    watts: float = Field(default=0.0, ge=0, le=10**9)
    watt_hour: Fee = 0

    def wei(self, seconds: float) -> int:
        """Return what so many seconds of work cost, in whole wei, rounded down."""
        return int(Fraction(seconds) * (self.per_second + Fraction(self.watts) * self.watt_hour / 3600))


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
        tasks: Tasks side by side on one contract; absent, there is one, as ``[task]`` says.
    """

    seed: int = Field(default=1, ge=0, lt=2**63)
    recipe: RecipeName = "plain"
    contract: Literal["task_market", "paper"] = "task_market"
    learning: Literal["keras", "surrogate"] = "keras"
    data: DataSettings = DataSettings()
    task: TaskSettings = TaskSettings()
    tasks: tuple[TaskEntry, ...] = Field(default=(), max_length=1000)
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

    @model_validator(mode="before")
    @classmethod
    def _tasks_have_something_in_common(cls, table: Any) -> Any:
        return with_what_all_have_in_common(table) if isinstance(table, Mapping) else table

    @model_validator(mode="after")
    def _people_fit_in(self) -> "MarketConfig":
        refuse_names_twice(self)
        refuse_names_of_others(self)
        pool, verifiers = len(self.pool), self.verifiers
        if verifiers.panel > pool:
            allowed = f"at most {'verifiers.count' if pool == verifiers.count else 'all verifiers'}, {pool}"
            raise refusal("verifiers.panel", verifiers.panel, allowed)
        for part in ("train", "test", "verification"):
            images = getattr(verifiers, part)
            if verifiers.data == "split" and images < pool:
                raise refusal(f"verifiers.{part}", images, f"at least one for each of {pool} verifiers")
        return self

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
        plants = self.initiator.plants
        if plants and len(self.tasks) > 1:
            raise refusal("initiator.plants", plants, "0 where there are several tasks: plants are for one")
        if plants and any(not task.bond or task.fitness != "standalone" for _, task in places(self)):
            raise refusal("initiator.plants", plants, "0, or a task with a bond and fitness 'standalone'")
        refuse_tasks_that_close_first(self)
        refuse_initiators_who_cannot_pay(self)
        return self

    @model_validator(mode="after")
    def _verifiers_can_pay(self) -> "MarketConfig":
        own = [one for one in each_group("contributors", self.contributors) if one[1].verifies]
        for where, group in (*each_group("verifiers", self.verifiers), *own):
            stake = getattr(group, "stake", None)
            stake = self.stake if stake is None else stake
            for place, task in places(self):
                if stake < task.bond:
                    allowed = f"at least {place}.bond, {format_wei(task.bond)}"
                    raise refusal(f"{where}.stake", format_wei(stake), allowed)
            needed = stake + GAS_RESERVE * self.chain.gas_price if stake else 0
            if group.balance < needed:
                allowed = f"at least {format_wei(needed)}, for the stake and for gas"
                raise refusal(f"{where}.balance", format_wei(group.balance), allowed)
        return self

    @property
    def without_effect(self) -> list[str]:
        """A line for each setting that is not its default and changes nothing as the others are."""
        plants, listed = self.initiator.plants, list(places(self))
        commits = any(task.commit_reveal for _, task in listed)
        private, privacy_terms = self.privacy.is_on, ("delta", "clip", "steps", "batch", "learning_rate")
        needs: list[tuple[str, BaseModel, str, object, str]] = [
            ("verifiers", self.verifiers, "reveal", commits, "task.commit_reveal")
        ]
        for where, task in listed:
            has_keys = task.is_sealed or task.sealed_sample
            needs += [
                (where, task, "reveal_window", task.commit_reveal, f"{where}.commit_reveal"),
                (where, task, "key_window", has_keys, f"sealed {where}.access or {where}.sealed_sample"),
                (where, task, "plant_tolerance", plants, "initiator.plants"),
                (where, task, "plant_window", plants, "initiator.plants"),
            ]
        what = "privacy.noise or privacy.epsilon"
        needs += [("privacy", self.privacy, key, private, what) for key in privacy_terms]
        lines = []
        for table, settings, key, is_used, what in needs:
            if not is_used and getattr(settings, key) != type(settings).model_fields[key].default:
                lines.append(f"{table}.{key} has no effect without {what}")
        for where, group in each_group("contributors", self.contributors):
            for key, what in idle_keys(group):
                if getattr(group, key) != type(group).model_fields[key].default:
                    lines.append(f"{where}.{key} has no effect without {what}")
        for where, group in each_group("verifiers", self.verifiers):
            if group.leaves == "committed" and not commits:
                lines.append(f"{where}.leaves = committed has no effect without task.commit_reveal")
        for path in self.own_networks:
            why = f"of {network_name(path)} has no effect: training here drops no values"
            lines += [f"layer {layer!r} {why}" for layer in dropouts(Path(path))]
        return lines

    @property
    def own_networks(self) -> tuple[str, ...]:
        """The paths of networks of one's own, each once."""
        recommended = [task.network for _, task in places(self) if task.network is not None]
        own = [name for _, group in each_group("contributors", self.contributors) for name in group.networks]
        return tuple(dict.fromkeys(name for name in (*recommended, *own) if is_own_network(name)))

    def resolved(self) -> Self:
        """Return the same settings with every value that was left to a default filled in."""
        verifiers = self.verifiers.with_stake(self.stake).model_copy(update={"quorum": self.quorum or None})
        update: dict[str, object] = {"verifiers": verifiers}
        if self.tasks:
            update["tasks"] = tuple(map(self._filled, self.tasks))
        else:
            update["task"] = self._filled(self.task)
        return self.model_copy(update=update)

    @property
    def task_list(self) -> tuple[TaskEntry, ...]:
        """All tasks in the order of posting, with every value that was left to a default filled in."""
        entries = self.tasks or (TaskEntry(**dict(self.task)),)
        return tuple(sorted(map(self._filled, entries), key=lambda entry: entry.post_at))

    @property
    def initiators(self) -> tuple[str, ...]:
        """Those who post tasks, by name, in the order in which they first do."""
        entries = sorted(self.tasks or (TaskEntry(),), key=lambda entry: entry.post_at)
        return tuple(dict.fromkeys(entry.initiator for entry in entries))

    def _filled(self, task: T) -> T:
        filled: dict[str, object] = {"escrow": self.escrow_of(task), "deadline": self.deadline_of(task)}
        if self.is_paper:
            filled |= {"oracle_fee": 0, "report_copies": False}
        return task.model_copy(update=filled)

    @property
    def is_paper(self) -> bool:
        """Whether the market stands on the paper's contract."""
        return self.contract == "paper"

    @property
    def quorum(self) -> int:
        """Evaluations that a decision needs; the paper's contract decides with any number, so 0 there."""
        return 0 if self.is_paper else self.verifiers.quorum or self.verifiers.panel // 2 + 1

    def unit_budget_of(self, task: TaskSettings) -> int:
        """Return the most wei that one announced model can cost; ``task_market`` reserves them for it."""
        oracle_fee = 0 if self.is_paper else task.oracle_fee
        return task.reward + self.verifiers.panel * task.verifier_fee + oracle_fee

    def escrow_of(self, task: TaskSettings) -> int:
        """Return the wei that the initiator deposits with a task."""
        given = task.escrow
        return given if given is not None else self.announcements_of(task) * self.unit_budget_of(task)

    def announcements_of(self, task: TaskSettings) -> int:
        """Return how many models may be announced: one by each contributor, and the planted tests."""
        name = task.name if isinstance(task, TaskEntry) else TaskEntry().name
        groups = [group for _, group in each_group("contributors", self.contributors)]
        return max(1, sum(group.count for group in groups if group.are_for(name)) + self.initiator.plants)

    @property
    def stake(self) -> int:
        """Wei that a verifier deposits on joining the pool, where her group says nothing else."""
        given = self.verifiers.stake
        if given is not None:
            return given
        return sum(self.announcements_of(task) * task.bond for _, task in places(self))

    def deadline_of(self, task: TaskSettings) -> int:
        """Return the second after which no model may be announced for a task."""
        if task.deadline is not None:
            return task.deadline
        last = max(self.arrivals[member.name] for member in self.contributors.members)
        posted = task.post_at if isinstance(task, TaskEntry) else 0.0
        return int(max(last, posted)) + 3600

    @property
    def pool(self) -> tuple[VerifierMember, ...]:
        """All who verify: the verifiers, and the contributors who do that as well."""
        also = [one for one in self.contributors.members if one.settings.verifies]
        return self.verifiers.members + contributors_as_verifiers(also, self.verifiers)

    @property
    def arrivals(self) -> dict[str, float]:
        """The simulated second at which each contributor and verifier first arrives, by name."""
        people = (*self.verifiers.members, *self.contributors.members)
        return arrivals(((one.name, one.place, one.settings) for one in people), self.seed)
