"""Heads of many coalitions in one program: the same as one after the other."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifuse.errors import InputError
from verifuse.learning import (
    CoalitionsJob,
    FusionConfig,
    ModelFileError,
    TrainedNetwork,
    blocks_of,
    encode_model,
    network_spec,
)
from verifuse.learning.initial import initial_weights

# One of them is much wider than the others, two overlap, one knows two labels only.
NETWORKS = (("tiny", (0, 1, 2, 3, 4)), ("tiny", (0, 9)), ("cnn_1", (2, 3, 4, 5, 6, 7)))
CONFIG = FusionConfig(epochs=5, stage_one_epochs=2, learning_rate=3e-3, batch=48)
SOME = ((1,), (0, 2), (0, 1, 2))


@pytest.fixture(scope="module")
def job(shares):
    specs = [network_spec(name, (8, 8), labels) for name, labels in NETWORKS]
    files = [encode_model(TrainedNetwork(spec, initial_weights(spec, i))) for i, spec in enumerate(specs)]
    return CoalitionsJob(
        tuple(files), SOME, shares.shares["verifiers"], shares.held_out, 10, "II", CONFIG, (7, 9)
    )


def one_after_another(bench, job):
    futures = [bench.fuse(replace(job.fusion(one), held_out=job.samples)) for one in job.coalitions]
    return [[head.held_out for head in future.result()] for future in futures]


@pytest.mark.parametrize(
    ("strategy", "changes"),
    [
        ("II", {}),
        ("I", {"copies": 1}),
        ("II", {"stage_one_epochs": 5}),
        ("II", {"mod_drop": 0.3, "epochs": 2, "stage_one_epochs": 1}),
        ("I", {"warm_epochs": 1, "epochs": 2}),
    ],
)
def test_every_head_is_the_one_that_a_panel_would_fit(bench, job, strategy, changes):
    some = SOME[1:2] if changes else SOME
    job = replace(job, strategy=strategy, config=CONFIG.model_copy(update=changes), coalitions=some)
    found = bench.coalitions(job).result()
    alone = one_after_another(bench, job)
    assert found.right.shape == (len(some), 2, len(job.samples))
    for place, heads in enumerate(alone):
        for number, head in enumerate(heads):
            assert found.losses[place, number] == pytest.approx(head.losses.mean(), rel=1e-4)
            # A tie may be decided the other way by the last bit.
            assert np.count_nonzero(found.right[place, number] != head.right) <= 1


def test_what_was_measured_is_remembered_image_by_image(bench, job):
    first, again = (bench.coalitions(job).result() for _ in range(2))
    assert np.array_equal(first.right, again.right) and np.array_equal(first.losses, again.losses)
    accuracies = first.right.mean(axis=(1, 2))
    assert accuracies[-1] == accuracies.max() > accuracies[0] + 0.2  # all three against who knows two labels


def test_what_cannot_be_fused_is_refused(bench, job):
    with pytest.raises(ModelFileError):
        bench.coalitions(replace(job, model_files=(b"junk", *job.model_files[1:]))).result()
    for wrong in (
        {"coalitions": ()},
        {"coalitions": ((),)},
        {"coalitions": ((1, 0),)},
        {"coalitions": ((3,),)},
    ):
        with pytest.raises(InputError, match="coalitions"):
            replace(job, **wrong)
    with pytest.raises(InputError, match="seeds"):
        replace(job, seeds=(1, 1))


@settings(max_examples=50, deadline=None)
@given(
    labels=st.lists(st.integers(1, 10), min_size=1, max_size=7),
    columns=st.integers(1, 200),
    heads=st.integers(1, 3),
)
def test_blocks_hold_every_coalition_once_and_no_more_columns_than_allowed(labels, columns, heads):
    places = range(len(labels))
    every = [one for size in range(1, len(labels) + 1) for one in combinations(places, size)]
    blocks = blocks_of(every, labels, heads=heads, columns=columns)
    assert sorted(row for block in blocks for row in block) == list(range(len(every)))
    for block in blocks:
        load = [
            sum(heads * sum(labels[p] for p in every[row]) for row in block if place in every[row])
            for place in places
        ]
        assert len(block) == 1 or max(load) <= columns
