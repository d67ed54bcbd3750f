"""Who would hold which images in a scenario's market, before anything runs."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..agents import contributor_names, deal_images
from ..learning import Samples, load_data_set
from .schema import Scenario


@dataclass(frozen=True)
class Holding:
    """How many images of each label somebody holds.

    Attributes:
        who: A participant, or what is shared by several.
        verifies: Whether the images are for measuring other people's models.
        train: Counts for each label, from 0.
        test: The same for testing.
        verification: The same for verification.
    """

    who: str
    verifies: bool
    train: tuple[int, ...]
    test: tuple[int, ...]
    verification: tuple[int, ...]

    @property
    def labels(self) -> tuple[int, ...]:
        """The labels that the holder trains on."""
        return tuple(label for label, count in enumerate(self.train) if count)


@dataclass(frozen=True)
class Holdings:
    """Everybody's images.

    Attributes:
        scenario: The scenario's name.
        seed: Its seed.
        data_set: Where the images come from.
        holders: In the order in which they were dealt their images.
        held_out: Images of each label that nobody holds and that measure the integrated model.
    """

    scenario: str
    seed: int
    data_set: str
    holders: tuple[Holding, ...]
    held_out: tuple[int, ...]

    @property
    def classes(self) -> int:
        """How many labels there are."""
        return len(self.held_out)

    def as_table(self) -> dict[str, Any]:
        """Return the same as nested tables, for JSON."""
        return asdict(self)


def holdings(scenario: Scenario) -> Holdings:
    """Deal a scenario's images out and count them.

    Raises:
        InputError: The data set cannot be had, or has too few images.
    """
    data_set = load_data_set(scenario.data.set, field="data.set")
    dealt = deal_images(scenario, data_set)

    def counts(samples: Samples) -> tuple[int, ...]:
        return tuple(np.bincount(samples.labels, minlength=data_set.classes).tolist())

    contributors = set(contributor_names(scenario))
    holders = tuple(
        Holding(
            who, who not in contributors, counts(share.train), counts(share.test), counts(share.verification)
        )
        for who, share in dealt.shares.items()
    )
    return Holdings(scenario.name, scenario.seed, scenario.data.set, holders, counts(dealt.held_out))
