"""A sweep's results, wherever they lie."""

from pathlib import Path

from .folder import SweepFolder
from .remote import RemoteFolder

Results = SweepFolder | RemoteFolder


def open_results(out: str | Path) -> Results:
    """Return the results under a path or, as ``://`` in it tells, a URL.

    Raises:
        InputError: It is a URL that cannot be opened.
    """
    return RemoteFolder(str(out)) if "://" in str(out) else SweepFolder(out)
