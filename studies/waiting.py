"""Waiting for many jobs, and saying now and then how many are done."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, as_completed
from typing import Any

LINES = 20


def wait_for(futures: Iterable[Future[Any]], what: str, tell: Callable[[str], None]) -> None:
    """Return when all are done.

    Args:
        futures: What to wait for; one that occurs twice counts once, one that was known before not at all.
        what: What they are, such as ``"trainings"``.
        tell: Gets a line such as ``37 of 120 trainings``, at most ``LINES`` times.

    Raises:
        Exception: What the first one to fail raises.
    """
    waiting = {future for future in futures if not future.done()}
    steps = {round(len(waiting) * part / LINES) for part in range(1, LINES + 1)}
    for done, future in enumerate(as_completed(waiting), start=1):
        future.result()
        if done in steps:
            tell(f"{done} of {len(waiting)} {what}")
