"""Keys wrapped for one reader: ECIES on secp256k1, the curve of the accounts themselves.

The Elliptic Curve Integrated Encryption Scheme (SEC 1 version 2.0, section 5.1; IEEE 1363a) composed of kept
parts: an ephemeral key pair, ECDH by libsecp256k1, HKDF-SHA256, AES-256-SIV. A wrapped key::

    ephemeral public key (33 bytes, compressed) | AES-256-SIV of the key (16 + 32)

One thing differs from the textbook: the ephemeral secret is derived from the key and its reader, not drawn.
That is safe because what is wrapped is itself 32 secret bytes that nobody can guess, and it makes wrapping a
function. Any holder of the key can therefore recompute the wrap made for the initiator and compare it with
the commitment on the chain; and whoever unwraps a key wraps it again and refuses what differs (Fujisaki &
Okamoto 1999), so that for each key and reader there is exactly one wrap that opens.
"""

from coincurve import PrivateKey
from coincurve.utils import GROUP_ORDER_INT
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from eth_hash.auto import keccak

from .sealing import KEY_BYTES, SealBroken, check_key

PUBLIC_KEY_BYTES = 33
WRAPPED_BYTES = PUBLIC_KEY_BYTES + 16 + KEY_BYTES

_DOMAIN = b"verifuse: wrapped key, version 1, "


def encryption_public_key(private_key: bytes) -> bytes:
    """Return the public key that others wrap keys to, 33 bytes, compressed.

    Args:
        private_key: 32 bytes; a whole number from 1 to the order of secp256k1 less 1.

    Raises:
        SealBroken: It is no such number.
    """
    return _private(private_key).public_key.format(compressed=True)


def wrap_key(key: bytes, recipient_public_key: bytes) -> bytes:
    """Return ``key`` wrapped for one reader, 81 bytes; equal arguments give equal bytes.

    Args:
        key: 32 secret bytes that nobody can guess, such as a sealing key.
        recipient_public_key: The reader's ``encryption_public_key``; of unknown origin.

    Raises:
        SealBroken: The key does not have 32 bytes, or the public key is no compressed point of the curve.
    """
    check_key(key)
    if len(recipient_public_key) != PUBLIC_KEY_BYTES:
        raise SealBroken(
            f"wrapping: a public key of {len(recipient_public_key)} bytes; {PUBLIC_KEY_BYTES} are needed"
        )
    # 128 bits more than the order has, so that reducing leaves no bias (FIPS 186-5, appendix A.2.1).
    wide = int.from_bytes(_derive(key, b"ephemeral" + recipient_public_key, 48), "big")
    ephemeral = PrivateKey.from_int(1 + wide % (GROUP_ORDER_INT - 1))
    point = ephemeral.public_key.format(compressed=True)
    return point + _cipher(ephemeral, recipient_public_key, point + recipient_public_key).encrypt(
        key, [point]
    )


def unwrap_key(wrapped: bytes, private_key: bytes) -> bytes:
    """Return the key that was wrapped for the owner of ``private_key``.

    Args:
        wrapped: Bytes of unknown origin.
        private_key: The reader's own; see ``encryption_public_key``.

    Raises:
        SealBroken: The bytes were altered, have another length, hold no point of the curve, were made for
            another reader, or are not what ``wrap_key`` makes of the key inside.
    """
    own = _private(private_key)
    if len(wrapped) != WRAPPED_BYTES:
        raise SealBroken(f"wrapping: {len(wrapped)} bytes; a wrapped key has {WRAPPED_BYTES}")
    public_key = own.public_key.format(compressed=True)
    point, boxed = wrapped[:PUBLIC_KEY_BYTES], wrapped[PUBLIC_KEY_BYTES:]
    try:
        key = _cipher(own, point, point + public_key).decrypt(boxed, [point])
    except InvalidTag:
        raise SealBroken("wrapping: the key was wrapped for another reader, or altered") from None
    if wrap_key(key, public_key) != wrapped:
        raise SealBroken("wrapping: this is not the one wrap of the key inside")
    return key


def key_commitment(wrapped_for_initiator: bytes) -> bytes:
    """Return what a contributor announces of its key: keccak256 of its wrap for the initiator, 32 bytes."""
    return keccak(wrapped_for_initiator)


def _private(private_key: bytes) -> PrivateKey:
    if len(private_key) != KEY_BYTES or not 0 < int.from_bytes(private_key, "big") < GROUP_ORDER_INT:
        raise SealBroken(f"wrapping: a private key has {KEY_BYTES} bytes and lies below the curve's order")
    return PrivateKey(private_key)


def _cipher(own: PrivateKey, other: bytes, both: bytes) -> AESSIV:
    """Return the cipher under the secret that one private and another's public key share."""
    try:
        shared = own.ecdh(other)
    except ValueError:
        raise SealBroken("wrapping: a public key is no compressed point of the curve") from None
    return AESSIV(_derive(shared, b"encryption" + both, 64))


def _derive(secret: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=_DOMAIN + purpose).derive(secret)
