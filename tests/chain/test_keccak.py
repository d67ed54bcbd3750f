from eth_hash.auto import keccak
from eth_hash.backends import pycryptodome

from verifuse.chain.keccak import use_fast_keccak

EMPTY = bytes.fromhex("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")


def test_the_digest_is_ethereums(monkeypatch):
    monkeypatch.delenv("ETH_HASH_BACKEND", raising=False)
    use_fast_keccak()
    assert keccak(b"") == EMPTY
    assert keccak.new(b"").digest() == EMPTY


def test_a_backend_that_the_user_chose_stays(monkeypatch):
    monkeypatch.setenv("ETH_HASH_BACKEND", "pycryptodome")
    monkeypatch.setattr(keccak, "hasher", pycryptodome.keccak256)
    use_fast_keccak()
    assert keccak.hasher is pycryptodome.keccak256
    assert keccak(b"") == EMPTY
