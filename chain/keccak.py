"""The fast hash under every trie, signature and address."""

import os
from typing import Any

from eth_hash.auto import keccak


def use_fast_keccak() -> None:
    """Let ``eth_hash`` use safe-pysha3 where it is installed; it hashes faster than the first choice.

    Both give the same digests. A user's ``ETH_HASH_BACKEND`` wins. The hasher is set on the shared
    object because the environment variable is only read before the first hash, and by the time a
    chain opens some library has hashed already.
    """
    if os.environ.get("ETH_HASH_BACKEND"):
        return
    try:
        from eth_hash.backends import pysha3
    except ImportError:  # no wheels outside Linux
        return
    shared: Any = keccak
    shared.hasher = pysha3.keccak256
    shared.preimage = pysha3.preimage
