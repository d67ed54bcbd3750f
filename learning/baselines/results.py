"""How the baselines' jobs are addressed in the cache and how their results are laid down there."""

from typing import Any

import numpy as np

from ..cache import cache_key
from ..results import Entry, file_digest
from .jobs import (
    FederationJob,
    FederationResult,
    LateFusionJob,
    LateFusionResult,
    RidgeJob,
    RidgeResult,
)


def federation_key(job: FederationJob) -> str:
    """Return the cache address of a federated averaging."""
    return cache_key(
        "federation",
        network=job.network.model_dump(mode="json"),
        contributors=[data.digest for data in job.contributors],
        controller=job.controller.digest,
        config=job.config.model_dump(mode="json", exclude_none=True),
        seed=job.seed,
        held_out=job.held_out.digest if job.held_out is not None else None,
    )


def late_fusion_key(job: LateFusionJob) -> str:
    """Return the cache address of a late fusion."""
    models = [file_digest(blob) for blob in job.model_files]
    return cache_key("late fusion", models=models, samples=job.samples.digest, classes=job.classes)


def ridge_key(job: RidgeJob) -> str:
    """Return the cache address of a ridge readout."""
    return cache_key(
        "ridge",
        models=[file_digest(blob) for blob in job.model_files],
        data=job.data.digest,
        classes=job.classes,
        held_out=job.held_out.digest if job.held_out is not None else None,
    )


def federation_entry(result: FederationResult) -> Entry:
    """Lay the result of a federated averaging down as arrays and values."""
    values = {name: value for name, value in vars(result).items() if name != "model_file"}
    lists = {"steps": list(result.steps), "history": list(result.history)}
    return {"model_file": np.frombuffer(result.model_file, np.uint8)}, {**values, **lists}


def federation_from(arrays: dict[str, np.ndarray], values: dict[str, Any]) -> FederationResult:
    """Take the result of a federated averaging up again."""
    tuples = {"steps": tuple(values["steps"]), "history": tuple(values["history"])}
    return FederationResult(model_file=arrays["model_file"].tobytes(), **{**values, **tuples})


def late_fusion_entry(result: LateFusionResult) -> Entry:
    """Lay a late fusion down as arrays and values."""
    return {}, dict(vars(result))


def late_fusion_from(arrays: dict[str, np.ndarray], values: dict[str, Any]) -> LateFusionResult:
    """Take a late fusion up again."""
    return LateFusionResult(**values)


def ridge_entry(result: RidgeResult) -> Entry:
    """Lay a ridge readout's result down as arrays and values."""
    return {}, dict(vars(result))


def ridge_from(arrays: dict[str, np.ndarray], values: dict[str, Any]) -> RidgeResult:
    """Take a ridge readout's result up again."""
    return RidgeResult(**values)
