import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verifuse.errors import InputError
from verifuse.learning import DataFileError, DataSet, PrivateData, ShareRequest, load_data_set, partition
from verifuse.learning.tensor_files import pack

PARTS = ("train", "test", "verification")


def numbered(per_class: int = 40, classes: int = 4) -> DataSet:
    """A data set whose every image is its own serial number, so that images can be told apart."""
    count = per_class * classes
    images = np.arange(2 * count, dtype="<u4").view(np.uint8).reshape(2 * count, 2, 2)
    labels = (np.arange(2 * count) % classes).astype(np.uint8)
    return DataSet("numbered", images[:count], labels[:count], images[count:], labels[count:], classes)


def serials(images: np.ndarray) -> list[int]:
    return np.ascontiguousarray(images).reshape(len(images), 4).view("<u4").ravel().tolist()


requests = st.lists(
    st.tuples(
        st.sets(st.integers(0, 3), min_size=1),
        st.integers(4, 12),
        st.integers(4, 8),
        st.integers(4, 8),
        st.sampled_from(["train", "test"]),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(rows=requests, seed=st.integers(0, 2**31))
def test_shares_are_disjoint_balanced_and_complete(rows, seed):
    data = numbered(per_class=120)
    wanted = [
        ShareRequest(f"p{i}", tuple(labels), a, b, c, pool) for i, (labels, a, b, c, pool) in enumerate(rows)
    ]
    dealt = partition(data, wanted, seed)
    seen: list[int] = serials(dealt.held_out.images)
    for request in wanted:
        share = dealt.shares[request.who]
        for part in PARTS:
            samples = getattr(share, part)
            assert len(samples) == getattr(request, part)
            counts = [int((samples.labels == label).sum()) for label in request.labels]
            assert sum(counts) == len(samples) and max(counts) - min(counts) <= 1
            numbers = serials(samples.images)
            assert all((number >= 480) == (request.pool == "test") for number in numbers)
            assert [number % 4 for number in numbers] == samples.labels.tolist()
            seen += numbers
    assert len(seen) == len(set(seen))
    assert {number for number in seen if number >= 480} == set(range(480, 960))


def test_table_ii_to_the_letter():
    sets = [(0, 1, 2, 3, 4), (0, 1, 2, 8, 9), (0, 6, 7, 8, 9), (0, 1, 5, 7, 8, 9), (5, 6, 7, 8, 9)]
    rows = [ShareRequest(f"contributor-{i}", labels, 500, 200, 500) for i, labels in enumerate(sets, 1)]
    rows.append(ShareRequest("verifiers", tuple(range(10)), 2000, 500, 1000, pool="test"))
    dealt = partition(load_data_set("mnist"), rows, seed=1)
    for row in rows:
        share = dealt.shares[row.who]
        assert tuple(len(getattr(share, part)) for part in PARTS) == (row.train, row.test, row.verification)
        assert tuple(np.unique(share.train.labels)) == row.labels
    assert len(dealt.held_out) == 10000 - 3500


def test_the_same_seed_deals_the_same_and_another_does_not():
    rows = [ShareRequest("a", (0, 1), 10, 4, 4)]
    first, second, third = (partition(numbered(), rows, seed).shares["a"] for seed in (1, 1, 2))
    assert first.digest == second.digest != third.digest


def test_a_newcomer_hardly_disturbs_the_others():
    data = numbered(per_class=400)
    rows = [ShareRequest(name, (0, 1, 2, 3), 40, 8, 8) for name in ("a", "b", "c")]
    before = partition(data, rows[1:], 7).shares["c"]
    after = partition(data, rows, 7).shares["c"]
    kept = set(serials(before.train.images)) & set(serials(after.train.images))
    assert len(kept) >= 35
    assert partition(data, rows[:2], 7).shares["b"].digest == partition(data, rows, 7).shares["b"].digest


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (ShareRequest("a", (0, 4), 10, 4, 4, field="contributors[2]"), "contributors[2].labels"),
        (ShareRequest("a", (), 10, 4, 4, field="contributors[2]"), "contributors[2].labels"),
        (ShareRequest("a", (1, 1), 10, 4, 4, field="contributors[2]"), "contributors[2].labels"),
        (ShareRequest("a", (0, 1), 81, 4, 4, field="contributors[2]"), "contributors[2].train"),
        (ShareRequest("a", (0, 1), 70, 12, 4, field="contributors[2]"), "contributors[2].test"),
        (ShareRequest("a", (0, 1), 10, 4, 0, field="contributors[2]"), "contributors[2].verification"),
    ],
)
def test_impossible_requests_name_the_field(row, field):
    with pytest.raises(InputError) as refusal:
        partition(numbered(), [row], 1)
    assert refusal.value.field == field


def test_a_name_is_used_once():
    with pytest.raises(InputError, match="name of her own"):
        partition(numbered(), [ShareRequest("a", (0,), 4, 4, 4)] * 2, 1)


def test_private_data_survive_the_store():
    share = partition(numbered(), [ShareRequest("a", (0, 1), 10, 4, 4)], 1).shares["a"]
    blob = share.to_bytes()
    again = PrivateData.from_bytes(blob)
    assert again.digest == share.digest and again.to_bytes() == blob


def test_hostile_data_files_are_refused():
    share = partition(numbered(), [ShareRequest("a", (0, 1), 10, 4, 4)], 1).shares["a"]
    tensors = {f"{p}/{k}": getattr(getattr(share, p), k) for p in PARTS for k in ("images", "labels")}
    blob = share.to_bytes()
    bad = [
        b"",
        blob[:7],
        blob[:-1],
        blob + b"x",
        b"\xff" * 8 + blob[8:],
        pack("network", {}, tensors),
        pack("data", {}, {**tensors, "more": np.zeros(3, np.uint8)}),
        pack("data", {}, {**tensors, "test/labels": np.zeros(9, np.uint8)}),
        pack("data", {}, {**tensors, "train/images": tensors["train/images"].astype(np.float32)}),
        pack("data", {}, {**tensors, "test/images": np.zeros((4, 3, 3), np.uint8)}),
        pack("data", {}, {**tensors, "train/images": np.zeros(5, np.uint8)}),
        pack("data", {}, {key: array for key, array in tensors.items() if key != "train/labels"}),
        pack("data", {}, {**tensors, "train/images": np.zeros((0, 2, 2), np.uint8)}),
    ]
    for number, hostile in enumerate(bad):
        with pytest.raises(DataFileError):
            PrivateData.from_bytes(hostile)
            raise AssertionError(f"case {number} was accepted")
