"""The models of a run record as players: fetched by CID, opened if sealed, measured on unseen images."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from ...agents import TaskEntry, deal_images, head_seed
from ...agents.population import sample_name
from ...errors import InputError
from ...learning import load_data_set
from ...scenarios import RunRecord
from ...seeds import derive_bytes
from ...storage import SealBroken, StorageError, is_sealed, open_sealed
from ..people import announced_models, plays
from ..rows import Row, rows
from .fused import Empty, FusedModels, Utility

Which = Literal["announced", "rewarded"]


def recorded_models(
    record: RunRecord,
    *,
    task: str | None = None,
    which: Which = "announced",
    utility: Utility = "accuracy",
    empty: Empty = "uniform",
    heads: int = 1,
) -> tuple[FusedModels, list[Row]]:
    """Return the contributors' models of one task, and their rows in the order of announcement.

    They are fused as the initiator fuses what she has paid for: on the sample that her verifiers share, from
    her own seed. So all rewarded models together are worth what the record calls ``held_out_accuracy``,
    within rounding. Images that verifiers or contributors hold are not among those to measure on.

    Args:
        record: The run; its learning must be real.
        task: The task's name; absent, the one that the record is narrowed down to, or the first.
        which: Whether all announced models play, or the rewarded ones alone. Planted tests never do.
        utility: What a worth is; see ``FusedModels``.
        empty: What nobody is worth; see ``FusedModels``.
        heads: How many heads each coalition gets, from 1; its worth is their mean.

    Raises:
        InputError: The run trained nothing, no such model was announced, there is no such task, no image was
            left to measure on, or the number of heads is not usable.
    """
    whole = replace(record, task=None)
    own = whole.of_task(task or record.task)
    config = whole.scenario
    if config.learning != "keras":
        allowed = (
            "a run with real models; this one's accuracies were drawn from curves (learning = 'surrogate')"
        )
        raise InputError("record", str(record.path), allowed)
    if heads < 1:
        raise InputError("heads", heads, "at least 1")
    wanted = {"Rewarded"} if which == "rewarded" else {"Rewarded", "Rejected", "Void", None}
    models = [row for row in announced_models(own) if not row["planted"] and row["outcome"] in wanted]
    if not models:
        raise InputError("record", str(record.path), f"a run in which a contributor's model was {which}")
    entry = own.scenario.task if own.task is not None else config.task_list[0]
    assert isinstance(entry, TaskEntry), "a record of one task says who posts it"
    data_set = load_data_set(config.data.set, field="data.set")
    dealt = deal_images(config, data_set)
    if not len(dealt.held_out):
        raise InputError(
            "record", str(record.path), "a run that left images to nobody: take fewer of them for verifiers"
        )
    keys = list(_keys(whole))
    heads_of = (entry.initiator, *(f"{entry.initiator}, {number}" for number in range(2, heads + 1)))
    players = FusedModels(
        names=_names(models),
        files=tuple(_file(own, row["cid"], keys) for row in models),
        data=dealt.shares[sample_name(config, entry.initiator)],
        samples=dealt.held_out,
        classes=data_set.classes,
        strategy=entry.strategy,
        config=config.fusion,
        seeds=tuple(head_seed(config.seed, name) for name in heads_of),
        utility=utility,
        empty=empty,
    )
    return players, models


def _names(models: list[Row]) -> tuple[str, ...]:
    """Return who announced each model, with its number where she announced several."""
    owners = [row["contributor"] for row in models]
    return tuple(
        owner if owners.count(owner) == 1 else f"{owner}, model {row['model_id']}"
        for owner, row in zip(owners, models, strict=True)
    )


def _keys(record: RunRecord) -> Iterator[bytes]:
    """Give every key that a contributor of the run may have sealed a model with, as she drew it."""
    names = [person["name"] for person in rows(record, "participants") if plays(person, "contributor")]
    for task in ("", *(f", {name}" for name in record.task_names[1:])):
        for name in names:
            yield derive_bytes(record.scenario.seed, "model key", f"{name}{task}")


def _file(record: RunRecord, cid: str, keys: list[bytes]) -> bytes | None:
    """Return a model's file, or ``None`` if it cannot be fetched or opened."""
    try:
        content = record.store.get(cid)
    except StorageError:
        return None
    if not is_sealed(content):
        return content
    for key in keys:
        try:
            return open_sealed(content, key)
        except SealBroken:
            continue
    return None
