"""How jobs are addressed in the cache and how results are laid down there."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..storage import Recent
from .cache import Cache, cache_key
from .jobs import (
    FingerprintJob,
    FusionJob,
    FusionResult,
    LabellingJob,
    LossesJob,
    Measured,
    StandaloneJob,
    TrainingJob,
    TrainingResult,
)
from .model_files import FusionHead
from .partition import Samples

Entry = tuple[dict[str, np.ndarray], dict[str, Any]]


def training_key(job: TrainingJob, *, grouped: bool = False) -> str:
    """Return the cache address of a training, alone or in a group, which differ by rounding."""
    private = {"privacy": job.privacy.model_dump(mode="json")} if job.privacy is not None else {}
    return cache_key(
        "private-training" if private else "grouped-training" if grouped else "training",
        network=job.network.model_dump(mode="json"),
        data=job.data.digest,
        config=job.config.model_dump(mode="json", exclude_none=True),
        threshold=job.threshold,
        seed=job.seed,
        **private,
    )


def heads_key(job: FusionJob) -> str:
    """Return the cache address of a panel's heads."""
    return cache_key("heads", **_heads_parts(job))


def measured_key(job: FusionJob, samples: Samples) -> str:
    """Return the cache address of what a panel's heads tell of labelled images."""
    return cache_key("measured", samples=samples.digest, **_heads_parts(job))


def fusion_key(job: FusionJob) -> str:
    """Return the address of a whole fusion; nothing is kept there, but equal jobs have equal ones."""
    held_out = job.held_out.digest if job.held_out is not None else None
    return cache_key("measured", held_out=held_out, **_heads_parts(job))


def known_fusion(job: FusionJob, cache: Cache) -> list[FusionResult] | None:
    """Return a fusion's results if every part of them is known."""
    entry = cache.get(heads_key(job))
    if entry is None:
        return None
    heads = heads_from(*entry)
    parts: list[list[Measured] | list[None]] = []
    for samples in (job.data.verification, job.data.test, job.held_out):
        measured = None if samples is None else cache.get(measured_key(job, samples))
        if samples is not None and measured is None:
            return None
        parts.append([None] * len(heads) if measured is None else measured_from(*measured))
    verification, test, held_out = parts
    return [FusionResult(*one) for one in zip(verification, test, held_out, heads, strict=True)]  # pyright: ignore[reportArgumentType]


def _heads_parts(job: FusionJob) -> dict[str, Any]:
    return {
        "models": [file_digest(blob) for blob in job.model_files],
        "data": job.data.digest,
        "classes": job.classes,
        "strategy": job.strategy,
        "config": job.config.model_dump(mode="json", exclude_none=True),
        "seeds": list(job.seeds),
        "control": job.control,
    }


def standalone_key(job: StandaloneJob) -> str:
    """Return the cache address of a standalone measurement."""
    return cache_key("standalone", model=file_digest(job.model_file), samples=job.samples.digest)


def losses_key(job: LossesJob) -> str:
    """Return the cache address of a model's losses."""
    return cache_key("losses", model=file_digest(job.model_file), samples=job.samples.digest)


def labelling_key(job: LabellingJob) -> str:
    """Return the cache address of the labels that a model gives images."""
    return cache_key("labels", model=file_digest(job.model_file), samples=job.samples.digest)


def fingerprint_key(job: FingerprintJob) -> str:
    """Return the cache address of a fingerprint."""
    return cache_key("fingerprint", model=file_digest(job.model_file), shape=list(job.image_shape))


# The same objects are asked about again and again while a market runs; while one is here, its id is its own.
_DIGESTS: Recent[int, tuple[bytes, str]] = Recent(64 * 2**20)


def file_digest(blob: bytes) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    known = _DIGESTS.get(id(blob))
    if known is None:
        known = blob, hashlib.sha256(blob).hexdigest()
        _DIGESTS.put(id(blob), known, len(blob))
    return known[1]


def training_entry(result: TrainingResult) -> Entry:
    """Lay a training result down as arrays and values."""
    values = {name: value for name, value in vars(result).items() if name != "model_file"}
    return {"model_file": np.frombuffer(result.model_file, np.uint8)}, {
        **values,
        "history": list(result.history),
    }


def training_from(arrays: dict[str, np.ndarray], values: dict[str, Any]) -> TrainingResult:
    """Take a training result up again."""
    return TrainingResult(
        model_file=arrays["model_file"].tobytes(), **{**values, "history": tuple(values["history"])}
    )


def heads_entry(heads: Sequence[FusionHead]) -> Entry:
    """Lay a panel's heads down as arrays and values."""
    values = {"labels": [list(labels) for labels in heads[0].labels], "strategy": heads[0].strategy}
    return {name: np.stack([getattr(head, name) for head in heads]) for name in ("A", "B")}, values


def heads_from(arrays: dict[str, np.ndarray], values: dict[str, Any]) -> list[FusionHead]:
    """Take a panel's heads up again."""
    labels = tuple(tuple(row) for row in values["labels"])
    return [
        FusionHead(a, b, labels, values["strategy"]) for a, b in zip(arrays["A"], arrays["B"], strict=True)
    ]


def measured_entry(found: Sequence[Measured]) -> Entry:
    """Lay what a panel's heads tell down as arrays."""
    return {name: np.stack([getattr(one, name) for one in found]) for name in ("right", "losses")}, {}


def measured_from(arrays: dict[str, np.ndarray], values: dict[str, Any]) -> list[Measured]:
    """Take what a panel's heads tell up again."""
    return [Measured(*rows) for rows in zip(arrays["right"], arrays["losses"], strict=True)]


def standalone_entry(accuracy: float) -> Entry:
    """Lay a standalone accuracy down as arrays and values."""
    return {}, {"accuracy": accuracy}


def standalone_from(arrays: dict[str, np.ndarray], values: dict[str, Any]) -> float:
    """Take a standalone accuracy up again."""
    return values["accuracy"]


def losses_entry(losses: np.ndarray) -> Entry:
    """Lay losses down as arrays and values."""
    return {"losses": losses}, {}


def losses_from(arrays: dict[str, np.ndarray], values: dict[str, Any]) -> np.ndarray:
    """Take losses up again."""
    return arrays["losses"]


def labelling_entry(labels: np.ndarray) -> Entry:
    """Lay labels down as arrays and values."""
    return {"labels": labels}, {}


def labelling_from(arrays: dict[str, np.ndarray], values: dict[str, Any]) -> np.ndarray:
    """Take labels up again."""
    return arrays["labels"]


def fingerprint_entry(fingerprint: bytes) -> Entry:
    """Lay a fingerprint down as arrays and values."""
    return {"fingerprint": np.frombuffer(fingerprint, np.uint8)}, {}


def fingerprint_from(arrays: dict[str, np.ndarray], values: dict[str, Any]) -> bytes:
    """Take a fingerprint up again."""
    return arrays["fingerprint"].tobytes()
