"""Files that are either whole or absent."""

import os
import uuid
from pathlib import Path


def write_atomically(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` so that no reader ever sees half of it.

    The bytes go to a temporary file in the same folder, are flushed to the disk and renamed; two
    writers at once leave one of the two contents, whole.

    Args:
        path: Where the file shall be; missing parent folders are made.
        content: All of its bytes.

    Raises:
        OSError: The disk is full or the folder cannot be written; ``path`` is then as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
