from dataclasses import replace

import numpy as np
import pytest

from verifuse.errors import InputError
from verifuse.learning import (
    Augmentation,
    ShareRequest,
    TrainingConfig,
    TrainingJob,
    Workbench,
    decode_model,
    network_spec,
    partition,
)

STOPS = TrainingConfig(learning_rate=1e-2, batch=60, patience=2, least_gain=0.01, max_iterations=150)
"""Not all members stop after the same number of epochs."""


@pytest.fixture(scope="module")
def together(digits):
    """Three contributors whose networks know five labels each, with shares of the same sizes."""
    labels = ((0, 1, 2, 3, 4), (5, 6, 7, 8, 9), (0, 2, 4, 6, 8))
    requests = [ShareRequest(f"one-{i}", known, 120, 50, 50) for i, known in enumerate(labels)]
    dealt = partition(digits, requests, seed=5).shares
    return [
        TrainingJob(network_spec("tiny", (8, 8), known), dealt[f"one-{i}"], STOPS, seed=i)
        for i, known in enumerate(labels)
    ]


@pytest.fixture(scope="module")
def grouping(tmp_path_factory):
    with Workbench(workers=1, cache=tmp_path_factory.mktemp("grouped"), grouped=True) as workbench:
        yield workbench


def same(found, expected, tolerance=2e-3):
    for name, array in decode_model(expected.model_file).weights.items():
        np.testing.assert_allclose(decode_model(found.model_file).weights[name], array, atol=tolerance)
    assert (found.iterations, found.epochs, found.reached) == (
        expected.iterations,
        expected.epochs,
        expected.reached,
    )
    np.testing.assert_allclose(found.history, expected.history, atol=0.021)  # one image in 50
    assert len(found.history) == len(expected.history)
    assert abs(found.local_accuracy - expected.local_accuracy) < 0.021


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"threshold": 0.5, "config": STOPS.model_copy(update={"hold": 2})},
        {
            "threshold": 0.5,
            "config": TrainingConfig(
                learning_rate=3e-3,
                batch=50,  # of 120 images, so an epoch ends with a smaller step
                epochs=12,
                decay="cosine",
                warmup_steps=4,
                augmentation=Augmentation(),
            ),
        },
    ],
    ids=["until her test data stop improving", "until a threshold holds", "a recipe of fixed length"],
)
def test_whoever_trains_in_a_group_becomes_what_she_would_alone(bench, grouping, together, changes):
    jobs = [replace(job, **changes) for job in together]
    futures = grouping.train_all(jobs)
    alone = [future.result() for future in bench.train_all(jobs)]
    for future, expected in zip(futures, alone, strict=True):
        same(future.result(), expected)


def test_a_group_may_be_any_of_them(grouping, together, tmp_path):
    results = [future.result() for future in grouping.train_all(together)]
    assert len({result.epochs for result in results}) > 1  # the others went on without the first to end
    with Workbench(workers=1, cache=tmp_path, grouped=True) as another:
        for found, expected in zip(another.train_all(together[1:]), results[1:], strict=True):
            same(found.result(), expected)


def test_a_refused_job_does_not_harm_its_group(grouping, together):
    stranger = replace(together[0], data=together[1].data)
    refused, fine = grouping.train_all([stranger, replace(together[1], seed=7)])
    assert fine.result().local_accuracy > 0.5
    with pytest.raises(InputError, match="knows the labels"):
        refused.result()


def test_what_a_group_learned_is_remembered_apart_from_what_is_learned_alone(grouping, together):
    first = [future.result() for future in grouping.train_all(together)]
    with Workbench(workers=1, cache=grouping.cache_folder, grouped=True) as second:
        for job, expected in zip(together, first, strict=True):
            assert second.train(job).result().model_file == expected.model_file
        assert not second.started
    with Workbench(workers=1, cache=grouping.cache_folder) as alone:
        alone.train(together[0])
        assert alone.started


def test_a_question_under_way_is_not_asked_twice_in_groups(grouping, together):
    job = replace(together[0], seed=99)
    one, same_one, other = grouping.train_all([job, job, replace(job, seed=98)])
    assert one is same_one is grouping.train(job) and one is not other


def test_groups_are_for_gpus(monkeypatch, tmp_path):
    monkeypatch.setenv("JAX_PLATFORMS", "cuda,cpu")
    with Workbench(cache=tmp_path) as workbench:
        assert workbench.grouped and workbench.workers == 1
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    with Workbench(cache=tmp_path) as workbench:
        assert not workbench.grouped
