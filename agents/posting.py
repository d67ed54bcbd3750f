"""What an initiator keeps in mind of a task of hers, and the model that she ends it with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..learning import FusionJob, PrivateData
from .config.task_list import TaskEntry
from .measuring import head_seed
from .participant import Participant, how_many
from .task_spec import TaskSpec


@dataclass(frozen=True)
class IntegratedModel:
    """What the initiator has in the end: the rewarded models, fused (end of Section III).

    Attributes:
        cid: The fused model's file in the store.
        models: Ids of the models in it, in announcement order.
        strategy: How they were fused.
        verification_accuracy: On the images that the verifiers voted on.
        held_out_accuracy: On images that nobody trained or voted on; ``None`` if there are none.
        held_out_images: How many those are.
    """

    cid: str
    models: tuple[int, ...]
    strategy: str
    verification_accuracy: float
    held_out_accuracy: float | None
    held_out_images: int


@dataclass
class Posting:
    """One task of an initiator's.

    Attributes:
        entry: What the settings say about it.
        spec: Its description for everybody.
        task_id: Its number on the contract, once it is posted.
        is_closing: Whether she has asked the contract to close it.
        is_waiting_for_keys: Whether it is over but for keys to models that she paid for.
        is_done: Whether nothing is left to do.
        unsettled: Models with bonded seats that she has yet to look after.
        integrated: The rewarded models, fused.
        integrated_at: Simulated second at which they were.
    """

    entry: TaskEntry
    spec: TaskSpec
    task_id: int | None = None
    is_closing: bool = False
    is_waiting_for_keys: bool = False
    is_done: bool = False
    unsettled: set[int] = field(default_factory=set)
    integrated: IntegratedModel | None = None
    integrated_at: float | None = None


def integrate(
    initiator: Participant, posting: Posting, sample: PrivateData, files: Mapping[int, bytes]
) -> IntegratedModel:
    """Fuse the models of a task, and put what comes out into the store.

    Args:
        initiator: Who paid for them; her head starts from a seed of her own.
        posting: The task.
        sample: Her verification sample, on which the head learns.
        files: The models by their ids, in announcement order.
    """
    market, strategy = initiator.market, posting.entry.strategy
    held_out = market.held_out
    job = FusionJob(
        model_files=tuple(files.values()),
        data=sample,
        classes=posting.spec.classes,
        strategy=strategy,
        config=market.config.fusion,
        seeds=(head_seed(market.config.seed, initiator.name),),
        held_out=held_out if len(held_out) else None,
    )
    initiator.activity = f"fusing {how_many(len(files), 'rewarded model')}"
    (measured,) = market.wait(market.workbench.fuse(job))
    integrated = IntegratedModel(
        cid=initiator.store(market.workbench.fused_file(job, measured)),
        models=tuple(files),
        strategy=strategy,
        verification_accuracy=measured.accuracy,
        held_out_accuracy=measured.held_out_accuracy,
        held_out_images=len(held_out),
    )
    initiator.note("integrated", f"fused {how_many(len(files), 'rewarded model')} by Strategy {strategy}")
    return integrated
