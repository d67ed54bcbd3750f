"""Who works at what: a lock file that several processes share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout


@contextmanager
def held(path: Path, *, wait: bool, over: Callable[[], bool] = lambda: True) -> Iterator[bool]:
    """Hold a lock file, if it can be had; gives whether it is ours.

    Args:
        path: The file; its folder is made if it is not there.
        wait: Whether to wait for another process that has it.
        over: Asked in the end, whether what it stands for is done for good; then the file is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, timeout=-1 if wait else 0)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    except NotImplementedError:  # a file system without locks
        yield True
        return
    try:
        yield True
    finally:
        if over():
            # Gone before it is free: who opened it meanwhile locks a nameless file, and finds the work done.
            with suppress(OSError):
                path.unlink()
        lock.release()
