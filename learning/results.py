"""How jobs are addressed in the cache and how results are laid down there."""

import hashlib
from typing import Any

import numpy as np

from .cache import cache_key
from .jobs import FingerprintJob, FusionJob, FusionResult, StandaloneJob, TrainingJob, TrainingResult
from .model_files import FusionHead

Entry = tuple[dict[str, np.ndarray], dict[str, Any]]


def training_key(job: TrainingJob) -> str:
    """Return the cache address of a training."""
    return cache_key(
        "training",
        network=job.network.model_dump(mode="json"),
        data=job.data.digest,
        config=job.config.model_dump(mode="json"),
        threshold=job.threshold,
        seed=job.seed,
    )


def fusion_key(job: FusionJob) -> str:
    """Return the cache address of a fusion."""
    return cache_key(
        "fusion",
        models=[file_digest(blob) for blob in job.model_files],
        data=job.data.digest,
        classes=job.classes,
        strategy=job.strategy,
        config=job.config.model_dump(mode="json"),
        seed=job.seed,
        held_out=job.held_out.digest if job.held_out is not None else None,
        control=job.control,
    )


def standalone_key(job: StandaloneJob) -> str:
    """Return the cache address of a standalone measurement."""
    return cache_key("standalone", model=file_digest(job.model_file), samples=job.samples.digest)


def fingerprint_key(job: FingerprintJob) -> str:
    """Return the cache address of a fingerprint."""
    return cache_key("fingerprint", model=file_digest(job.model_file), shape=list(job.image_shape))


def file_digest(blob: bytes) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(blob).hexdigest()


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


def fusion_entry(result: FusionResult) -> Entry:
    """Lay a fusion result down as arrays and values."""
    values = {
        "accuracy": result.accuracy,
        "test_accuracy": result.test_accuracy,
        "held_out_accuracy": result.held_out_accuracy,
        "labels": [list(labels) for labels in result.head.labels],
        "strategy": result.head.strategy,
    }
    return {"A": result.head.A, "B": result.head.B}, values


def fusion_from(arrays: dict[str, np.ndarray], values: dict[str, Any]) -> FusionResult:
    """Take a fusion result up again."""
    labels = tuple(tuple(row) for row in values["labels"])
    head = FusionHead(arrays["A"], arrays["B"], labels, values["strategy"])
    return FusionResult(values["accuracy"], values["test_accuracy"], values["held_out_accuracy"], head)


def standalone_entry(accuracy: float) -> Entry:
    """Lay a standalone accuracy down as arrays and values."""
    return {}, {"accuracy": accuracy}


def standalone_from(arrays: dict[str, np.ndarray], values: dict[str, Any]) -> float:
    """Take a standalone accuracy up again."""
    return values["accuracy"]


def fingerprint_entry(fingerprint: bytes) -> Entry:
    """Lay a fingerprint down as arrays and values."""
    return {"fingerprint": np.frombuffer(fingerprint, np.uint8)}, {}


def fingerprint_from(arrays: dict[str, np.ndarray], values: dict[str, Any]) -> bytes:
    """Take a fingerprint up again."""
    return arrays["fingerprint"].tobytes()
