"""Schemes of dealing images out: sizes as asked, no image twice, and the distributions they are named for."""

import hashlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verifuse.errors import InputError
from verifuse.learning import (
    IID,
    LABELS,
    DataSet,
    Dirichlet,
    Quantity,
    Shards,
    ShareRequest,
    load_data_set,
    partition,
)

PARTS = ("train", "test", "verification")
CLASSES = 5
alphas = st.sampled_from([1e-3, 0.05, 0.5, 5.0, 1e4])
schemes = st.one_of(
    st.just(LABELS),
    st.just(IID()),
    st.builds(Dirichlet, alphas),
    st.builds(Shards, st.integers(1, 4)),
    st.builds(Quantity, alphas),
)


def numbered(per_class: int = 300, classes: int = CLASSES) -> DataSet:
    """A data set whose every image is its own serial number, so that images can be told apart."""
    count = per_class * classes
    images = np.arange(2 * count, dtype="<u4").view(np.uint8).reshape(2 * count, 2, 2)
    labels = (np.arange(2 * count) % classes).astype(np.uint8)
    return DataSet("numbered", images[:count], labels[:count], images[count:], labels[count:], classes)


DATA = numbered()
LARGE = numbered(per_class=8_000)


def serials(images: np.ndarray) -> set[int]:
    return set(np.ascontiguousarray(images).reshape(len(images), 4).view("<u4").ravel().tolist())


def members(scheme, count, sizes=(40, 12, 20), group="g", first=1):
    known = tuple(range(CLASSES))
    return [
        ShareRequest(f"{group}-{i}", known, *sizes, field="contributors", scheme=scheme, group=group)
        for i in range(first, first + count)
    ]


def counts(share, part="train", classes=CLASSES):
    return np.bincount(getattr(share, part).labels, minlength=classes)


def held(share):
    return serials(np.concatenate([getattr(share, part).images for part in PARTS]))


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(first=schemes, second=schemes, sizes=st.tuples(*[st.integers(10, 30)] * 3), seed=st.integers(0, 2**31))
def test_whatever_the_schemes_no_image_is_dealt_twice_and_sizes_are_as_asked(first, second, sizes, seed):
    rows = [*members(first, 3, sizes), *members(second, 3, sizes, group="h")]
    dealt = partition(DATA, rows, seed)
    again = partition(DATA, rows, seed)
    seen: list[int] = []
    for scheme, group in ((first, rows[:3]), (second, rows[3:])):
        shares = [dealt.shares[row.who] for row in group]
        for place, part in enumerate(PARTS):
            found = [len(getattr(share, part)) for share in shares]
            assert sum(found) == 3 * sizes[place]
            assert isinstance(scheme, Quantity) or len(set(found)) == 1
        for row, share in zip(group, shares, strict=True):
            assert set(np.unique(share.test.labels)) <= set(share.labels)
            assert set(np.unique(share.verification.labels)) <= set(share.labels)
            assert share.digest == again.shares[row.who].digest
            seen += held(share)
    assert len(seen) == len(set(seen)) == 6 * sum(sizes)


def test_label_sets_are_dealt_as_they_were_before_there_were_other_schemes():
    sets = [(0, 1, 2, 3, 4), (0, 1, 2, 8, 9), (0, 6, 7, 8, 9), (0, 1, 5, 7, 8, 9), (5, 6, 7, 8, 9)]
    rows = [ShareRequest(f"contributor-{i}", labels, 500, 200, 500) for i, labels in enumerate(sets, 1)]
    rows.append(ShareRequest("verifiers", tuple(range(10)), 2000, 500, 1000, pool="test"))
    dealt = partition(load_data_set("mnist"), rows, seed=1)
    digests = "".join(dealt.shares[row.who].digest for row in rows) + dealt.held_out.digest
    assert (
        hashlib.sha256(digests.encode()).hexdigest()
        == "6453f9bb1c9805260a53eefd3a56f7b5ffbae817b1bd174c782b56520b55c4da"
    )
    assert [dealt.shares[row.who].labels for row in rows[:-1]] == sets


@pytest.mark.parametrize("alpha", [0.5, 5.0])
def test_dirichlet_labels_have_the_mean_and_the_variance_of_the_closed_form(alpha):
    people, size = 400, 60
    rows = members(Dirichlet(alpha), people, (size, 5, 5))
    shares = partition(LARGE, rows, seed=3).shares
    found = np.stack([counts(shares[row.who]) for row in rows])
    p = 1 / CLASSES
    # Dirichlet-multinomial: E = n p, Var = n p (1 - p) (n + alpha) / (1 + alpha)
    variance = size * p * (1 - p) * (size + alpha) / (1 + alpha)
    assert np.abs(found.mean(axis=0) - size * p).max() < 4 * np.sqrt(variance / people)
    assert found.var(axis=0).mean() == pytest.approx(variance, rel=0.12)


def test_with_a_large_alpha_labels_scatter_as_they_do_by_chance_alone_and_with_a_small_one_are_one():
    by_chance = 60 * 0.2 * 0.8

    def scatter(scheme):
        rows = members(scheme, 300, (60, 5, 5))
        shares = partition(LARGE, rows, seed=5).shares
        return np.stack([counts(shares[row.who]) for row in rows])

    assert scatter(IID()).var(axis=0).mean() == pytest.approx(by_chance, rel=0.15)
    assert scatter(Dirichlet(1e5)).var(axis=0).mean() == pytest.approx(by_chance, rel=0.15)
    assert (np.sort(scatter(Dirichlet(1e-3)), axis=1)[:, -1] == 60).mean() > 0.95


def test_test_and_verification_sets_keep_the_proportions_of_the_training_set():
    for scheme in (Dirichlet(1.0), Shards(2)):
        rows = members(scheme, 5, (100, 50, 200))
        for share in partition(LARGE, rows, seed=2).shares.values():
            train = counts(share) / 100
            assert np.abs(counts(share, "test") / 50 - train).max() < 1 / 50
            assert np.abs(counts(share, "verification") / 200 - train).max() < 1 / 200


def test_a_label_that_runs_out_is_replaced_by_the_others():
    rows = members(Dirichlet(1e-3), 20, (40, 10, 20))
    shares = partition(DATA, rows, seed=1).shares  # 20 times 70 of 1500 images, 300 a label
    assert all(counts(shares[row.who]).sum() == 40 for row in rows)
    assert sum(len(shares[row.who].labels) > 1 for row in rows) >= 1


@pytest.mark.parametrize("each", [1, 2, 3])
def test_shards_are_few_runs_of_the_sorted_labels(each):
    rows = members(Shards(each), 8)
    dealt = partition(DATA, rows, seed=4).shares
    assert max(len(dealt[row.who].labels) for row in rows) <= 2 * each
    assert np.mean([len(dealt[row.who].labels) for row in rows]) < each + 0.7
    everybody = members(Shards(2), 30, (30, 10, 10))  # McMahan et al.: all images are given away
    assert len(set().union(*map(held, partition(DATA, everybody, seed=1).shares.values()))) == 1500


@pytest.mark.parametrize("alpha", [0.5, 2.0])
def test_sizes_have_the_mean_and_the_variance_of_the_closed_form(alpha):
    people, size = 8, 60
    found = []
    for seed in range(150):
        rows = members(Quantity(alpha), people, (size, 10, 10))
        shares = partition(DATA, rows, seed=seed).shares
        found.append([len(shares[row.who].train) for row in rows])
    sizes = np.array(found)
    rest = people * (size - 10)
    variance = rest**2 * (people - 1) / (people**2 * (people * alpha + 1))
    assert (sizes.sum(axis=1) == people * size).all() and sizes.min() >= 10
    assert sizes.var() == pytest.approx(variance, rel=0.15)


@pytest.mark.parametrize("scheme", [IID(), Dirichlet(0.5), Shards(2)], ids=lambda one: type(one).__name__)
def test_a_newcomer_hardly_disturbs_the_others(scheme):
    rows = members(scheme, 6)
    before, after = (partition(LARGE, some, 7).shares for some in (rows[1:], rows))
    kept = [len(held(before[row.who]) & held(after[row.who])) for row in rows[1:]]
    assert np.mean(kept) > 0.95 * 72
    # Who claims last changes nobody at all.
    assert all(
        partition(LARGE, rows[:-1], 7).shares[row.who].digest == after[row.who].digest for row in rows[:-1]
    )


def test_a_newcomer_leaves_the_ratios_of_sizes_as_they_were():
    def sizes(count):
        rows = members(Quantity(1.0), count, (1000, 10, 10))
        return np.array([len(share.train) - 10 for share in partition(LARGE, rows, 7).shares.values()])

    before, after = sizes(4), sizes(5)[:4]
    assert before / before.sum() == pytest.approx(after / after.sum(), abs=2e-3)


@pytest.mark.parametrize(
    ("scheme", "count", "sizes", "field", "told"),
    [
        (IID(), 30, (40, 12, 20), "contributors.train", "needs 72 images in all, the train pool has"),
        (Dirichlet(1.0), 30, (40, 12, 20), "contributors.train", "needs 72 images in all"),
        (Quantity(1.0), 30, (40, 12, 20), "contributors.train", "images in all"),
        (Shards(2), 30, (40, 12, 20), "contributors.shards", "are 60, the train pool has 41"),
        (Shards(100), 30, (40, 12, 20), "contributors.shards", "are 3000, the train pool has 1500"),
        (Shards(1), 1, (1, 700, 700), "contributors.train", "at least 5, an image of each label"),
    ],
)
def test_too_few_images_are_refused_in_one_line(scheme, count, sizes, field, told):
    with pytest.raises(InputError) as refusal:
        partition(DATA, members(scheme, count, sizes), 1)
    assert refusal.value.field == field
    assert told in str(refusal.value) and "\n" not in str(refusal.value)


@pytest.mark.parametrize("make", [lambda: Dirichlet(0.0), lambda: Quantity(-1.0), lambda: Shards(0)])
def test_a_scheme_of_nothing_is_refused(make):
    with pytest.raises(InputError, match="above 0"):
        make()
