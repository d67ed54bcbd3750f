"""Processor time and memory of this process and those that it started. Reads ``/proc``, so it needs Linux."""

import os
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def descendants() -> list[int]:
    """Return the processes that this one started, and those that they did."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(entry.parent.name)] = int(_stat(entry)[1])
        except OSError:
            continue
    found = [os.getpid()]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and its descendants."""
    ticks = sum(int(ticks) for one in descendants() for ticks in _stat(Path(f"/proc/{one}/stat"))[11:13])
    return time.process_time() + ticks / TICKS


def peak_megabytes() -> float:
    """Return the sum of the most memory that this process and its descendants ever held."""
    peaks = [
        int(line.split()[1])
        for one in (os.getpid(), *descendants())
        for line in Path(f"/proc/{one}/status").read_text().splitlines()
        if line.startswith("VmHWM:")
    ]
    return sum(peaks) / 1024


def _stat(file: Path) -> list[str]:
    # The program's name comes before, in brackets, and may hold anything.
    return file.read_text().rpartition(")")[2].split()
