"""The store returns what was put, names what was altered, and never shows half a file."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verifuse.storage import ContentCorrupt, ContentMissing, ModelStore, compute_cid, write_atomically


@pytest.fixture
def store(tmp_path):
    return ModelStore(tmp_path / "store")


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=2000))
def test_what_is_put_is_got_back_under_the_hash_of_its_content(store, content):
    cid = store.put(content)
    assert cid == compute_cid(content)
    assert store.get(cid) == content
    assert cid in store and cid in store.cids()


def test_content_of_several_chunks_comes_back_whole(store):
    content = os.urandom(700_000)
    assert store.get(store.put(content)) == content


def test_putting_twice_keeps_one_copy(store):
    assert store.put(b"same") == store.put(b"same")
    assert len(store.cids()) == 1


@pytest.mark.parametrize("place", [0, 150_000, 299_999])
def test_one_wrong_byte_is_detected_and_both_names_are_given(store, place):
    content = bytearray(300_000)
    cid = store.put(bytes(content))
    content[place] ^= 1
    (store.root / "content" / cid).write_bytes(content)
    with pytest.raises(ContentCorrupt) as caught:
        store.get(cid)
    assert cid in str(caught.value)
    assert compute_cid(bytes(content)) in str(caught.value)


def test_a_truncated_file_is_detected_and_put_heals_it(store):
    cid = store.put(b"whole content")
    (store.root / "content" / cid).write_bytes(b"whole")
    with pytest.raises(ContentCorrupt):
        store.get(cid)
    assert store.put(b"whole content") == cid
    assert store.get(cid) == b"whole content"


def test_a_cid_never_put_is_missing_by_name(store):
    with pytest.raises(ContentMissing, match=compute_cid(b"elsewhere")):
        store.get(compute_cid(b"elsewhere"))


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "content", "Qm/../../x"])
def test_a_name_that_is_no_cid_reaches_no_file(store, name):
    store.put(b"something")
    with pytest.raises(ContentMissing):
        store.get(name)
    assert name not in store


def test_collect_spares_what_is_pinned(store):
    kept, loose, released = store.put(b"kept"), store.put(b"loose", pin=False), store.put(b"released")
    store.unpin(released)
    assert store.pinned() == [kept]
    assert sorted(store.collect()) == sorted([loose, released])
    assert store.cids() == [kept]


def test_only_what_is_stored_can_be_pinned(store):
    with pytest.raises(ContentMissing):
        store.pin(compute_cid(b"never put"))


def test_many_writers_of_the_same_content_leave_one_whole_file(store):
    content = os.urandom(100_000)
    with ThreadPoolExecutor(8) as pool:
        cids = set(pool.map(lambda _: store.put(content), range(32)))
    assert len(cids) == 1
    assert store.get(cids.pop()) == content
    assert len(list((store.root / "content").iterdir())) == 1


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path):
    path = tmp_path / "file"
    write_atomically(path, b"old")
    with pytest.raises(TypeError):
        write_atomically(path, "not bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
