"""Can the vote tell an honest fifth model from junk?

Four models are fused, and then a fifth one with them: an honest one, or junk of three kinds. What the fused
model's accuracy says of the fifth is set beside what looks at the fifth alone.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace

import numpy as np

from ...errors import InputError
from ...learning import (
    FingerprintJob,
    FusionResult,
    PrivateData,
    RecipeName,
    Samples,
    StandaloneJob,
    TrainedNetwork,
    TrainingJob,
    TrainingResult,
    Workbench,
    encode_model,
    fingerprint_distance,
)
from ...learning.initial import initial_weights
from ...seeds import derive_seed, generator
from ..findings import Findings, Section
from ..waiting import wait_for
from .case import Case
from .junk_tests import Fifth, Runs
from .junk_words import sections_of
from .opening import CaseSettings, open_case
from .paired import PairedDifference, paired_difference


class Settings(CaseSettings):
    """Which scenario's last contributor is replaced.

    Attributes:
        scenario: A shipped scenario's name, or a file's path.
    """

    scenario: str = "paper_2"


def study(settings: Settings, bench: Workbench, tell: Callable[[str], None]) -> Findings:
    """Answer the question."""
    return Findings(
        title="Can the vote tell an honest fifth model from junk?",
        command="verifuse study junk",
        sections=tuple(sections(settings, bench, tell)),
    )


def sections(settings: Settings, bench: Workbench, tell: Callable[[str], None]) -> list[Section]:
    """Return a section on each recipe, and one on what tells which junk.

    Raises:
        InputError: The scenario cannot be used, or has fewer than two contributors.
    """
    cases = {
        (recipe, seed): open_case(settings.scenario, {"recipe": recipe}, settings.overrides, seed)
        for recipe in settings.recipes
        for seed in settings.seeds
    }
    measured = dict(zip(cases, _measure(list(cases.values()), bench, tell), strict=True))
    runs: dict[RecipeName, Runs] = {
        recipe: [measured[recipe, seed] for seed in settings.seeds] for recipe in settings.recipes
    }
    return sections_of(runs, next(iter(cases.values())))


@dataclass(frozen=True)
class _Asked:
    """What is under way for one fifth model."""

    fused: Future[list[FusionResult]]
    probe: Future[list[FusionResult]]
    standalone: Future[float]
    fingerprint: Future[bytes]

    @property
    def futures(self) -> Iterator[Future]:
        """All of it."""
        yield from (self.fused, self.probe, self.standalone, self.fingerprint)


def _measure(cases: list[Case], bench: Workbench, tell: Callable[[str], None]) -> list[dict[str, Fifth]]:
    """Return, for each case, what each kind of fifth model does."""
    for case in cases:
        if len(case.trainings) < 2:
            raise InputError("contributors.count", len(case.trainings), "at least 2: a base and one more")
    trained = [[bench.train(job) for job in case.trainings] for case in cases]
    wait_for((future for row in trained for future in row), "trainings", tell)
    honest = [[future.result() for future in row] for row in trained]
    shuffled = [
        bench.train(shuffled_training(case, row[-1])) for case, row in zip(cases, honest, strict=True)
    ]
    wait_for(shuffled, "trainings on shuffled labels", tell)
    asked = [
        _ask(case, tuple(one.model_file for one in row), other.result().model_file, bench)
        for case, row, other in zip(cases, honest, shuffled, strict=True)
    ]
    wait_for((future for row in asked for future in row.futures), "measurements", tell)
    return [row.answers() for row in asked]


@dataclass(frozen=True)
class _CaseAsked:
    """What is under way for one case."""

    base: Future[list[FusionResult]]
    base_fingerprints: list[Future[bytes]]
    fifths: dict[str, _Asked]

    @property
    def futures(self) -> Iterator[Future]:
        """All of it."""
        yield self.base
        yield from self.base_fingerprints
        for one in self.fifths.values():
            yield from one.futures

    def answers(self) -> dict[str, Fifth]:
        """Return what each kind of fifth model does, when all is done."""
        base = self.base.result()
        earlier = [future.result() for future in self.base_fingerprints]
        return {kind: _answer(one, base, earlier) for kind, one in self.fifths.items()}


def _ask(case: Case, models: tuple[bytes, ...], shuffled: bytes, bench: Workbench) -> _CaseAsked:
    *base, honest = models
    strategy = case.scenario.task.strategy
    fifths = {
        "honest": honest,
        "copy": base[-1],
        "random weights": random_model(case),
        "shuffled labels": shuffled,
    }

    def ask(model: bytes) -> _Asked:
        return _Asked(
            fused=bench.fuse(case.fusion((*base, model), strategy)),
            probe=bench.fuse(case.fusion((model,), strategy)),
            standalone=bench.standalone(StandaloneJob(model, case.sample.verification)),
            fingerprint=fingerprint(model),
        )

    def fingerprint(model: bytes) -> Future[bytes]:
        return bench.fingerprint(FingerprintJob(model, case.sample.image_shape))

    return _CaseAsked(
        base=bench.fuse(case.fusion(tuple(base), strategy)),
        base_fingerprints=[fingerprint(model) for model in base],
        fifths={kind: ask(model) for kind, model in fifths.items()},
    )


def random_model(case: Case) -> bytes:
    """Return the last contributor's network with weights that nobody trained."""
    network = case.trainings[-1].network
    weights = initial_weights(network, derive_seed(case.scenario.seed, "junk", "weights"))
    return encode_model(TrainedNetwork(network, weights))


def shuffled_training(case: Case, honest: TrainingResult) -> TrainingJob:
    """Return the last contributor's training with the labels of her training images shuffled among them.

    It takes as many epochs as her honest one and keeps the last weights: her own testing data, whose labels
    are right, would end it at once.
    """
    job = case.trainings[-1]
    train = job.data.train
    order = generator(case.scenario.seed, "junk", "labels").permutation(len(train))
    data = PrivateData(Samples(train.images, train.labels[order]), job.data.test, job.data.verification)
    config = job.config.model_copy(update={"epochs": honest.epochs})
    return replace(job, data=data, config=config, threshold=None)


def _answer(asked: _Asked, base: list[FusionResult], earlier: list[bytes]) -> Fifth:
    fused, probe, own = asked.fused.result(), asked.probe.result(), asked.fingerprint.result()
    return Fifth(
        right=_differences(fused, base, "right"),
        losses=_differences(fused, base, "losses"),
        standalone=asked.standalone.result(),
        probe=float(np.mean([one.accuracy for one in probe])),
        distance=min(fingerprint_distance(own, other) for other in earlier),
    )


def _differences(
    fused: list[FusionResult], base: list[FusionResult], what: str
) -> tuple[PairedDifference, PairedDifference]:
    """Return the differences on the sample and on the held-out images; each image's is a mean over heads."""

    def mean_of(results: list[FusionResult], part: str) -> np.ndarray:
        return np.mean([getattr(getattr(one, part), what) for one in results], axis=0)

    on_sample, on_held_out = (
        paired_difference(mean_of(fused, part), mean_of(base, part)) for part in ("verification", "held_out")
    )
    return on_sample, on_held_out
