"""Which markets the page offers, between which bounds a visitor may change them, and what she chose.

The server trains for whoever asks, so it offers what is quick: small networks on small data, and, for all
others, accuracies that are drawn from curves of real runs. What a page sends is checked here.
"""

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from ..agents.behaviours import HONEST, Role, behaviour_class
from ..agents.config.members import each_group
from ..agents.config.task_list import places
from ..errors import InputError
from ..learning.surrogate.curves import shipped_curves
from ..scenarios import Scenario, load, shipped
from ..units import ETHER

DEMO = "quick"
SCENARIO = "VERIFUSE_APP_SCENARIO"
"""Environment variable with the scenario that a server's page begins with, in place of the demo."""

SMALL_DATA = ("digits", "breast_cancer", "wine")
SMALL_NETWORKS = ("tiny", "dense")
MOST_IMAGES = 1000
MOST_PEOPLE = 40
SURROGATE = 'learning="surrogate"'

MOST_CONTRIBUTORS, MOST_VERIFIERS, MOST_REWARD, MOST_SEED = 8, 9, 5.0, 9999

DISHONEST: dict[Role, tuple[str, ...]] = {
    "contributor": ("random_weights", "plagiarist", "low_effort", "label_flip", "leaver"),
    "verifier": ("lazy", "absent", "byzantine", "copycat", "just_above_mafr"),
    "oracle": ("censoring", "silent", "slow", "forging"),
    "initiator": ("closes_early", "under_funding"),
}
"""Behaviours that mean something with their default options and without accomplices."""


@dataclass(frozen=True)
class Bounds:
    """From where to where a number may be chosen, and in which steps."""

    low: float
    high: float
    step: float

    def check(self, name: str, value: float) -> None:
        """Refuse a number outside.

        Raises:
            InputError: Naming it.
        """
        if not isinstance(value, int | float) or not self.low <= value <= self.high:
            raise InputError(name, value, f"a number from {self.low:g} to {self.high:g}")


@dataclass(frozen=True)
class Choices:
    """What a visitor chose; what her scenario leaves no choice in stays as it is there.

    Attributes:
        scenario: The name of an offer.
        seed: Of every draw.
        mafr: As a fraction.
        contributors: How many.
        verifiers: How many.
        panel: How many of them judge a model.
        reward: For a rewarded model, in ether.
        contributor_behaviour: How some contributors decide.
        dishonest_contributors: How many.
        verifier_behaviour: How some verifiers decide.
        dishonest_verifiers: How many.
        oracle: How the oracle decides.
        initiator: How initiators decide.
    """

    scenario: str
    seed: int = 1
    mafr: float = 0.0
    contributors: int = 1
    verifiers: int = 1
    panel: int = 1
    reward: float = 1.0
    contributor_behaviour: str = HONEST
    dishonest_contributors: int = 0
    verifier_behaviour: str = HONEST
    dishonest_verifiers: int = 0
    oracle: str = HONEST
    initiator: str = HONEST


@dataclass(frozen=True)
class Offer:
    """A scenario, and what of it can be changed.

    Attributes:
        source: The shipped name or path.
        base: The scenario as its file has it.
        always: Overrides without which it would take too long.
        bounds: Of each number that can be chosen, by its name in ``Choices``.
        behaviours: By role, the dishonest ones that can be chosen.
    """

    source: str
    base: Scenario
    always: tuple[str, ...]
    bounds: dict[str, Bounds]
    behaviours: dict[Role, tuple[str, ...]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the scenario is called."""
        return self.base.name

    @property
    def is_drawn(self) -> bool:
        """Whether its accuracies are drawn from curves."""
        return self.base.learning == "surrogate" or SURROGATE in self.always

    @property
    def choices(self) -> Choices:
        """What the scenario's file says."""
        base = self.base
        return Choices(
            scenario=self.name,
            seed=base.seed,
            mafr=base.task.mafr,
            contributors=len(base.contributors.members),
            verifiers=len(base.verifiers.members),
            panel=base.verifiers.panel,
            reward=base.task.reward / ETHER,
            oracle=base.oracle.behaviour,
            initiator=base.initiator.behaviour,
        )

    def check(self, chosen: Choices) -> None:
        """Refuse choices outside the bounds.

        Raises:
            InputError: Naming the first.
        """
        usual = self.choices
        for one in fields(Choices):
            name, value = one.name, getattr(chosen, one.name)
            if name in self.bounds:
                self.bounds[name].check(name, value)
                if isinstance(getattr(usual, name), int) and not isinstance(value, int):
                    raise InputError(name, value, "a whole number")
            elif name not in _BEHAVIOURS and value != getattr(usual, name):
                raise InputError(name, value, f"left as the scenario {self.name} has it")
        for name, role in _BEHAVIOURS.items():
            allowed = {HONEST, getattr(usual, name), *self.behaviours.get(role, ())}
            if getattr(chosen, name) not in allowed:
                raise InputError(name, getattr(chosen, name), f"one of {', '.join(sorted(allowed))}")
        if "panel" in self.bounds and chosen.panel > chosen.verifiers:
            raise InputError(
                "panel", chosen.panel, f"at most the {chosen.verifiers} verifiers that there are"
            )
        for many, all_of in (
            ("dishonest_contributors", "contributors"),
            ("dishonest_verifiers", "verifiers"),
        ):
            if getattr(chosen, many) > getattr(chosen, all_of):
                most = getattr(chosen, all_of)
                raise InputError(many, getattr(chosen, many), f"at most the {most} that there are")

    def overrides(self, chosen: Choices) -> tuple[str, ...]:
        """Return the overrides that make the scenario what was chosen; what is as it was has none.

        Raises:
            InputError: A choice is outside its bounds.
        """
        self.check(chosen)
        usual = self.choices
        found = list(self.always)
        if chosen.mafr != usual.mafr:
            found.append(f"task.mafr={round(chosen.mafr, 4)}")
        if chosen.reward != usual.reward:
            found.append(f'task.reward="{_decimal(chosen.reward)} ether"')
        found += self._contributors(chosen)
        found += self._verifiers(chosen)
        found += [
            f'{role}.behaviour="{getattr(chosen, role)}"'
            for role in ("oracle", "initiator")
            if getattr(chosen, role) != getattr(usual, role)
        ]
        return (*found, *self._balance(chosen))

    def scenario(self, chosen: Choices) -> Scenario:
        """Return what was chosen.

        Raises:
            InputError: A choice is outside its bounds, or does not fit the others.
        """
        return load(self.source, self.overrides(chosen), seed=chosen.seed)

    def command(self, chosen: Choices) -> str:
        """Return the command that runs the same market without a page, where the scenario's file is."""
        quoted = [f"'{one}'" if set(one) & set(' "[]{}') else one for one in self.overrides(chosen)]
        seed = [f"--seed {chosen.seed}"] if chosen.seed != self.base.seed else []
        return " ".join(["verifuse run", Path(self.source).name, *quoted, *seed])

    def _contributors(self, chosen: Choices) -> Iterator[str]:
        table, count = self.base.contributors, chosen.contributors
        usual = self.choices.contributors
        if count > usual:  # the same images are dealt out to more
            for part in ("train", "test", "verification"):
                yield f"contributors.{part}={max(1, getattr(table, part) * usual // count)}"
        bad = chosen.dishonest_contributors if chosen.contributor_behaviour != HONEST else 0
        if not bad:
            if count != usual:
                yield f"contributors.count={count}"
            return
        good = count - bad
        groups = [{"name": "contributor", "count": good}] if good else []
        # Everybody keeps her place: when she comes, what labels she knows, how fast she is.
        late = {"first_start": table.first_start + good * table.start_every} if table.start_every else {}
        lists = {
            key: [*values[good % len(values) :], *values[: good % len(values)]]
            for key, values in (
                ("labels", table.labels),
                ("networks", table.networks),
                ("speed", table.speed),
            )
            if len(values) > 1
        }
        name = chosen.contributor_behaviour
        groups.append({"name": name, "count": bad, "behaviour": name, **late, **lists})
        yield f"contributors.groups={_toml(groups)}"

    def _verifiers(self, chosen: Choices) -> Iterator[str]:
        usual = self.choices
        bad = chosen.dishonest_verifiers if chosen.verifier_behaviour != HONEST else 0
        if not bad:
            if chosen.verifiers != usual.verifiers:
                yield f"verifiers.count={chosen.verifiers}"
        else:
            good, name = chosen.verifiers - bad, chosen.verifier_behaviour
            groups = [{"name": "verifier", "count": good}] if good else []
            groups.append({"name": name, "count": bad, "behaviour": name})
            yield f"verifiers.groups={_toml(groups)}"
        if chosen.panel != usual.panel:
            yield f"verifiers.panel={chosen.panel}"

    def _balance(self, chosen: Choices) -> Iterator[str]:
        """Fill the initiator's wallet where it could not pay for what was chosen."""
        usual, task = self.choices, self.base.task
        costs = (chosen.contributors, chosen.panel, chosen.reward)
        if costs == (usual.contributors, usual.panel, usual.reward) or "reward" not in self.bounds:
            return
        models = chosen.contributors + self.base.initiator.plants
        each = (
            int(Decimal(_decimal(chosen.reward)) * ETHER) + chosen.panel * task.verifier_fee + task.oracle_fee
        )
        needed = math.ceil(models * each / ETHER) + 1
        if needed * ETHER > self.base.initiator.balance:
            yield f'initiator.balance="{needed} ether"'


_BEHAVIOURS: dict[str, Role] = {
    "contributor_behaviour": "contributor",
    "verifier_behaviour": "verifier",
    "oracle": "oracle",
    "initiator": "initiator",
}


def offers(named: str | None = None) -> dict[str, Offer]:
    """Return what the page offers by name, the one to begin with first.

    Args:
        named: A shipped scenario's name or the path of a TOML file; absent, the demo.

    Raises:
        InputError: There is no such scenario, or it is none for a page.
    """
    first = offer(named or DEMO)
    found = {first.name: first}
    for name in shipped():
        if name not in found:
            try:
                found[name] = offer(name)
            except InputError:
                continue
    return found


@cache
def offered() -> dict[str, Offer]:
    """Return what this server offers; read once, for all visitors, and changed by nobody."""
    return offers(os.environ.get(SCENARIO))


def offer(source: str) -> Offer:
    """Return the offer of one scenario.

    Raises:
        InputError: There is no such scenario, or it is none for a page.
    """
    base = load(source)
    always = () if base.learning == "surrogate" or _is_quick(base) else (SURROGATE,)
    if SURROGATE in always and f"{base.data.set}/{base.recipe}" not in shipped_curves():
        allowed = (
            f"a scenario that trains small networks ({', '.join(SMALL_NETWORKS)}) on small data "
            f"({', '.join(SMALL_DATA)}), or on data with fitted curves; verifuse run has no such limit"
        )
        raise InputError("scenario", source, allowed)
    people = len(base.contributors.members) + len(base.pool) + len(base.initiators)
    if people > MOST_PEOPLE:
        raise InputError("scenario", source, f"one with at most {MOST_PEOPLE} participants; it has {people}")
    if base.chain.name != "tester":
        raise InputError("scenario", source, "one whose chain.name is 'tester', which needs no other program")
    base = load(source, always) if always else base
    return Offer(source, base, always, dict(_bounds(base)), dict(_behaviours(base)))


def _is_quick(base: Scenario) -> bool:
    groups = [group for _, group in each_group("contributors", base.contributors)]
    asked = [task.network for _, task in places(base)]
    networks = {network for network in asked if network is not None}
    if None in asked:
        networks |= {network for group in groups for network in group.networks}
    images = [base.verifiers.train, base.verifiers.test, base.verifiers.verification]
    images += [most for group in groups for most in (group.train, group.test, group.verification)]
    return (
        base.data.set in SMALL_DATA
        and networks <= set(SMALL_NETWORKS)
        and max(images) <= MOST_IMAGES
        and not base.privacy.is_on
        and base.training.augmentation is None
        and not base.fusion.copies
    )


def _bounds(base: Scenario) -> Iterator[tuple[str, Bounds]]:
    yield "seed", Bounds(0, MOST_SEED, 1)
    if not base.tasks:
        yield "mafr", Bounds(-0.2, 0.2, 0.01) if base.task.has_reference else Bounds(0.0, 1.0, 0.01)
        yield "reward", Bounds(0.0, MOST_REWARD, 0.1 if base.task.reward >= ETHER // 10 else 0.01)
    if not base.contributors.groups and base.contributors.behaviour == HONEST:
        most = max(MOST_CONTRIBUTORS, base.contributors.count)
        yield "contributors", Bounds(1, most, 1)
        yield "dishonest_contributors", Bounds(0, most, 1)
    if not base.verifiers.groups and base.verifiers.behaviour == HONEST:
        most = max(MOST_VERIFIERS, base.verifiers.count)
        yield "verifiers", Bounds(1, most, 1)
        yield "dishonest_verifiers", Bounds(0, most, 1)
    if not base.verifiers.quorum:
        yield "panel", Bounds(1, max(MOST_VERIFIERS, base.verifiers.panel), 1)


def _behaviours(base: Scenario) -> Iterator[tuple[Role, tuple[str, ...]]]:
    free = dict(_bounds(base))
    for role, names in DISHONEST.items():
        is_free = f"dishonest_{role}s" in free or role in ("oracle", "initiator")
        if not is_free or (base.is_paper and role == "initiator"):
            continue
        fitting = names
        if base.learning == "surrogate":
            fitting = tuple(name for name in names if behaviour_class(role, name).works_without_networks)
        yield role, fitting


def _decimal(number: float) -> str:
    return f"{Decimal(str(round(number, 6))).normalize():f}"


def _toml(value: Any) -> str:
    """Write a value on one line, as an override has it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
