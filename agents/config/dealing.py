"""How a scenario's words for dealing images out become a scheme."""

from typing import TYPE_CHECKING, Literal

from ...learning import IID, LABELS, Dirichlet, Quantity, Scheme, Shards

if TYPE_CHECKING:
    from .contributors import ContributorKeys

PartitionName = Literal["labels", "iid", "dirichlet", "shards", "quantity"]

_USERS: dict[str, tuple[PartitionName, ...]] = {
    "labels": ("labels",),
    "alpha": ("dirichlet", "quantity"),
    "shards": ("shards",),
}
"""The partitions that look at a key."""


def scheme_of(contributors: "ContributorKeys") -> Scheme:
    """Return how contributors' images are dealt out."""
    schemes: dict[PartitionName, Scheme] = {
        "labels": LABELS,
        "iid": IID(),
        "dirichlet": Dirichlet(contributors.alpha),
        "shards": Shards(contributors.shards),
        "quantity": Quantity(contributors.alpha),
    }
    return schemes[contributors.partition]


def idle_keys(contributors: "ContributorKeys") -> list[tuple[str, str]]:
    """Return the keys that the partition does not look at, each with those that would."""
    return [
        (key, "partition " + " or ".join(map(repr, users)))
        for key, users in _USERS.items()
        if contributors.partition not in users
    ]
