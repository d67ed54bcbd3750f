"""What is sealed opens with its key, all of it or not at all, and with one key only."""

import os
import pickle
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifuse.seeds import derive_bytes
from verifuse.storage import ModelStore, SealBroken, StorageError, is_sealed, open_sealed, seal
from verifuse.storage.sealing import MAX_CONTENT_BYTES

KEY, OTHER = derive_bytes(1, "sealing", "contributor-1"), derive_bytes(1, "sealing", "contributor-2")

keys = st.binary(min_size=32, max_size=32)
contents = st.binary(min_size=1, max_size=3000)


@given(content=contents, key=keys)
def test_what_is_sealed_opens_to_what_it_was(content, key):
    sealed = seal(content, key)
    assert is_sealed(sealed)
    assert open_sealed(sealed, key) == content
    assert len(sealed) == len(content) + 56


@given(content=contents, key=keys, other=keys)
def test_equal_content_and_key_give_equal_bytes_and_others_do_not(content, key, other):
    assert seal(content, key) == seal(content, key)
    assert (seal(content, key) == seal(content, other)) == (key == other)
    assert seal(content, key) != seal(content + b"\x00", key)


def test_the_format_is_fixed():
    sealed = seal(b"a model", bytes(range(32)))
    assert sealed.hex() == (
        "56465345414c0001f78d2b9b80ff9caae80e507dbbb55cdc784853d27ec305b"
        "0cda9f58aedea8a6c2f11c8307e56b4cea03e365855ff855a09b362939bdcf6"
    )


def test_the_store_gives_equal_seals_one_name(tmp_path):
    store = ModelStore(tmp_path)
    content = os.urandom(300_000)
    cid = store.put(seal(content, KEY))
    assert store.put(seal(content, KEY)) == cid
    assert open_sealed(store.get(cid), KEY) == content


def test_a_changed_byte_anywhere_breaks_the_seal():
    sealed = seal(b"weights of a model", KEY)
    for place in range(len(sealed)):
        for change in (1, 128):
            altered = bytearray(sealed)
            altered[place] ^= change
            with pytest.raises(SealBroken):
                open_sealed(bytes(altered), KEY)


def test_a_seal_cut_off_or_lengthened_anywhere_is_broken():
    sealed = seal(b"weights of a model", KEY)
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            open_sealed(sealed[:length], KEY)
    with pytest.raises(SealBroken):
        open_sealed(sealed + b"\x00", KEY)


@given(content=contents, key=keys, other=keys)
def test_another_key_is_told_apart_from_altered_content(content, key, other):
    if key != other:
        with pytest.raises(SealBroken, match="the key is not the one"):
            open_sealed(seal(content, key), other)
    altered = bytearray(seal(content, key))
    altered[-1] ^= 1
    with pytest.raises(SealBroken, match="altered"):
        open_sealed(bytes(altered), key)


@given(content=contents, key=keys, other=keys)
def test_no_ciphertext_opens_under_two_keys(content, key, other):
    """The head of a seal names its key, so one ciphertext cannot be two verifiers' two models."""
    mine, yours = seal(content, key), seal(content, other)
    assert (mine[:40] == yours[:40]) == (key == other)
    if key != other:
        for spliced in (mine[:40] + yours[40:], yours[:40] + mine[40:]):
            for reader in (key, other):
                with pytest.raises(SealBroken):
                    open_sealed(spliced, reader)


@given(junk=st.binary(max_size=300), key=st.binary(max_size=64))
def test_hostile_bytes_and_keys_meet_one_refusal(junk, key):
    for sealed in (junk, seal(b"x", KEY)[:8] + junk):
        with pytest.raises(SealBroken) as refusal:
            open_sealed(sealed, key)
        assert "\n" not in str(refusal.value)


def test_sizes_are_checked_before_any_work():
    for content in (b"", _Long(b"content")):
        with pytest.raises(SealBroken, match="can be sealed"):
            seal(content, KEY)
    tracemalloc.start()
    with pytest.raises(SealBroken, match="are read"):
        open_sealed(_Long(seal(b"x", KEY)), KEY)
    assert tracemalloc.get_traced_memory()[1] < 100_000
    tracemalloc.stop()


class _Long(bytes):
    """Bytes that say they are longer than what may be sealed; reading them would show that they are not."""

    def __len__(self):
        return MAX_CONTENT_BYTES + 100


@pytest.mark.parametrize("key", [b"", b"k" * 31, b"k" * 33])
def test_a_key_of_another_length_is_refused(key):
    with pytest.raises(SealBroken, match="32 are needed"):
        seal(b"content", key)
    with pytest.raises(SealBroken, match="32 are needed"):
        open_sealed(seal(b"content", KEY), key)


def test_a_refusal_is_a_storage_error_and_crosses_processes():
    with pytest.raises(StorageError) as refusal:
        open_sealed(b"not sealed", KEY)
    again = pickle.loads(pickle.dumps(refusal.value))
    assert type(again) is SealBroken and str(again) == str(refusal.value) and again.reason
