"""Settings that change nothing as the others are: a user is told, since she may expect that they do."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from ...learning import dropouts, network_name
from .dealing import idle_keys
from .members import each_group
from .task_list import places

if TYPE_CHECKING:
    from .market import MarketConfig

PRIVACY_TERMS = ("delta", "clip", "steps", "batch", "learning_rate")


def without_effect(config: "MarketConfig") -> list[str]:
    """Return a line for each setting that is not its default and changes nothing."""
    lines = [
        f"{where}.{key} has no effect without {what}"
        for where, settings, key, is_used, what in _options(config)
        if not is_used and _is_said(settings, key)
    ]
    return lines + list(_idle_partition_keys(config)) + _idle_exits(config) + list(_idle_layers(config))


def _options(config: "MarketConfig") -> Iterator[tuple[str, BaseModel, str, object, str]]:
    plants, listed = config.initiator.plants, list(places(config))
    commits = any(task.commit_reveal for _, task in listed)
    yield "verifiers", config.verifiers, "reveal", commits, "task.commit_reveal"
    for where, task in listed:
        has_keys = task.is_sealed or task.sealed_sample
        yield where, task, "reveal_window", task.commit_reveal, f"{where}.commit_reveal"
        yield where, task, "key_window", has_keys, f"sealed {where}.access or {where}.sealed_sample"
        yield where, task, "plant_tolerance", plants, "initiator.plants"
        yield where, task, "plant_window", plants, "initiator.plants"
    for key in PRIVACY_TERMS:
        yield "privacy", config.privacy, key, config.privacy.is_on, "privacy.noise or privacy.epsilon"


def _idle_partition_keys(config: "MarketConfig") -> Iterator[str]:
    table = config.contributors
    for where, group in each_group("contributors", table):
        for key, what in idle_keys(group):
            # What a group has from the table is there for the other groups.
            is_own = group is table or getattr(group, key) != getattr(table, key)
            if is_own and _is_said(group, key):
                yield f"{where}.{key} has no effect without {what}"


def _idle_exits(config: "MarketConfig") -> list[str]:
    if any(task.commit_reveal for _, task in places(config)):
        return []
    return [
        f"{where}.leaves = committed has no effect without task.commit_reveal"
        for where, group in each_group("verifiers", config.verifiers)
        if group.leaves == "committed"
    ]


def _idle_layers(config: "MarketConfig") -> Iterator[str]:
    for path in config.own_networks:
        why = f"of {network_name(path)} has no effect: training here drops no values"
        yield from (f"layer {layer!r} {why}" for layer in dropouts(Path(path)))


def _is_said(settings: BaseModel, key: str) -> bool:
    return getattr(settings, key) != type(settings).model_fields[key].default
