"""How far a sweep is, on standard error: a line that changes in a terminal, now and then a line in a log."""

import threading
from typing import Self

from rich.console import Console

from ..sweeps import Progress

LIVE_SECONDS, LOG_SECONDS = 0.5, 10.0


class SweepWatch:
    """Shows a sweep's progress until it is left.

    Args:
        progress: What the sweep keeps count in.
    """

    def __init__(self, progress: Progress):
        self.console = Console(stderr=True)
        self._progress = progress
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._keep_looking, daemon=True)
        self._status = self.console.status("") if self.console.is_terminal else None
        self._told = 0
        self._shown = 0

    def __enter__(self) -> Self:
        if self._status is not None:
            self._status.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        self._thread.join()
        if self._status is not None:
            self._status.stop()
        self._tell_failures()
        if self._progress.total:  # else the folder was refused, which is said elsewhere
            self.console.print(progress_line(self._progress), highlight=False, markup=False, soft_wrap=True)

    def _keep_looking(self) -> None:
        while not self._left.wait(LIVE_SECONDS if self._status is not None else LOG_SECONDS):
            self._tell_failures()
            line = progress_line(self._progress)
            if self._status is not None:
                self._status.update(line)
            elif self._progress.done != self._shown:
                self._shown = self._progress.done
                self.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def _tell_failures(self) -> None:
        new = self._progress.noted - self._told
        self._told += new
        while self._progress.notes:
            self.console.print(self._progress.notes.popleft(), highlight=False, markup=False, soft_wrap=True)
        for line in list(self._progress.errors)[-new:] if new else ():
            self.console.print(f"failed: {line}", highlight=False, markup=False, soft_wrap=True)


def progress_line(progress: Progress) -> str:
    """Return how far a sweep is in one line."""
    over = progress.known + progress.done
    parts = [f"{over} of {progress.total} runs"]
    if progress.known:
        parts.append(f"{progress.known} were there")
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    if progress.ran:
        parts.append(f"{progress.cpu_seconds / progress.ran:.2f} CPU s a run")
    if progress.done:
        parts.append(f"{60 * progress.rate:.1f} a minute")
    if progress.left and progress.seconds_left is not None:
        parts.append(f"{duration(progress.seconds_left)} left")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Return seconds as people say them: ``40 s``, ``12 min``, ``3 h 5 min``, ``2 d 4 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    return f"{hours // 24} d {hours % 24} h"
