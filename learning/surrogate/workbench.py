"""Learning that is drawn, not done: for markets of hundreds of parties, where what is asked is who is paid.

A surrogate has the door of a ``Workbench``. A model is a short note of who it belongs to and what it knows;
accuracies are drawn from curves fitted to real runs (``curves``): one draw for the models that are fused,
one for the images they are measured on, whose number decides its spread, and one for each verifier's head.
The same question has the same answer. No record of such a run says anything about learning.
"""

import hashlib
import json
import math
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from ...seeds import derive_seed, generator
from ...storage import cache_folder
from ..config import Strategy
from ..futures import at_once, done
from ..jobs import (
    FingerprintJob,
    FusionJob,
    FusionResult,
    Measured,
    StandaloneJob,
    TrainingJob,
    TrainingResult,
)
from ..model_files import FusionHead
from ..partition import Samples
from ..tensor_files import ModelFileError, canonical_json
from .curves import Curves

KIND = "verifuse surrogate model"

COPY = "~"
"""Stands between the identity of a model and what tells another file about it apart."""

SATURATION = 4.0
"""By how many factors of e the rate of learning falls while a usual training runs: what is cut short loses
little if it is near its end, and nearly all at its beginning."""

ALIKE = 0.9
"""Share of the variance from image to image that all fused models have in common: what one gets wrong, its
successor mostly gets wrong too, so on 1,000 images a pair differs by about 0.25 points where each alone is
known to 0.6."""


@dataclass(frozen=True)
class Note:
    """What stands for a model.

    Attributes:
        labels: The labels it knows.
        accuracy: What it tells right of images of these labels.
        identity: Tells it from every other.
    """

    labels: tuple[int, ...]
    accuracy: float
    identity: str

    @property
    def original(self) -> str:
        """The identity of the model that this is a copy of; its own if it is none."""
        return self.identity.partition(COPY)[0]

    def copy(self, mark: str) -> Self:
        """Return another file about the same model, told apart by a mark."""
        return replace(self, identity=f"{self.original}{COPY}{mark}")

    def to_bytes(self) -> bytes:
        """Return the note as a file."""
        return canonical_json({"kind": KIND, **vars(self)}).encode()

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read a note.

        Raises:
            ModelFileError: It is none.
        """
        try:
            content = json.loads(blob)
            if content.pop("kind") != KIND:
                raise ValueError("another kind of file")
            note = cls(tuple(content["labels"]), float(content["accuracy"]), str(content["identity"]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelFileError(f"no surrogate of a model: {error}") from None
        if not note.labels or not 0 <= note.accuracy <= 1:
            raise ModelFileError("a surrogate of a model knows labels, at an accuracy from 0 to 1")
        return note


class Surrogate:
    """Answers what a ``Workbench`` is asked, from curves.

    Args:
        curves: Of the data set and recipe.
        cache: Unused, for nothing is computed that would be worth keeping; named as the workbench's is.
    """

    def __init__(self, curves: Curves, cache: Path | None = None):
        self.curves = curves
        self.workers = 1
        self.cache_folder = cache or cache_folder()
        self._fused: dict[bytes, list[FusionResult]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Forget everything."""
        self._fused.clear()

    def train_all(self, jobs: Sequence[TrainingJob]) -> "list[Future[TrainingResult]]":
        """Do nothing yet: a drawn training takes no time, so each is drawn when it is asked for."""
        return []

    def train(self, job: TrainingJob) -> "Future[TrainingResult]":
        """Draw a training: its accuracies and how long it took."""
        draws = generator(job.seed, "surrogate training")
        curves, data = self.curves, job.data
        accuracy = _rate(draws.normal(curves.local.mean, curves.local.deviation))
        epochs = max(1, round(draws.normal(curves.epochs.mean, curves.epochs.deviation)))
        steps = math.ceil(len(data.train) / job.config.batch)
        usual = epochs * steps
        iterations = min(usual, (job.config.epochs or epochs) * steps, job.config.max_iterations)
        if iterations < usual:
            low = chance(job.network.classes)
            accuracy = low + (accuracy - low) * _learned(iterations / usual)
            epochs = math.ceil(iterations / steps)
        note = Note(tuple(job.network.classes), accuracy, f"{job.seed:08x}{data.digest[:24]}")
        test, local = (
            draws.binomial(len(part), accuracy) / len(part) for part in (data.test, data.verification)
        )
        reached = job.threshold is None or accuracy >= job.threshold
        return done(
            TrainingResult(
                model_file=note.to_bytes(),
                iterations=iterations,
                epochs=epochs,
                test_accuracy=test,
                local_accuracy=local,
                reached=reached,
                history=(test,),
                train_samples=len(data.train),
            )
        )

    def fuse(self, job: FusionJob) -> "Future[list[FusionResult]]":
        """Draw what each verifier measures of fused models; asked again, return the same.

        The future raises ``ModelFileError`` for a file that is no surrogate.
        """
        return at_once(self._fuse, job)

    def standalone(self, job: StandaloneJob) -> "Future[float]":
        """Draw the share of the samples of its own labels that a model tells right, alone."""
        return at_once(_standalone, job)

    def fingerprint(self, job: FingerprintJob) -> "Future[bytes]":
        """Return 32 bytes that only a model of the same identity and its copies have."""
        return at_once(lambda asked: _digest(Note.from_bytes(asked.model_file).original.encode()), job)

    def fused_file(self, job: FusionJob, result: FusionResult) -> bytes:
        """Return a note of what was fused."""
        files = [_digest(file).hex() for file in job.model_files]
        return canonical_json({"kind": "verifuse surrogate of a fused model", "models": files}).encode()

    def _fuse(self, job: FusionJob) -> list[FusionResult]:
        models = _digest(*job.model_files, str(job.control).encode())
        key = _digest(models, job.strategy.encode(), job.data.digest.encode(), repr(job.seeds).encode())
        if key not in self._fused:
            self._fused[key] = self._drawn(job, int.from_bytes(models[:6], "big"))
        return self._fused[key]

    def _drawn(self, job: FusionJob, models: int) -> list[FusionResult]:
        notes = [Note.from_bytes(file) for file in job.model_files]
        honest = notes[:-1] if job.control else notes
        # A copy tells a head nothing that the original does not.
        width = sum(
            len(note.labels) * _worth(note) for note in {note.original: note for note in honest}.values()
        )
        curve = self.curves.fused[job.strategy]
        expected = curve.accuracy(width, 1 / job.classes)
        expected += generator(models, "surrogate fusion", job.strategy).normal(0, curve.market)
        labels = tuple(note.labels for note in notes)
        sets = (job.data.verification, job.data.test, job.held_out)
        # Verifiers who share images share what these happen to be like.
        easy = [None if part is None else _ease(models, job.strategy, part) for part in sets]
        found = []
        for seed in job.seeds:
            own = generator(derive_seed(seed, "surrogate head", f"{models} {job.strategy}"), "accuracy")
            mine = expected + own.normal() * curve.head * (1 - expected)
            measured = [
                None if part is None or ease is None else _measured(mine, ease, len(part))
                for part, ease in zip(sets, easy, strict=True)
            ]
            head = _no_weights(labels, job.classes, job.strategy)
            assert measured[0] is not None and measured[1] is not None, "a sample has all of its parts"
            found.append(FusionResult(measured[0], measured[1], measured[2], head))
        return found


def _worth(note: Note) -> float:
    """Return how much of a model's width helps: none of one that tells nothing of its own labels."""
    low = chance(note.labels)
    return max(0.0, min(1.0, (note.accuracy - low) / (0.9 - low)))


def chance(labels: Sequence[int]) -> float:
    """Return what guessing tells right of images with these labels; of one alone, half."""
    return 1 / len(labels) if len(labels) > 1 else 0.5


def _learned(share: float) -> float:
    """Return how much of what a usual training brings a share of it brings."""
    return math.expm1(-SATURATION * share) / math.expm1(-SATURATION)


def _ease(models: int, strategy: Strategy, part: Samples) -> float:
    """Return how many standard errors easier than others some images are, mostly alike for all models."""
    alike = generator(0, "surrogate images", part.digest).normal()
    own = generator(models, f"surrogate images {strategy}", part.digest).normal()
    return float(math.sqrt(ALIKE) * alike + math.sqrt(1 - ALIKE) * own)


def _measured(accuracy: float, ease: float, images: int) -> Measured:
    accuracy = _rate(accuracy)
    share = accuracy + ease * math.sqrt(accuracy * (1 - accuracy) / images)
    right = np.arange(images) < round(images * _rate(share))
    return Measured(right, np.broadcast_to(np.float32(math.nan), (images,)))


def _standalone(job: StandaloneJob) -> float:
    note = Note.from_bytes(job.model_file)
    images = int(np.isin(job.samples.labels, note.labels).sum())
    if not images:
        raise ModelFileError(f"none of the samples bears one of the declared labels {list(note.labels)}")
    draws = generator(0, "surrogate standalone", f"{note.identity} {job.samples.digest}")
    return draws.binomial(images, note.accuracy) / images


def _no_weights(labels: tuple[tuple[int, ...], ...], classes: int, strategy: Strategy) -> FusionHead:
    nothing = np.zeros((0, 0), np.float32)
    return FusionHead(nothing, nothing, labels, strategy)


def _rate(value: float) -> float:
    return float(min(1.0, max(0.0, value)))


def _digest(*parts: bytes) -> bytes:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.digest()
