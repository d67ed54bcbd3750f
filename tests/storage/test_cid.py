"""CIDs are those of real Kubo."""

import hashlib

import pytest

from verifuse.storage import compute_cid, is_cid

# Printed by kubo_cids.py beside this file, from a real Kubo node.
KUBO = {
    10: "QmYY9v67hBV8DjdvUrgKDJDEr3mHrp586V5zD5x6oU9ALn",
    262_144: "Qma8iYabJuw8DhVJ6yV14tKDQBhb6sApmYy8pVqEvxz2H4",
    262_145: "QmZRZYEtyYsJWDc4bCne5vmXzndMefW6W7Gx1zLmw67QuT",
    300_000: "QmSweZfXN4CH9SH9xJwsFxk6p4cEGfFSs7SCfrBqtWzUzn",
    2_000_000: "QmQP27nqcJS8MdGy15FUNhVuQ5rsgdEyH553B6dTVnE69R",
}


def content(size: int) -> bytes:
    blocks = (hashlib.sha256(i.to_bytes(8, "big")).digest() for i in range(size // 32 + 1))
    return b"".join(blocks)[:size]


@pytest.mark.parametrize("size", KUBO)
def test_the_cid_equals_real_kubos(size):
    assert compute_cid(content(size)) == KUBO[size]


@pytest.mark.parametrize("text", ["", "Qm", "../etc/passwd", "Qm" + "0" * 44, KUBO[10] + "\n"])
def test_what_is_no_cid_is_not_taken_for_one(text):
    assert is_cid(KUBO[10])
    assert not is_cid(text)
