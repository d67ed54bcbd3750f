"""A key wrapped for one reader: she alone unwraps it, and everybody who holds the key can check the wrap."""

import time

import pytest
from coincurve import PublicKey
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from verifuse.seeds import derive_bytes
from verifuse.storage import SealBroken, encryption_public_key, key_commitment, unwrap_key, wrap_key

ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
FIELD = 2**256 - 2**32 - 977
KEY = derive_bytes(1, "sealing", "contributor-1")
CAROL, DAVE = (derive_bytes(1, "encryption", name) for name in ("carol", "dave"))

keys = st.binary(min_size=32, max_size=32)
private_keys = st.integers(1, ORDER - 1).map(lambda number: number.to_bytes(32, "big"))


@given(key=keys, private_key=private_keys)
def test_what_is_wrapped_unwraps_for_its_reader(key, private_key):
    public_key = encryption_public_key(private_key)
    wrapped = wrap_key(key, public_key)
    assert unwrap_key(wrapped, private_key) == key
    assert len(public_key) == 33 and len(wrapped) == 81


@given(key=keys, other=keys, private_key=private_keys)
def test_wrapping_is_a_function_that_keeps_keys_and_readers_apart(key, other, private_key):
    carol, reader = encryption_public_key(CAROL), encryption_public_key(private_key)
    assert wrap_key(key, reader) == wrap_key(key, reader)
    assert (wrap_key(key, reader) == wrap_key(other, reader)) == (key == other)
    assert (wrap_key(key, reader) == wrap_key(key, carol)) == (reader == carol)
    # Not even the ephemeral keys repeat, so two wraps of one key show no common part.
    assert (wrap_key(key, reader)[:33] == wrap_key(key, carol)[:33]) == (reader == carol)


def test_the_format_is_fixed():
    public_key = encryption_public_key((1).to_bytes(32, "big"))
    assert public_key.hex() == "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    assert wrap_key(bytes(range(32)), public_key).hex() == (
        "02343f29259b09beab967a4e33997f7701ba657bf13298eb1679ae8196ea0ee20c268c5a7789fdf04"
        "91f20e2d856b003777e7064b7198f7f5232fa082c38db8f7f1be83383a0fbac47f105f6a7be436964"
    )


def test_any_holder_of_the_key_can_check_the_commitment():
    announced = key_commitment(wrap_key(KEY, encryption_public_key(CAROL)))
    assert announced == keccak(wrap_key(KEY, encryption_public_key(CAROL))) and len(announced) == 32
    assert announced != key_commitment(wrap_key(KEY, encryption_public_key(DAVE)))


@settings(max_examples=30)
@given(key=keys, first=private_keys, second=private_keys)
def test_a_wrap_for_another_reader_does_not_open(key, first, second):
    if first != second:
        with pytest.raises(SealBroken, match="another reader"):
            unwrap_key(wrap_key(key, encryption_public_key(first)), second)


def test_a_changed_byte_anywhere_breaks_the_wrap():
    wrapped = wrap_key(KEY, encryption_public_key(CAROL))
    for place in range(len(wrapped)):
        for change in (1, 128):
            altered = bytearray(wrapped)
            altered[place] ^= change
            with pytest.raises(SealBroken):
                unwrap_key(bytes(altered), CAROL)


def test_a_mirrored_ephemeral_point_is_refused():
    """ECDH that hashes the abscissa alone would take both; a wrap must have one form for its hash to bind."""
    wrapped = bytearray(wrap_key(KEY, encryption_public_key(CAROL)))
    wrapped[0] ^= 1
    with pytest.raises(SealBroken):
        unwrap_key(bytes(wrapped), CAROL)


def test_a_wrap_with_an_ephemeral_key_of_the_senders_choice_is_refused():
    """It deciphers, but nobody else who holds the key could recompute it, so it does not count as a wrap."""
    forged = textbook_ecies(KEY, encryption_public_key(CAROL), ephemeral=derive_bytes(7, "forger"))
    with pytest.raises(SealBroken, match="not the one wrap"):
        unwrap_key(forged, CAROL)


def textbook_ecies(key, reader, ephemeral):
    """The module's own ECIES with a drawn ephemeral key, as a sender who breaks the rule would build it."""
    from coincurve import PrivateKey
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    secret = PrivateKey(ephemeral)
    point = secret.public_key.format()
    info = b"verifuse: wrapped key, version 1, encryption" + point + reader
    box = AESSIV(HKDF(SHA256(), 64, salt=None, info=info).derive(secret.ecdh(reader)))
    return point + box.encrypt(key, [point])


NOT_POINTS = {
    "infinity": b"\x00" * 33,
    "off the curve": b"\x02" + (5).to_bytes(32, "big"),
    "abscissa beyond the field": b"\x02" + (FIELD + 1).to_bytes(32, "big"),
    "unknown prefix": b"\x05" + encryption_public_key(CAROL)[1:],
    "uncompressed": PublicKey(encryption_public_key(CAROL)).format(compressed=False),
    "hybrid prefix, cut": b"\x06" + encryption_public_key(CAROL)[1:],
    "empty": b"",
    "short": encryption_public_key(CAROL)[:-1],
    "long": encryption_public_key(CAROL) + b"\x00",
}


@pytest.mark.parametrize("point", NOT_POINTS.values(), ids=NOT_POINTS.keys())
def test_no_key_is_wrapped_to_what_is_no_point(point):
    with pytest.raises(SealBroken, match="public key"):
        wrap_key(KEY, point)
    with pytest.raises(SealBroken):
        unwrap_key(point + wrap_key(KEY, encryption_public_key(CAROL))[33:], CAROL)


@given(junk=st.one_of(st.binary(max_size=200), st.binary(min_size=81, max_size=81)))
def test_hostile_bytes_meet_one_refusal(junk):
    with pytest.raises(SealBroken) as refusal:
        unwrap_key(junk, CAROL)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "private_key",
    [b"", b"\x01", b"\x01" * 31, b"\x01" * 33, bytes(32), ORDER.to_bytes(32, "big"), b"\xff" * 32],
    ids=["none", "one byte", "short", "long", "zero", "the order", "beyond"],
)
def test_what_is_no_private_key_is_refused(private_key):
    with pytest.raises(SealBroken, match="private key"):
        encryption_public_key(private_key)
    with pytest.raises(SealBroken, match="private key"):
        unwrap_key(wrap_key(KEY, encryption_public_key(CAROL)), private_key)


@pytest.mark.parametrize("key", [b"", b"k" * 31, b"k" * 33])
def test_only_keys_of_32_bytes_are_wrapped(key):
    with pytest.raises(SealBroken, match="32 are needed"):
        wrap_key(key, encryption_public_key(CAROL))


def test_long_hostile_input_is_refused_by_its_length():
    long = bytes(50_000_000)
    start = time.process_time()
    for _ in range(100):
        with pytest.raises(SealBroken):
            unwrap_key(long, CAROL)
        with pytest.raises(SealBroken):
            wrap_key(KEY, long)
    assert time.process_time() - start < 1  # hashing or copying them once each would take ten times as long
