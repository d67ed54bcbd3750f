"""The game of trained models: what a coalition is worth is what its fusion tells of images nobody knew.

Every coalition gets a fusion head of its own, trained as verifiers train theirs (Section III-B). Models are
rebuilt and their features computed once; the heads of many coalitions are fitted by one program
(``learning.coalition_fits``), block by block on the workers.
"""

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ...errors import InputError
from ...learning import (
    Coalition,
    CoalitionsJob,
    CoalitionsResult,
    FusionConfig,
    ModelFileError,
    PrivateData,
    Samples,
    Strategy,
    Workbench,
    blocks_of,
    decode_model,
    describe_model,
)
from ...learning.model_files import check_together
from .game import Game
from .sampling import SampledValues, sample_values

Utility = Literal["accuracy", "log_loss"]
Empty = Literal["uniform", "commonest"]
Tell = Callable[[str], None]

LISTED_PLAYERS = 12
"""Up to so many players every coalition is measured: 4,095 heads."""
TELL_SECONDS = 10.0


@dataclass(frozen=True, eq=False)
class FusedModels:
    """Models, and how their coalitions are fused and measured.

    Attributes:
        names: Of the models, each another, in the order in which they are fused.
        files: Their bytes. ``None``, and a file that cannot be rebuilt or does not fit the images, stands for
            a model that nobody can fuse: it adds nothing to any coalition.
        data: The heads are trained on its ``train``.
        samples: Images to measure on, which nobody trained or voted on.
        classes: Number of classes d.
        strategy: ``"I"`` or ``"II"``.
        config: How heads are trained.
        seeds: One a head; the worth of a coalition is the mean over its heads.
        utility: What a worth is: ``accuracy``, the share of the images told right, or ``log_loss``, the mean
            cross-entropy in nats with its sign turned, so that more is better.
        empty: What nobody is worth: ``uniform`` takes every label as equally likely, so that the accuracy is
            1/d and the loss ln d; ``commonest`` knows how often each label is among the images, tells always
            the commonest, and has the loss of these shares.
    """

    names: tuple[str, ...]
    files: tuple[bytes | None, ...]
    data: PrivateData
    samples: Samples
    classes: int
    strategy: Strategy = "II"
    config: FusionConfig = field(default_factory=FusionConfig)
    seeds: tuple[int, ...] = (0,)
    utility: Utility = "accuracy"
    empty: Empty = "uniform"

    def __post_init__(self):
        if not self.names or len(self.names) != len(self.files) or len(set(self.names)) != len(self.names):
            raise InputError("models", self.names, "at least one model, and for each a name of its own")
        if not len(self.samples):
            raise InputError(
                "samples", 0, "at least one image to measure on: take a smaller verification sample"
            )
        files = tuple(file if file is not None and self._fits(file) else None for file in self.files)
        object.__setattr__(self, "files", files)

    def _fits(self, file: bytes) -> bool:
        try:
            check_together([decode_model(file).spec], self.data.image_shape, self.classes)
        except ModelFileError:
            return False
        return True

    @property
    def readable(self) -> tuple[bool, ...]:
        """Which of the models can be fused."""
        return tuple(file is not None for file in self.files)

    @property
    def worth_of_nobody(self) -> float:
        """Return v of the empty coalition."""
        if self.empty == "uniform":
            return 1 / self.classes if self.utility == "accuracy" else -math.log(self.classes)
        shares = np.bincount(self.samples.labels) / len(self.samples)
        if self.utility == "accuracy":
            return float(shares.max())
        return float((shares * np.log(shares, where=shares > 0, out=np.zeros_like(shares))).sum())


def fused_game(models: FusedModels, bench: Workbench, tell: Tell | None = None) -> Game:
    """Measure every coalition of some models.

    Args:
        models: At most as many as a game lists; from a dozen on it takes hours.
        bench: Where heads are fitted; what it remembers is not fitted again.
        tell: Told now and then how far it is.

    Raises:
        InputError: There are too many models.
    """
    empty = Game(models.names, np.zeros(2 ** len(models.names)))  # refuses too many before anything is fitted
    worths = measure_worths(models, range(len(empty.values)), bench, tell)
    return Game(models.names, np.asarray(worths))


def sample_fused(
    models: FusedModels,
    bench: Workbench,
    orders: int,
    seed: int = 0,
    *,
    tolerance: float | None = None,
    tell: Tell | None = None,
) -> SampledValues:
    """Estimate models' values from random orders, measuring only the coalitions that these need.

    Args and errors are ``sample_values``'s.
    """
    return sample_values(
        len(models.names),
        lambda masks: measure_worths(models, masks, bench, tell),
        orders,
        seed,
        tolerance=tolerance,
    )


def measure_worths(
    models: FusedModels, masks: Sequence[int], bench: Workbench, tell: Tell | None = None
) -> list[float]:
    """Return the worths of coalitions by their bit masks, the first model's bit being the lowest."""
    fused = {mask: _readable_members(models, mask) for mask in masks}
    wanted = sorted({members for members in fused.values() if members}, key=lambda one: (len(one), one))
    asked = {bench.coalitions(job): coalitions for job, coalitions in _jobs(models, wanted)}
    _wait_for(list(asked), sum(map(len, asked.values())), asked, tell)
    found: dict[Coalition, float] = {(): models.worth_of_nobody}
    for future, coalitions in asked.items():
        found.update(zip(coalitions, _worths(future.result(), models.utility), strict=True))
    return [found[fused[mask]] for mask in masks]


def _readable_members(models: FusedModels, mask: int) -> Coalition:
    return tuple(place for place, file in enumerate(models.files) if mask >> place & 1 and file is not None)


def _jobs(
    models: FusedModels, coalitions: list[Coalition]
) -> list[tuple[CoalitionsJob, tuple[Coalition, ...]]]:
    """Return the jobs for coalitions, each with those that it is about."""
    labels = [0 if file is None else len(describe_model(file).classes) for file in models.files]
    found = []
    for rows in blocks_of(coalitions, labels, heads=len(models.seeds)):
        block = tuple(coalitions[row] for row in rows)
        # A job knows of no other models than those in it: who else takes part changes nothing.
        present = sorted({place for coalition in block for place in coalition})
        place_of = {place: number for number, place in enumerate(present)}
        job = CoalitionsJob(
            model_files=tuple(file for place in present if (file := models.files[place]) is not None),
            coalitions=tuple(tuple(place_of[place] for place in coalition) for coalition in block),
            data=models.data,
            samples=models.samples,
            classes=models.classes,
            strategy=models.strategy,
            config=models.config,
            seeds=models.seeds,
        )
        found.append((job, block))
    return found


def _worths(result: CoalitionsResult, utility: Utility) -> list[float]:
    if utility == "accuracy":
        return result.right.mean(axis=(1, 2)).tolist()
    return (-result.losses.mean(axis=1)).tolist()


def _wait_for(
    futures: list["Future[CoalitionsResult]"],
    coalitions: int,
    asked: dict["Future[CoalitionsResult]", tuple[Coalition, ...]],
    tell: Tell | None,
) -> None:
    done, told = 0, time.monotonic()
    for future in as_completed(futures):
        done += len(asked[future])
        if tell is not None and (done == coalitions or time.monotonic() - told > TELL_SECONDS):
            tell(f"{done} of {coalitions} coalitions measured")
            told = time.monotonic()
