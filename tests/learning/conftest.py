import os

import pytest

os.environ.setdefault("KERAS_BACKEND", "jax")

from verifuse.learning import (
    ShareRequest,
    TrainingConfig,
    TrainingJob,
    Workbench,
    load_data_set,
    network_spec,
    partition,
)

LABELS = ((0, 1, 2, 3, 4), (0, 5, 6, 7, 8, 9))
QUICK = TrainingConfig(learning_rate=3e-3, batch=20, patience=5, max_iterations=200)


@pytest.fixture(scope="session")
def digits():
    return load_data_set("digits")


@pytest.fixture(scope="session")
def shares(digits):
    requests = [ShareRequest(f"contributor-{i}", labels, 120, 50, 50) for i, labels in enumerate(LABELS, 1)]
    requests.append(ShareRequest("verifiers", tuple(range(10)), 200, 100, 100, pool="test"))
    return partition(digits, requests, seed=1)


@pytest.fixture(scope="session")
def jobs(shares):
    return [
        TrainingJob(network_spec("tiny", (8, 8), labels), shares.shares[f"contributor-{i}"], QUICK, seed=i)
        for i, labels in enumerate(LABELS, 1)
    ]


@pytest.fixture(scope="session")
def bench(tmp_path_factory):
    with Workbench(workers=2, cache=tmp_path_factory.mktemp("cache")) as workbench:
        yield workbench


@pytest.fixture(scope="session")
def trained(bench, jobs):
    return [future.result() for future in [bench.train(job) for job in jobs]]
