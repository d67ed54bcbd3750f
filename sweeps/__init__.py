"""Sweeps: many runs of one scenario, each run once, none lost, all in one table."""

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
    "DiskFull",
    "Engine",
    "LocalEngine",
    "Outlook",
    "Plan",
    "Progress",
    "Range",
    "Results",
    "Run",
    "Sweep",
    "SweepFolder",
    "Swept",
    "Until",
    "WorkerLost",
    "conduct",
    "gather",
    "load_sweep",
    "open_results",
    "outlook",
    "run_sweep",
    "shipped_sweeps",
]
