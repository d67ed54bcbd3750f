"""Every random draw comes from ``(seed, purpose, who)``.

Deriving each stream from names, not from a shared generator, means that adding a contributor to a
scenario leaves the draws of all others as they were.
"""

import hashlib

import numpy as np


def derive_bytes(seed: int, purpose: str, who: str = "") -> bytes:
    """Return 32 bytes that are a fixed function of the arguments.

    Args:
        seed: The run's seed.
        purpose: What the draw is for, such as ``"weights"``.
        who: Whose draw it is, such as ``"contributor-1"``.

    Returns:
        A SHA-256 digest over the length-prefixed arguments, so that no two triples share an encoding.
    """
    parts = [str(int(seed)), purpose, who]
    encoded = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
    return hashlib.sha256(encoded).digest()


def derive_seed(seed: int, purpose: str, who: str = "") -> int:
    """Return a non-negative 31-bit integer seed for ``(seed, purpose, who)``.

    31 bits, because Keras and JAX keys take signed 32-bit integers.
    """
    return int.from_bytes(derive_bytes(seed, purpose, who)[:4], "big") >> 1


def generator(seed: int, purpose: str, who: str = "") -> np.random.Generator:
    """Return a NumPy generator whose stream belongs to ``(seed, purpose, who)`` alone."""
    return np.random.default_rng(int.from_bytes(derive_bytes(seed, purpose, who), "big"))
