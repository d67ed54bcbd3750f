"""Sealed content: ciphertext in the public store, opened by whoever holds the key.

A CID is public the moment it is announced, so an unsealed model is given away before it is paid for. The
layout of sealed content::

    magic (8 bytes) | commitment to the key (32) | AES-256-SIV of the content (16 + its length)

- *Deterministic*: AES-SIV (RFC 5297; Rogaway & Shrimpton 2006) needs no nonce, so the same content under the
  same key has the same CID. Unlike a fixed nonce, a key used for two contents by mistake gives nothing away
  but whether they are equal.
- *Key-committing*: no common AEAD is, neither SIV nor GCM; a cheat can make one ciphertext that two verifiers
  open to two models (Albertini et al. 2022, https://eprint.iacr.org/2020/1456). The commitment is derived
  from the key by HKDF-SHA256 (RFC 5869) beside the encryption key, and compared before anything is decrypted.

Keys have 32 bytes; ``seeds.derive_bytes`` gives a simulated participant hers. ``derive_seed`` has 31 bits
only, which can be searched.
"""

import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .store import StorageError

KEY_BYTES = 32
MAX_CONTENT_BYTES = 256 * 1024 * 1024

_MAGIC = b"VFSEAL\x00\x01"
_COMMITMENT_BYTES = 32
_SIV_BYTES = 16
_ENCRYPTION_KEY_BYTES = 64
_OVERHEAD = len(_MAGIC) + _COMMITMENT_BYTES + _SIV_BYTES


class SealBroken(StorageError):
    """Sealed content, or a wrapped key, that does not open; the message is one line that says why."""

    def __init__(self, reason: str):
        self.reason = reason
        super().__init__(reason)


def seal(content: bytes, key: bytes) -> bytes:
    """Return ``content`` sealed under ``key``; equal arguments give equal bytes.

    Args:
        content: 1 to ``MAX_CONTENT_BYTES`` bytes.
        key: 32 secret bytes.

    Raises:
        SealBroken: The content or the key has another length.
    """
    if not 1 <= len(content) <= MAX_CONTENT_BYTES:
        raise SealBroken(
            f"sealing: content of {len(content)} bytes; 1 to {MAX_CONTENT_BYTES} bytes can be sealed"
        )
    commitment, cipher = _derived(key)
    return _MAGIC + commitment + cipher.encrypt(content, [_MAGIC + commitment])


def open_sealed(sealed: bytes, key: bytes) -> bytes:
    """Return what was sealed.

    Args:
        sealed: Bytes of unknown origin.
        key: The key; of unknown origin too.

    Raises:
        SealBroken: The bytes are no sealed content, too long, cut off, altered, or sealed under another key.
    """
    if not is_sealed(sealed):
        raise SealBroken("sealing: the content is not sealed")
    if not _OVERHEAD < len(sealed) <= _OVERHEAD + MAX_CONTENT_BYTES:
        raise SealBroken(
            f"sealing: {len(sealed)} bytes; {_OVERHEAD + 1} to {_OVERHEAD + MAX_CONTENT_BYTES} are read"
        )
    commitment, cipher = _derived(key)
    header = sealed[: len(_MAGIC) + _COMMITMENT_BYTES]
    if not hmac.compare_digest(header, _MAGIC + commitment):
        raise SealBroken("sealing: the key is not the one that the content was sealed with")
    try:
        return cipher.decrypt(sealed[len(header) :], [header])
    except InvalidTag:
        raise SealBroken("sealing: the sealed content was altered or cut off") from None


def is_sealed(content: bytes) -> bool:
    """Whether ``content`` starts as sealed content does; says nothing about whether it opens.

    No readable model or data file does: the same eight bytes would announce a header of exabytes.
    """
    return content.startswith(_MAGIC)


def check_key(key: bytes) -> None:
    """Check a key's length.

    Raises:
        SealBroken: It does not have 32 bytes.
    """
    if len(key) != KEY_BYTES:
        raise SealBroken(f"sealing: a key of {len(key)} bytes; {KEY_BYTES} are needed")


def _derived(key: bytes) -> tuple[bytes, AESSIV]:
    """Return the commitment to a key, and the cipher under the encryption key derived from it."""
    check_key(key)
    length = _COMMITMENT_BYTES + _ENCRYPTION_KEY_BYTES
    okm = HKDF(SHA256(), length, salt=None, info=b"verifuse: sealed content, version 1").derive(key)
    return okm[:_COMMITMENT_BYTES], AESSIV(okm[_COMMITMENT_BYTES:])
