"""The settings of a market: who takes part, with what data, for which money, under which rules."""

from collections.abc import Mapping
from typing import Any, Literal, Self, TypeVar

from pydantic import Field, model_validator

from ...chain import ChainConfig
from ...learning import (
    NETWORKS,
    RECIPES,
    FusionConfig,
    PrivacyConfig,
    RecipeName,
    TrainingConfig,
    is_own_network,
    network_name,
)
from ...units import format_wei
from ..behaviours.naming import HONEST
from .accomplices import refuse_who_is_not_there
from .base import Settings, refusal
from .contributors import ContributorSettings
from .faults import Fault, refuse_faults_of_nobody
from .idle import without_effect
from .members import (
    VerifierMember,
    contributors_as_verifiers,
    each_group,
    each_with_behaviour,
    refuse_names_twice,
)
from .others import CostSettings, DataSettings, InitiatorSettings, OracleSettings
from .paper import refuse_what_the_paper_lacks
from .presence import arrivals
from .task import TaskSettings
from .task_list import (
    GAS_RESERVE,
    TaskEntry,
    places,
    refuse_initiators_who_cannot_pay,
    refuse_names_of_others,
    refuse_tasks_that_close_first,
    with_what_all_have_in_common,
)
from .verifiers import VerifierSettings

T = TypeVar("T", bound=TaskSettings)
P = TypeVar("P", ContributorSettings, VerifierSettings)


class MarketConfig(Settings):
    """Everything that decides how a market runs.

    Attributes:
        seed: Every random draw of the run comes from it.
        recipe: How contributors train and verifiers fuse where ``training`` and ``fusion`` say nothing else:
            ``plain``, the paper's words, or ``augmented``, on distorted copies of the same images.
        contract: What the market stands on: ``task_market``, or ``paper``, the paper's contract taken at
            its word (``docs/explanation/paper_contract.md``). It keeps no terms beyond the paper's, which are
            refused; it pays no oracle and knows no fingerprints, so ``task.oracle_fee`` becomes 0 and
            ``task.report_copies`` false.
        learning: ``keras``, real networks on real data, or ``surrogate``: nothing is trained, and accuracies
            are drawn from curves fitted to real runs. For markets of hundreds of parties, where what is asked
            is who is paid; records and figures say so.
        tasks: Tasks side by side on one contract; absent, there is one, as ``[task]`` says.
        faults: What breaks though nobody means it; absent, nothing does.
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
    faults: tuple[Fault, ...] = Field(default=(), max_length=1000)

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
        refuse_who_is_not_there(self)
        refuse_faults_of_nobody(self)
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
    def _behaviours_need_no_more_than_there_is(self) -> "MarketConfig":
        if self.learning == "surrogate":
            for where, keys in each_with_behaviour(self):
                kind = keys.kind if keys.behaviour != HONEST else None
                if kind is not None and not kind.works_without_networks:
                    allowed = (
                        "another where learning = 'surrogate': this one is about images, and none is used"
                    )
                    raise refusal(f"{where}.behaviour", keys.behaviour, allowed)
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
        return without_effect(self)

    @property
    def own_networks(self) -> tuple[str, ...]:
        """The paths of networks of one's own, each once."""
        recommended = [task.network for _, task in places(self) if task.network is not None]
        own = [name for _, group in each_group("contributors", self.contributors) for name in group.networks]
        return tuple(dict.fromkeys(name for name in (*recommended, *own) if is_own_network(name)))

    def resolved(self) -> Self:
        """Return the same settings with every value that was left to a default filled in."""
        verifiers = self.verifiers.with_stake(self.stake).model_copy(update={"quorum": self.quorum or None})
        update: dict[str, object] = {
            "verifiers": _everybody_with_options(verifiers),
            "contributors": _everybody_with_options(self.contributors),
            "initiator": self.initiator.with_options(),
            "oracle": self.oracle.with_options(),
        }
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


def _everybody_with_options(people: P) -> P:
    groups = tuple(group.with_options() for group in people.groups)
    return people.with_options().model_copy(update={"groups": groups})
