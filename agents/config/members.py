"""The people of a market one by one: which group each belongs to, and what its settings come to for her."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field

from .base import GROUP_NAME, refusal
from .presence import EXCLUSIVE

if TYPE_CHECKING:
    from .behaviour import BehaviourKeys
    from .contributors import ContributorKeys, ContributorSettings
    from .market import MarketConfig
    from .verifiers import VerifierKeys, VerifierSettings

GOES_ALONG = {"behaviour": {"options"}}
"""Keys that go with another: a group that says the other itself takes none of them from its table."""

GroupName = Annotated[str, Field(pattern=GROUP_NAME)]


@dataclass(frozen=True)
class Member:
    """One of a group.

    Attributes:
        name: Hers alone in the whole market, such as ``contributor-1``.
        group: Her group's name.
        place: Hers in the group, from 0; lists of settings are gone through by it, again and again.
        index: Hers among all of her role, from 0.
    """

    name: str
    group: str
    place: int
    index: int


@dataclass(frozen=True)
class ContributorMember(Member):
    """A computing contributor; ``settings`` are her group's."""

    settings: "ContributorKeys"

    @property
    def labels(self) -> tuple[int, ...]:
        """The labels of her images, where the partition is by labels."""
        return _cycled(self.settings.labels, self.place)

    @property
    def network(self) -> str:
        """Her own design, for tasks that recommend none."""
        return _cycled(self.settings.networks, self.place)

    @property
    def speed(self) -> float:
        """Her pace in units of the cost model's."""
        return _cycled(self.settings.speed, self.place)


@dataclass(frozen=True)
class VerifierMember(Member):
    """A verification contributor; ``settings`` are her group's."""

    settings: "VerifierKeys"


def contributor_members(table: "ContributorSettings") -> tuple[ContributorMember, ...]:
    """Return the computing contributors, group after group."""
    return tuple(
        ContributorMember(name, group, place, index, settings)
        for index, (name, group, place, settings) in enumerate(_counted("contributor", table, table.groups))
    )


def verifier_members(table: "VerifierSettings") -> tuple[VerifierMember, ...]:
    """Return those who do nothing but verify, group after group."""
    return tuple(
        VerifierMember(name, group, place, index, settings)
        for index, (name, group, place, settings) in enumerate(_counted("verifier", table, table.groups))
    )


def contributors_as_verifiers(
    people: Sequence[ContributorMember], table: "VerifierSettings"
) -> tuple[VerifierMember, ...]:
    """Return contributors as members of the pool: at their own pace, coming and going as they do."""
    first = len(table.members)
    found = []
    for index, one in enumerate(people, start=first):
        same = ("balance", "stay", "mean_stay", "back_after")
        update = {key: getattr(one.settings, key) for key in same}
        settings = table.model_copy(update={**update, "speed": one.speed, "leaves": None, "groups": ()})
        found.append(VerifierMember(one.name, one.group, one.place, index, settings))
    return tuple(found)


def each_group(role: str, table: Any) -> Iterator[tuple[str, Any]]:
    """Give where each group stands in the scenario, such as ``verifiers.groups[0]``, and its settings."""
    if not table.groups:
        yield role, table
    for place, group in enumerate(table.groups):
        yield f"{role}.groups[{place}]", group


def each_with_behaviour(config: "MarketConfig") -> "Iterator[tuple[str, BehaviourKeys]]":
    """Give where each table that says how somebody decides stands, and the table."""
    yield from each_group("contributors", config.contributors)
    yield from each_group("verifiers", config.verifiers)
    yield "oracle", config.oracle
    yield "initiator", config.initiator


def _counted(noun: str, table: Any, groups: Sequence[Any]) -> Iterator[tuple[str, str, int, Any]]:
    """Give name, group, place and settings of everybody; names count from 1 as in the paper."""
    for group in groups or (table,):
        of = group.name if groups else noun
        for place in range(group.count):
            yield f"{of}-{place + 1}", of, place, group


def _cycled(values: Sequence[Any], place: int) -> Any:
    return values[place % len(values)]


def with_what_groups_have_in_common(table: Any, group: type[BaseModel]) -> Any:
    """Return a table, as it was read, with its own keys copied into each of its groups that lacks them.

    Args:
        table: ``[contributors]`` or ``[verifiers]``.
        group: The settings of its groups, which say which keys they know.
    """
    if not isinstance(table, Mapping) or not isinstance(table.get("groups"), list | tuple):
        return table
    common = {key: value for key, value in table.items() if key in group.model_fields}
    return {**table, "groups": [_completed(one, common) for one in table["groups"]]}


def _completed(group: Any, common: Mapping[str, Any]) -> Any:
    if isinstance(group, BaseModel):
        group = {key: getattr(group, key) for key in group.model_fields_set}
    if not isinstance(group, Mapping):
        return group
    settled = {key for keys in EXCLUSIVE if group.keys() & keys for key in keys}
    settled |= {key for said, keys in GOES_ALONG.items() if said in group for key in keys}
    return {**{key: value for key, value in common.items() if key not in settled}, **group}


def refuse_names_twice(config: "MarketConfig") -> None:
    """Refuse groups whose members would be named like others.

    Raises:
        PydanticCustomError: Naming the group's place and its name.
    """
    taken = {f"planter-{number}" for number in range(1, config.initiator.plants + 1)}
    for role, table in (("contributors", config.contributors), ("verifiers", config.verifiers)):
        for where, group in each_group(role, table):
            noun = group.name if table.groups else role.removesuffix("s")
            own = {f"{noun}-{number}" for number in range(1, group.count + 1)}
            if own & taken:
                allowed = f"another name: there is a {min(own & taken)} already"
                raise refusal(f"{where}.name", noun, allowed)
            taken |= own
