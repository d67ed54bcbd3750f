"""What a worker process does: the jobs of the workbench, by name."""

import numpy as np

from ..seeds import derive_seed
from .cache import Cache, cache_key
from .fingerprint import fingerprint as fingerprint_of
from .forward import feature_vectors, probabilities
from .fusion import fit_head, head_probabilities
from .initial import initial_weights
from .jobs import (
    FingerprintJob,
    FusionJob,
    FusionResult,
    PredictionJob,
    StandaloneJob,
    TrainingJob,
    TrainingResult,
)
from .model_files import (
    TrainedNetwork,
    check_together,
    decode_fused,
    decode_model,
    encode_model,
)
from .partition import Samples
from .results import (
    file_digest,
    fingerprint_entry,
    fingerprint_from,
    fingerprint_key,
    fusion_entry,
    fusion_from,
    fusion_key,
    standalone_entry,
    standalone_from,
    standalone_key,
    training_entry,
    training_from,
    training_key,
)
from .tensor_files import DataFileError, ModelFileError
from .training import train as train_network


def train(job: TrainingJob, cache: Cache) -> TrainingResult:
    """Train a model, or take it from the cache."""
    key = training_key(job)
    entry = cache.get(key)
    if entry is not None:
        return training_from(*entry)
    result = train_network(job)
    cache.put(key, *training_entry(result))
    return result


def fuse(job: FusionJob, cache: Cache) -> FusionResult:
    """Fuse models and measure, or take the result from the cache."""
    key = fusion_key(job)
    entry = cache.get(key)
    if entry is not None:
        return fusion_from(*entry)
    result = _fuse(job, cache)
    cache.put(key, *fusion_entry(result))
    return result


def _fuse(job: FusionJob, cache: Cache) -> FusionResult:
    networks = _networks(job)
    labels = tuple(network.spec.classes for network in networks)

    def features(samples: Samples) -> list[np.ndarray]:
        return [_features(network, samples, cache) for network in networks]

    train_features = features(job.data.train)
    head = fit_head(
        train_features, job.data.train.labels, labels, job.classes, job.strategy, job.config, job.seed
    )

    def accuracy(samples: Samples) -> float:
        return float(np.mean(head_probabilities(head, features(samples)).argmax(1) == samples.labels))

    return FusionResult(
        accuracy=accuracy(job.data.verification),
        test_accuracy=accuracy(job.data.test),
        held_out_accuracy=accuracy(job.held_out) if job.held_out is not None else None,
        head=head,
    )


def standalone(job: StandaloneJob, cache: Cache) -> float:
    """Measure one model alone, or take the result from the cache."""
    key = standalone_key(job)
    entry = cache.get(key)
    if entry is not None:
        return standalone_from(*entry)
    accuracy = _standalone(job)
    cache.put(key, *standalone_entry(accuracy))
    return accuracy


def _standalone(job: StandaloneJob) -> float:
    network = decode_model(job.model_file)
    check_together([network.spec], job.samples.images.shape[1:], 256)
    known = np.isin(job.samples.labels, network.spec.classes)
    if not known.any():
        raise ModelFileError(
            f"none of the samples bears one of the declared labels {list(network.spec.classes)}"
        )
    scores = probabilities(network.weights, job.samples.images[known], network.spec.convolutions)
    return float(np.mean(np.asarray(network.spec.classes)[scores.argmax(1)] == job.samples.labels[known]))


def fingerprint(job: FingerprintJob, cache: Cache) -> bytes:
    """Compute a model's fingerprint, or take it from the cache."""
    key = fingerprint_key(job)
    entry = cache.get(key)
    if entry is not None:
        return fingerprint_from(*entry)
    network = decode_model(job.model_file)
    check_together([network.spec], job.image_shape, 256)
    found = fingerprint_of(network)
    cache.put(key, *fingerprint_entry(found))
    return found


def predict(job: PredictionJob, cache: Cache) -> np.ndarray:
    """Return a fused model's probabilities, float32 (N, d)."""
    model = decode_fused(job.fused_file)
    check_together([network.spec for network in model.networks], job.images.shape[1:], model.head.B.shape[1])
    blocks = [
        feature_vectors(network.weights, job.images, network.spec.convolutions) for network in model.networks
    ]
    return head_probabilities(model.head, blocks)


def _networks(job: FusionJob) -> list[TrainedNetwork]:
    if not job.model_files:
        raise ModelFileError("there is no model to fuse")
    networks = [decode_model(blob) for blob in job.model_files]
    check_together([network.spec for network in networks], job.data.image_shape, job.classes)
    largest = max(int(part.labels.max()) for part in (job.data.train, job.data.test, job.data.verification))
    if largest >= job.classes:
        raise DataFileError(f"the samples bear label {largest}; the task has 0 to {job.classes - 1}")
    if job.control:
        spec = networks[-1].spec
        networks[-1] = TrainedNetwork(spec, initial_weights(spec, derive_seed(job.seed, "control")))
    return networks


def _features(network: TrainedNetwork, samples: Samples, cache: Cache) -> np.ndarray:
    key = cache_key("features", model=file_digest(encode_model(network)), data=samples.digest)
    entry = cache.get(key)
    if entry is not None:
        return entry[0]["features"]
    found = feature_vectors(network.weights, samples.images, network.spec.convolutions)
    cache.put(key, {"features": found}, {})
    return found
