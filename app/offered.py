"""Which markets the page offers.

The server trains for whoever asks, so it offers what is quick: small networks on small data, and, for all
others, accuracies that are drawn from curves of real runs.
"""

import os
from collections.abc import Iterator
from functools import cache

from ..agents.behaviours import HONEST, Role, behaviour_class
from ..agents.config.members import each_group
from ..agents.config.task_list import places
from ..errors import InputError
from ..learning.surrogate.curves import shipped_curves
from ..scenarios import Scenario, load, shipped
from ..units import ETHER
from .offers import SURROGATE, Bounds, Offer

DEMO = "quick"
SCENARIO = "VERIFUSE_APP_SCENARIO"
"""Environment variable with the scenario that a server's page begins with, in place of the demo."""

SMALL_DATA = ("digits", "breast_cancer", "wine")
SMALL_NETWORKS = ("tiny", "dense")
MOST_IMAGES = 1000
MOST_PEOPLE = 40

MOST_CONTRIBUTORS, MOST_VERIFIERS, MOST_REWARD, MOST_SEED = 8, 9, 5.0, 9999

DISHONEST: dict[Role, tuple[str, ...]] = {
    "contributor": ("random_weights", "plagiarist", "low_effort", "label_flip", "leaver"),
    "verifier": ("lazy", "absent", "byzantine", "copycat", "just_above_mafr"),
    "oracle": ("censoring", "silent", "slow", "forging"),
    "initiator": ("closes_early", "under_funding"),
}
"""Behaviours that mean something with their default options and without accomplices."""


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
