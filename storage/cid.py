"""IPFS content identifiers, equal to those that ``ipfs add`` of Kubo prints."""

import hashlib
import re

import aleph_cid

from .recent import Recent

# A CIDv0 is a base58btc SHA-256 multihash: the prefix 0x1220 always spells "Qm".
_CID_V0 = re.compile(r"Qm[1-9A-HJ-NP-Za-km-z]{44}")

# Hashing chunks and their tree takes ten times as long as hashing the whole.
_KNOWN: Recent[bytes, str] = Recent(10_000)


def compute_cid(content: bytes) -> str:
    """Return the CIDv0 of a file with this content.

    Kubo's defaults: 256 KiB chunks, a balanced DAG of dag-pb nodes with at most 174 links, SHA-256
    (https://specs.ipfs.tech/unixfs/).

    Args:
        content: The whole file.

    Returns:
        46 ASCII characters that start with ``Qm``.
    """
    digest = hashlib.sha256(content).digest()
    cid = _KNOWN.get(digest)
    if cid is None:
        cid = aleph_cid.compute_cid(content)
        _KNOWN.put(digest, cid, 1)
    return cid


def is_cid(text: str) -> bool:
    """Whether ``text`` has the form of a CIDv0; says nothing about what it names."""
    return _CID_V0.fullmatch(text) is not None
