"""Fuse a run's models anew: fewer of them, in another order, by the other strategy, or half-way between."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pandas as pd
from pydantic import ValidationError

from ..errors import InputError
from ..learning import (
    FusedModel,
    FusionConfig,
    FusionHead,
    FusionJob,
    PredictionJob,
    Samples,
    Strategy,
    TrainedNetwork,
    Workbench,
    at_gamma,
    decode_model,
    encode_fused,
)
from ..scenarios import RunRecord, first_refusal
from .frames import frame_of
from .worth.recorded import recorded_models

GAMMAS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, eq=False)
class Fused:
    """Some models of a run under one head.

    Attributes:
        contributors: Whose models they are, in the order in which they are fused.
        strategy: ``"I"`` or ``"II"``.
        accuracy: On the initiator's verification images, a fraction.
        held_out_accuracy: On images that nobody trained or voted on.
        networks: The models.
        head: The trained weights A and B.
        verification: The images of ``accuracy``.
        held_out: The images of ``held_out_accuracy``.
    """

    contributors: tuple[str, ...]
    strategy: Strategy
    accuracy: float
    held_out_accuracy: float
    networks: tuple[TrainedNetwork, ...]
    head: FusionHead
    verification: Samples
    held_out: Samples

    @property
    def widths(self) -> tuple[int, ...]:
        """Width of each model's features."""
        return tuple(network.spec.hidden for network in self.networks)

    def file(self, gamma: float = 1.0) -> bytes:
        """Return the fused model as a file, with equations 5 and 6 read at this gamma."""
        return encode_fused(FusedModel(self.networks, at_gamma(self.head, self.widths, gamma)))


@dataclass(frozen=True)
class AtGamma:
    """A fused model at one gamma.

    Attributes:
        gamma: What everything outside the blocks is multiplied by; see ``learning.at_gamma``.
        accuracy: On the initiator's verification images, a fraction.
        held_out_accuracy: On images that nobody trained or voted on.
    """

    gamma: float
    accuracy: float
    held_out_accuracy: float


def fuse(
    record: RunRecord,
    contributors: Sequence[str] | None = None,
    *,
    strategy: Strategy | None = None,
    task: str | None = None,
    bench: Workbench | None = None,
    **settings: float,
) -> Fused:
    """Fuse announced models of a run as its initiator does, except for what is said here.

    Args:
        record: The run; its learning must be real.
        contributors: Whose models, in the order of fusion; absent, all that were announced.
        strategy: ``"I"`` or ``"II"`` of Section III-B; absent, the task's.
        task: The task's name; absent, the first.
        bench: Where the head is fitted; absent, workers are started for it where its answer is not known.
        settings: Keys of ``[fusion]``, such as ``stage_one_epochs=0``.

    Raises:
        InputError: There is no such contributor, task or setting, or a model cannot be rebuilt.
    """
    models, _ = recorded_models(record, task=task)
    files = dict(zip(models.names, models.files, strict=True))
    names = tuple(contributors) if contributors is not None else models.names
    if not names or len(set(names)) != len(names) or not set(names) <= set(files):
        raise InputError("contributors", list(names), f"some of {', '.join(files)}, each once")
    chosen = tuple(file for name in names if (file := files[name]) is not None)
    if len(chosen) < len(names):
        raise InputError("contributors", list(names), "those whose models can be rebuilt")
    job = FusionJob(
        model_files=chosen,
        data=models.data,
        classes=models.classes,
        strategy=models.strategy if strategy is None else _known(strategy),
        config=_changed(models.config, settings),
        seeds=models.seeds[:1],
        held_out=models.samples,
    )
    with _opened(bench) as workers:
        (result,) = workers.fuse(job).result()
    assert result.held_out is not None, "held-out images were asked for"
    return Fused(
        contributors=names,
        strategy=job.strategy,
        accuracy=result.verification.accuracy,
        held_out_accuracy=result.held_out.accuracy,
        networks=tuple(map(decode_model, chosen)),
        head=result.head,
        verification=models.data.verification,
        held_out=models.samples,
    )


def along_gamma(
    fused: Fused, gammas: Iterable[float] = GAMMAS, *, bench: Workbench | None = None
) -> pd.DataFrame:
    """Return a row for each gamma, with the columns of ``AtGamma``.

    Args:
        fused: A fused model.
        gammas: Numbers from 0, where each model speaks for its own labels alone, to 1, the head as trained.
        bench: Where it is asked; absent, a worker is started for it.

    Raises:
        InputError: A gamma lies outside.
    """
    files = {float(gamma): fused.file(gamma) for gamma in gammas}
    with _opened(bench) as workers:
        asked = {
            gamma: [workers.predict(PredictionJob(file, one.images)) for one in _samples(fused)]
            for gamma, file in files.items()
        }
        told = {
            gamma: [
                float((future.result().argmax(axis=1) == one.labels).mean())
                for future, one in zip(futures, _samples(fused), strict=True)
            ]
            for gamma, futures in asked.items()
        }
    return frame_of(AtGamma, [({}, AtGamma(gamma, *rates)) for gamma, rates in told.items()])


def _samples(fused: Fused) -> tuple[Samples, Samples]:
    return fused.verification, fused.held_out


def _known(strategy: str) -> Strategy:
    if strategy == "I" or strategy == "II":
        return strategy
    raise InputError("strategy", strategy, "'I' or 'II'")


def _changed(config: FusionConfig, settings: dict[str, float]) -> FusionConfig:
    try:
        return FusionConfig.model_validate({**config.model_dump(), **settings})
    except ValidationError as error:
        raise first_refusal(error, FusionConfig, "the settings of a fusion") from None


@contextmanager
def _opened(bench: Workbench | None) -> Iterator[Workbench]:
    if bench is not None:
        yield bench
        return
    with Workbench() as own:
        yield own
