"""What a worker process does: the jobs of the workbench, by name."""

from collections.abc import Sequence

import numpy as np

from . import evaluation
from .baselines import comparison
from .baselines.federated import federate as federate_network
from .baselines.jobs import (
    FederationJob,
    FederationResult,
    LateFusionJob,
    LateFusionResult,
    RidgeJob,
    RidgeResult,
)
from .baselines.results import (
    federation_entry,
    federation_from,
    federation_key,
    late_fusion_entry,
    late_fusion_from,
    late_fusion_key,
    ridge_entry,
    ridge_from,
    ridge_key,
)
from .cache import Cache
from .coalition_fits import fit_and_measure
from .coalition_jobs import (
    CoalitionsJob,
    CoalitionsResult,
    coalitions_entry,
    coalitions_from,
    coalitions_key,
)
from .fingerprint import fingerprint as fingerprint_of
from .forward import feature_vectors
from .fusion import head_probabilities
from .groups import Outcome, train_together
from .jobs import (
    FingerprintJob,
    FusionJob,
    FusionResult,
    LabellingJob,
    LossesJob,
    Measured,
    PredictionJob,
    StandaloneJob,
    TrainingJob,
    TrainingResult,
)
from .labelling import labels_by
from .losses import losses_of
from .model_files import FusionHead, check_together, decode_fused, decode_model
from .partition import Samples
from .private.training import train_privately
from .results import (
    fingerprint_entry,
    fingerprint_from,
    fingerprint_key,
    heads_entry,
    heads_from,
    heads_key,
    labelling_entry,
    labelling_from,
    labelling_key,
    losses_entry,
    losses_from,
    losses_key,
    measured_entry,
    measured_from,
    measured_key,
    standalone_entry,
    standalone_from,
    standalone_key,
    training_entry,
    training_from,
    training_key,
)
from .timing import time_fit as time_fit
from .training import train as train_network


def train(job: TrainingJob, cache: Cache) -> TrainingResult:
    """Train a model, or take it from the cache."""
    return cache.remembered(
        training_key(job),
        lambda: train_network(job) if job.privacy is None else train_privately(job),
        training_entry,
        training_from,
    )


def train_group(jobs: Sequence[TrainingJob], cache: Cache) -> list[Outcome]:
    """Train models of one shape together, and remember them; a job's refusal is its outcome."""
    if jobs[0].privacy is not None:
        return [train(job, cache) for job in jobs]
    outcomes = train_together(jobs)
    for job, outcome in zip(jobs, outcomes, strict=True):
        if isinstance(outcome, TrainingResult):
            cache.put(training_key(job, grouped=True), *training_entry(outcome))
    return outcomes


def fuse(job: FusionJob, cache: Cache) -> list[FusionResult]:
    """Fuse models and measure, or take the results from the cache."""
    heads = _heads(job, cache)
    verification, test = (
        _measured(job, heads, part, cache) for part in (job.data.verification, job.data.test)
    )
    held_out = [None] * len(heads) if job.held_out is None else _measured(job, heads, job.held_out, cache)
    return [FusionResult(*parts) for parts in zip(verification, test, held_out, heads, strict=True)]


def _heads(job: FusionJob, cache: Cache) -> list[FusionHead]:
    return cache.remembered(
        heads_key(job),
        lambda: evaluation.fit(job, cache, lambda earlier: _heads(earlier, cache)),
        heads_entry,
        heads_from,
    )


def _measured(job: FusionJob, heads: list[FusionHead], samples: Samples, cache: Cache) -> list[Measured]:
    return cache.remembered(
        measured_key(job, samples),
        lambda: evaluation.measure(job, heads, samples, cache),
        measured_entry,
        measured_from,
    )


def coalitions(job: CoalitionsJob, cache: Cache) -> CoalitionsResult:
    """Fuse coalitions of models and measure each, or take the results from the cache."""
    compute = fit_and_measure if job.fits_together else _one_by_one
    return cache.remembered(
        coalitions_key(job), lambda: compute(job, cache), coalitions_entry, coalitions_from
    )


def _one_by_one(job: CoalitionsJob, cache: Cache) -> CoalitionsResult:
    found = []
    for coalition in job.coalitions:
        fusion = job.fusion(coalition)
        found.append(evaluation.measure(fusion, _heads(fusion, cache), job.samples, cache))
    right = np.stack([[head.right for head in heads] for heads in found])
    return CoalitionsResult(
        right, np.asarray([[head.losses.mean(dtype=np.float64) for head in one] for one in found])
    )


def standalone(job: StandaloneJob, cache: Cache) -> float:
    """Measure one model alone, or take the result from the cache."""
    return cache.remembered(
        standalone_key(job), lambda: evaluation.standalone(job), standalone_entry, standalone_from
    )


def losses(job: LossesJob, cache: Cache) -> np.ndarray:
    """Measure a model's loss on each sample, or take the losses from the cache."""
    return cache.remembered(losses_key(job), lambda: losses_of(job), losses_entry, losses_from)


def label(job: LabellingJob, cache: Cache) -> np.ndarray:
    """Let a model label images, or take the labels from the cache."""
    return cache.remembered(labelling_key(job), lambda: labels_by(job), labelling_entry, labelling_from)


def fingerprint(job: FingerprintJob, cache: Cache) -> bytes:
    """Compute a model's fingerprint, or take it from the cache."""

    def compute() -> bytes:
        network = decode_model(job.model_file)
        check_together([network.spec], job.image_shape, 256)
        return fingerprint_of(network)

    return cache.remembered(fingerprint_key(job), compute, fingerprint_entry, fingerprint_from)


def federate(job: FederationJob, cache: Cache) -> FederationResult:
    """Train by federated averaging, or take the result from the cache."""
    return cache.remembered(
        federation_key(job), lambda: federate_network(job), federation_entry, federation_from
    )


def late_fusion(job: LateFusionJob, cache: Cache) -> LateFusionResult:
    """Combine the models' own outputs, or take the result from the cache."""
    return cache.remembered(
        late_fusion_key(job), lambda: comparison.late_fusion(job), late_fusion_entry, late_fusion_from
    )


def ridge(job: RidgeJob, cache: Cache) -> RidgeResult:
    """Fit a ridge readout on the models' features, or take the result from the cache."""
    return cache.remembered(ridge_key(job), lambda: comparison.ridge(job, cache), ridge_entry, ridge_from)


def predict(job: PredictionJob, cache: Cache) -> np.ndarray:
    """Return a fused model's probabilities, float32 (N, d)."""
    model = decode_fused(job.fused_file)
    check_together([network.spec for network in model.networks], job.images.shape[1:], model.head.B.shape[1])
    blocks = [feature_vectors(network.weights, job.images, network.spec.body) for network in model.networks]
    return head_probabilities(model.head, blocks)
