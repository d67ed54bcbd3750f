"""One market that the page offers: between which bounds a visitor may change it, and what she chose.

What a page sends is checked here.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from decimal import Decimal
from pathlib import Path

from ..agents.behaviours import HONEST, Role
from ..errors import InputError
from ..scenarios import Scenario, load, toml_text
from ..units import ETHER

SURROGATE = 'learning="surrogate"'


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
        yield f"contributors.groups={toml_text(groups)}"

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
            yield f"verifiers.groups={toml_text(groups)}"
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


def _decimal(number: float) -> str:
    return f"{Decimal(str(round(number, 6))).normalize():f}"
