"""What the analysis asks of the workbench to know the worth of coalitions, and how answers are remembered."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import InputError
from .cache import Entry, cache_key
from .config import FusionConfig, Strategy
from .jobs import FusionJob
from .partition import PrivateData, Samples
from .results import file_digest

Coalition = tuple[int, ...]
"""Places of models, ascending."""


@dataclass(frozen=True, eq=False)
class CoalitionsJob:
    """Fusions of many coalitions of the same models, each measured on the same images.

    Attributes:
        model_files: The models, in the order in which they are fused.
        coalitions: Which of them are fused each time, none of them empty.
        data: The heads are trained on its ``train``, in the order that it gives everybody.
        samples: Images to measure on.
        classes: Number of classes d of the task.
        strategy: ``"I"`` or ``"II"`` (Section III-B).
        config: Hyper-parameters.
        seeds: One a head, of its initial weights; every coalition gets a head of each.
    """

    model_files: tuple[bytes, ...]
    coalitions: tuple[Coalition, ...]
    data: PrivateData
    samples: Samples
    classes: int
    strategy: Strategy = "II"
    config: FusionConfig = field(default_factory=FusionConfig)
    seeds: tuple[int, ...] = (0,)

    def __post_init__(self):
        places = range(len(self.model_files))
        for coalition in self.coalitions:
            ascending = list(coalition) == sorted(set(coalition))
            if not coalition or not ascending or not set(coalition) <= set(places):
                raise InputError("coalitions", coalition, f"places of models, ascending, of {len(places)}")
        if not self.coalitions:
            raise InputError("coalitions", (), "at least one")
        if not self.seeds or len(set(self.seeds)) != len(self.seeds):
            raise InputError("seeds", self.seeds, "at least one, and each head another")

    @property
    def fits_together(self) -> bool:
        """Whether one program can fit all heads; not where models are dropped or heads start warm."""
        return not self.config.mod_drop and not self.config.warm_epochs

    def fusion(self, coalition: Coalition) -> FusionJob:
        """Return the fusion of one coalition, as a panel would ask for it."""
        return FusionJob(
            model_files=tuple(self.model_files[place] for place in coalition),
            data=self.data,
            classes=self.classes,
            strategy=self.strategy,
            config=self.config,
            seeds=self.seeds,
        )


@dataclass(frozen=True, eq=False)
class CoalitionsResult:
    """What fused coalitions tell.

    Attributes:
        right: Whether each image was told right, bool (coalitions, heads, N).
        losses: Mean cross-entropy in nats, float64 (coalitions, heads).
    """

    right: np.ndarray
    losses: np.ndarray


def coalitions_key(job: CoalitionsJob) -> str:
    """Return the cache address of coalitions' results; those that are asked for together belong together."""
    return cache_key(
        "coalitions",
        models=[file_digest(blob) for blob in job.model_files],
        coalitions=[list(coalition) for coalition in job.coalitions],
        data=job.data.digest,
        samples=job.samples.digest,
        classes=job.classes,
        strategy=job.strategy,
        config=job.config.model_dump(mode="json", exclude_none=True),
        seeds=list(job.seeds),
    )


def coalitions_entry(result: CoalitionsResult) -> Entry:
    """Lay coalitions' results down as arrays and values, eight images a byte."""
    arrays = {"right": np.packbits(result.right, axis=-1), "losses": result.losses}
    return arrays, {"images": result.right.shape[-1]}


def coalitions_from(arrays: dict[str, np.ndarray], values: dict[str, Any]) -> CoalitionsResult:
    """Take coalitions' results up again."""
    right = np.unpackbits(arrays["right"], axis=-1, count=values["images"])
    return CoalitionsResult(right.astype(bool), arrays["losses"])
