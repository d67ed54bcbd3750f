"""Sweeps: many runs of one scenario, each run once, none lost, all in one table."""

from .classroom import (
    Checked,
    Student,
    check_digests,
    give_seeds,
    read_class,
    read_names,
    write_class,
)
from .conduct import Progress, conduct
from .engines import Engine, LocalEngine, WorkerLost
from .folder import SweepFolder
from .gather import gather
from .load import load_sweep, shipped_sweeps
from .outlook import Outlook, outlook
from .places import Results, open_results
from .plan import Plan, Run
from .schema import Range, Sweep, Until
from .sweep import Swept, run_sweep
from .work import DiskFull

__all__ = [
    "Checked",
    "DiskFull",
    "Engine",
    "LocalEngine",
    "Outlook",
    "Plan",
    "Progress",
    "Range",
    "Results",
    "Run",
    "Student",
    "Sweep",
    "SweepFolder",
    "Swept",
    "Until",
    "WorkerLost",
    "check_digests",
    "conduct",
    "gather",
    "give_seeds",
    "load_sweep",
    "open_results",
    "outlook",
    "read_class",
    "read_names",
    "run_sweep",
    "shipped_sweeps",
    "write_class",
]
