"""The two markets in which a visitor may take a seat."""

from dataclasses import dataclass

from ...scenarios import Scenario, load
from .visitor import VISITOR

SEED = 1
OTHERS = 2
"""Honest verifiers beside the visitor: with her a panel of three, so that every model asks her."""

_GROUPS = (
    f"verifiers.groups=[{{name='visitor', count=1, behaviour='{VISITOR}'}}, "
    f"{{name='verifier', count={OTHERS}}}]",
    f"verifiers.panel={OTHERS + 1}",
)


@dataclass(frozen=True)
class SeatTask:
    """A market with a seat in it.

    Attributes:
        key: Its name in code.
        title: Its name on the page.
        about: What is special about it, in a sentence or two.
        source: The shipped scenario that it is made of.
        overrides: What differs from that.
    """

    key: str
    title: str
    about: str
    source: str
    overrides: tuple[str, ...]

    def scenario(self, seed: int = SEED) -> Scenario:
        """Return the scenario, with the visitor among the verifiers."""
        return load(self.source, [*_GROUPS, *self.overrides], seed=seed).resolved()


PLAIN = SeatTask(
    key="plain",
    title="A plain task",
    about="The paper's rules: every evaluation that is counted earns its fee, whoever was right. Three "
    "models will be announced; each is fused with those before it.",
    source="quick",
    overrides=(),
)

BONDED = SeatTask(
    key="bonded",
    title="A task with bonds and planted tests",
    about="A bond of 0.1 ether is locked for your seat. Some of the five models are the initiator's own, of "
    "known fitness: silence burns the bond, and so does an evaluation far from a planted test. Each model is "
    "measured alone, on the labels that it was trained on.",
    source="bonds",
    # Between two models there is time enough for a planted test to be revealed.
    overrides=(
        "contributors.start_every=3000",
        "contributors.groups=[{name='contributor', count=2}, "
        "{name='junk', count=1, starts=[6000], behaviour='random_weights', options={claims=0.97}}]",
    ),
)

TASKS = {task.key: task for task in (PLAIN, BONDED)}
