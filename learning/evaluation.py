"""What verifiers compute of models: fused with others, and alone."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ..seeds import derive_seed, generator
from .augmentation import distorted
from .cache import Cache, cache_key
from .forward import feature_vectors, probabilities
from .fusion import FusionProblem, fit_heads, head_probabilities
from .initial import initial_weights
from .jobs import FusionJob, Measured, StandaloneJob
from .model_files import FusionHead, TrainedNetwork, check_together, decode_model, encode_model
from .partition import Samples
from .results import file_digest
from .tensor_files import DataFileError, ModelFileError

Fit = Callable[[FusionJob], list[FusionHead]]


def fit(job: FusionJob, cache: Cache, before: Fit) -> list[FusionHead]:
    """Fit every verifier's head.

    Args:
        job: What to fuse.
        cache: Where features are remembered.
        before: Fits the heads for the models before the last, where a head starts warm.

    Raises:
        ModelFileError: A file cannot be trusted or does not fit.
        DataFileError: The data bear labels that the task lacks.
    """
    networks = _networks(job)
    problem = FusionProblem(
        tuple(network.spec.hidden for network in networks),
        tuple(network.spec.classes for network in networks),
        job.classes,
    )
    train = job.data.train
    return fit_heads(
        (_training_features(network, job, cache) for network in networks),
        np.tile(train.labels, 1 + job.config.copies),
        problem,
        job.strategy,
        job.config,
        job.seeds,
        order_seed=_sample_seed(job),
        starts=_starts(job, before),
    )


def measure(job: FusionJob, heads: Sequence[FusionHead], samples: Samples, cache: Cache) -> list[Measured]:
    """Return what each of a job's heads tells of labelled images."""
    fc = np.concatenate([features_of(network, samples, cache) for network in _networks(job)], axis=1)
    found = []
    for head in heads:
        shares = head_probabilities(head, [fc])
        true = shares[np.arange(len(samples)), samples.labels]
        losses = -np.log(np.maximum(true, np.finfo(np.float32).tiny))
        found.append(Measured(shares.argmax(1) == samples.labels, losses))
    return found


def standalone(job: StandaloneJob) -> float:
    """Return the share of the samples of its own labels that a model tells right, alone.

    Raises:
        ModelFileError: The file cannot be trusted, does not fit the samples, or declares none of their
            labels.
    """
    network = decode_model(job.model_file)
    check_together([network.spec], job.samples.images.shape[1:], 256)
    known = np.isin(job.samples.labels, network.spec.classes)
    if not known.any():
        raise ModelFileError(
            f"none of the samples bears one of the declared labels {list(network.spec.classes)}"
        )
    scores = probabilities(network.weights, job.samples.images[known], network.spec.body)
    return float(np.mean(np.asarray(network.spec.classes)[scores.argmax(1)] == job.samples.labels[known]))


def decoded(files: Sequence[bytes], parts: Sequence[Samples], classes: int) -> list[TrainedNetwork]:
    """Return the networks in model files, for samples of a task of ``classes`` labels.

    Raises:
        ModelFileError: There is none, or one cannot be trusted or does not fit.
        DataFileError: The samples bear labels that the task lacks.
    """
    if not files:
        raise ModelFileError("there is no model to fuse")
    networks = [decode_model(blob) for blob in files]
    check_together([network.spec for network in networks], parts[0].images.shape[1:], classes)
    largest = max(int(part.labels.max()) for part in parts)
    if largest >= classes:
        raise DataFileError(f"the samples bear label {largest}; the task has 0 to {classes - 1}")
    return networks


def _networks(job: FusionJob) -> list[TrainedNetwork]:
    data = job.data
    networks = decoded(job.model_files, (data.train, data.test, data.verification), job.classes)
    if job.control:
        spec = networks[-1].spec
        networks[-1] = TrainedNetwork(spec, initial_weights(spec, derive_seed(job.seeds[0], "control")))
    return networks


def _sample_seed(job: FusionJob) -> int:
    """What all who hold a sample can draw alike: its order, and the distortions of its copies."""
    return int(job.data.digest[:12], 16)


def _starts(job: FusionJob, before: Fit) -> list[FusionHead] | None:
    """Return the heads for the models before the last, each warmed up from the one before it."""
    if not job.config.warm_epochs or len(job.model_files) == 1:
        return None
    return before(replace(job, model_files=job.model_files[:-1], control=False))


def _training_features(network: TrainedNetwork, job: FusionJob, cache: Cache) -> np.ndarray:
    """Return a model's features of the training images and of their distorted copies, copy after copy."""
    own = features_of(network, job.data.train, cache)
    if not job.config.copies:
        return own
    settings, digest = job.config.augmentation, file_digest(encode_model(network))
    key = cache_key(
        "copies-features",
        model=digest,
        data=job.data.train.digest,
        seed=_sample_seed(job),
        copies=job.config.copies,
        augmentation=settings.model_dump(mode="json"),
    )
    entry = cache.get(key, passing=True)
    if entry is None:
        found = np.concatenate(
            [
                feature_vectors(network.weights, _copy(job, number), network.spec.body)
                for number in range(job.config.copies)
            ]
        )
        entry = {"features": found.astype(np.float16)}, {}
        cache.put(key, *entry, passing=True)
    return np.concatenate([own, entry[0]["features"].astype(np.float32)])


def _copy(job: FusionJob, number: int) -> np.ndarray:
    draws = generator(_sample_seed(job), "copies", str(number))
    return distorted(job.data.train.images, job.config.augmentation, draws)


def features_of(network: TrainedNetwork, samples: Samples, cache: Cache) -> np.ndarray:
    """Return a network's features of samples, float32 (N, hidden), computed once for all who ask."""
    key = cache_key("features", model=file_digest(encode_model(network)), data=samples.digest)
    entry = cache.get(key)
    if entry is not None:
        return entry[0]["features"]
    found = feature_vectors(network.weights, samples.images, network.spec.body)
    cache.put(key, {"features": found}, {})
    return found
