"""Pages that tell runs and sweeps to somebody who was not there, with figures and tables beside them."""

from .compare import write_comparison
from .files import Report
from .run import write_report
from .sweep import write_sweep_report

__all__ = ["Report", "write_comparison", "write_report", "write_sweep_report"]
