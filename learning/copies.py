"""Comparing fingerprints: what is the same model, and what is a copy of another.

A fingerprint is 256 bits made from a model's features (see ``fingerprint``); it is announced on the chain,
and whoever can read the model recomputes it. Both thresholds are Hamming distances.
"""

FINGERPRINT_BYTES = 32

COPY_DISTANCE = 40
"""The largest distance at which a later model counts as a copy of an earlier one.

As ``python benchmarks/fingerprint.py`` prints it, least to most bits, on Table I's networks for MNIST and, in
brackets, on networks for digits of 8×8 pixels:

- honest: same shard, other initial weights 56 to 85 [71 to 90]; other shard of the same labels 52 to 104
  [63 to 110]; other labels 57 to 110 [76 to 129]; other architecture 61 to 101; other shard but the very same
  initial weights, which no two honest contributors have, 42 to 70 [77 to 93];
- copies: units permuted or rescaled, head replaced 0 [0]; noise of 1, 5, 10, 20 % of the weights' deviation
  at most 2, 7, 14, 22 [2, 5, 11, 24]; 10, 30 % of the weights pruned at most 5, 20 [5, 18]; 10 % of the units
  removed or random at most 15, 23 [13, 32]; trained on with another's images for 10, 30, 100, 300 steps at
  most 8, 15, 28, 40 [13, 25, 37, 42], where a whole training takes about 350 [200].
"""

SAME_MODEL_DISTANCE = 8
"""The largest distance of one file's fingerprints on two machines, whose sums differ in the last bits."""


def fingerprint_distance(a: bytes, b: bytes) -> int:
    """Return the number of bits, 0 to 256, in which two fingerprints differ.

    Independent models would lie near 128 if training on like images did not make features alike.

    Raises:
        ValueError: One of them does not have 32 bytes.
    """
    if len(a) != FINGERPRINT_BYTES or len(b) != FINGERPRINT_BYTES:
        raise ValueError(f"fingerprints have {FINGERPRINT_BYTES} bytes; these have {len(a)} and {len(b)}")
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).bit_count()


def fingerprint_matches(announced: bytes, recomputed: bytes) -> bool:
    """Whether an announced fingerprint belongs to the model that the other was computed from.

    Not equality: a projection that happens to lie near zero may change its sign with another machine's sums.
    """
    return fingerprint_distance(announced, recomputed) <= SAME_MODEL_DISTANCE


def is_copy(later: bytes, earlier: bytes) -> bool:
    """Whether a model with the fingerprint ``later`` counts as a copy of the one with ``earlier``."""
    return fingerprint_distance(later, earlier) <= COPY_DISTANCE
