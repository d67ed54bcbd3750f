"""How far fingerprints tell honest models from copies.

Run ``python benchmarks/fingerprint.py``; it prints one table per data set: the Hamming distances of pairs of
independent models, then of models and their altered copies. The models are those of the shipped scenarios and
come from the cache of trained models where they are there; training them anew takes about half an hour.
"""

import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

os.environ.update({"NPROC": "1", "OMP_NUM_THREADS": "1", "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"})

import numpy as np

from verifuse.agents import deal_images
from verifuse.learning import (
    COPY_DISTANCE,
    TrainedNetwork,
    TrainingJob,
    Workbench,
    decode_model,
    fingerprint_distance,
    load_data_set,
    network_spec,
)
from verifuse.scenarios import load
from verifuse.seeds import derive_seed

HONEST = (
    "same shard, other initial weights",
    "other shard, same initial weights",
    "other shard of the same labels",
    "other labels",
    "other architecture",
)
TUNING_STEPS = (10, 30, 100, 300)
SHARED_SEED = 7
MOST_STEPS = 600  # for the architectures of Scenario I, some of which are slow


def jobs(name: str, seed: int) -> list[TrainingJob]:
    """Return the trainings of a shipped scenario's contributors."""
    config = load(name, [], seed=seed).resolved()
    task = config.task
    shares = deal_images(config, load_data_set(config.data.set)).shares
    found = []
    for member in config.contributors.members:
        who = member.name
        network = network_spec(
            task.network or member.network,
            shares[who].image_shape,
            shares[who].labels,
        )
        start = derive_seed(config.seed, "training", who)
        found.append(TrainingJob(network, shares[who], config.training, task.announce_threshold, start))
    return found


def models_of(name: str) -> dict[str, TrainingJob]:
    """Return the trainings to compare: three seeds; for the first also with other and with shared weights."""
    found = {}
    for seed in (1, 2, 3):
        for index, job in enumerate(jobs(name, seed)):
            found[f"{seed}/{index}"] = job
            if seed == 1:
                found[f"{seed}/{index} again"] = replace(job, seed=job.seed + 1)
                found[f"{seed}/{index} shared"] = replace(job, seed=SHARED_SEED)
    if name == "paper_2":
        # Contributor 1 of Scenario I is the same run as that of Scenario II, stopped by another rule.
        for index, job in enumerate(jobs("paper_1", 1)[1:], start=1):
            short = job.config.model_copy(update={"max_iterations": MOST_STEPS})
            found[f"I/{index}"] = replace(job, config=short)
    return found


def kinship(a: TrainingJob, b: TrainingJob) -> str:
    """Return in which row of the table two independent models belong."""
    if a.network.name != b.network.name:
        return HONEST[4]
    if a.data.digest == b.data.digest:
        return HONEST[0]
    if a.seed == b.seed:
        return HONEST[1]
    return HONEST[2] if a.network.classes == b.network.classes else HONEST[3]


def altered(network: TrainedNetwork, draws: np.random.Generator) -> Iterator[tuple[str, TrainedNetwork]]:
    """Yield what a plagiarist makes of a model without training, by the name of the trick."""
    weights = dict(network.weights)
    kernel, bias = weights["features/kernel"], weights["features/bias"]

    def with_units(kernel: np.ndarray, bias: np.ndarray) -> TrainedNetwork:
        changed = {"features/kernel": kernel.astype(np.float32), "features/bias": bias.astype(np.float32)}
        return TrainedNetwork(network.spec, {**weights, **changed})

    order = draws.permutation(len(bias))
    yield "units permuted", with_units(kernel[:, order], bias[order])
    factors = np.exp(draws.normal(0, 2, len(bias)))
    yield "units rescaled", with_units(kernel * factors, bias * factors)
    head = draws.normal(size=weights["labels/kernel"].shape).astype(np.float32)
    yield "head replaced", TrainedNetwork(network.spec, {**weights, "labels/kernel": head})
    for share in (0.01, 0.05, 0.1, 0.2):
        noisy = {
            name: (array + draws.normal(0, share * array.std(), array.shape)).astype(np.float32)
            for name, array in weights.items()
        }
        yield f"noise of {share:.0%} of the weights' deviation", TrainedNetwork(network.spec, noisy)
    for share in (0.1, 0.3):
        cut = {
            name: np.where(np.abs(array) < np.quantile(np.abs(array), share), 0, array).astype(np.float32)
            if name.endswith("kernel")
            else array
            for name, array in weights.items()
        }
        yield f"{share:.0%} of the weights pruned", TrainedNetwork(network.spec, cut)
    lost = draws.permutation(len(bias)) < len(bias) // 10
    yield "10% of the units removed", with_units(np.where(lost, 0, kernel), np.where(lost, 0, bias))
    junk = draws.normal(0, kernel.std(), kernel.shape)
    yield "10% of the units random", with_units(np.where(lost, junk, kernel), bias)


def tuned(network: TrainedNetwork, job: TrainingJob) -> Iterator[tuple[str, TrainedNetwork]]:
    """Yield a model trained on with another's images, at that contributor's own learning rate."""
    import jax.numpy as jnp

    from verifuse.learning.adam import adam_start
    from verifuse.learning.training import training_step

    images, labels = job.data.train.images, job.data.train.labels
    outputs = np.searchsorted(network.spec.classes, labels).astype(np.int32)
    weights = {name: jnp.asarray(array) for name, array in network.weights.items()}
    state, draws = adam_start(weights), np.random.default_rng(0)
    for step in range(1, max(TUNING_STEPS) + 1):
        rows = draws.choice(len(labels), min(job.config.batch, len(labels)), replace=False)
        weights, state = training_step(
            weights, state, images[rows], outputs[rows], network.spec.body, job.config.learning_rate
        )
        if step in TUNING_STEPS:
            yield (
                f"trained on, {step} steps",
                TrainedNetwork(network.spec, {name: np.asarray(array) for name, array in weights.items()}),
            )


def distances(name: str) -> dict[str, list[int]]:
    """Return all distances, by the row of the table."""
    from verifuse.learning.fingerprint import fingerprint

    trainings = models_of(name)
    with Workbench() as bench:
        futures = {key: bench.train(job) for key, job in trainings.items()}
        networks = {key: decode_model(future.result().model_file) for key, future in futures.items()}
    prints = {key: fingerprint(network) for key, network in networks.items()}
    rows: dict[str, list[int]] = {row: [] for row in HONEST}
    for a, b in combinations(trainings, 2):
        rows[kinship(trainings[a], trainings[b])].append(fingerprint_distance(prints[a], prints[b]))
    copies: dict[str, list[int]] = defaultdict(list)
    first = [key for key in trainings if key.startswith("1/") and " " not in key]
    for place, key in enumerate(first):
        other = trainings[key.replace("1/", "2/")]
        copied = [*altered(networks[key], np.random.default_rng(place)), *tuned(networks[key], other)]
        for trick, copy in copied:
            copies[trick].append(fingerprint_distance(prints[key], fingerprint(copy)))
    return {**rows, **copies}


def main() -> None:
    """Print the tables."""
    for name, title in (("paper_2", "MNIST, Table I's networks"), ("quick", "digits of 8×8 pixels")):
        print(f"{title}; {COPY_DISTANCE} bits or fewer count as a copy")
        print(f"{'':42} pairs  least median   most")
        for row, found in distances(name).items():
            if found:
                low, middle, high = min(found), float(np.median(found)), max(found)
                print(f"{row:42} {len(found):5} {low:6} {middle:6.0f} {high:6}")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
