"""Pages that tell runs and sweeps to somebody who was not there, with figures and tables beside them."""

from .files import Report
from .run import write_report

__all__ = ["Report", "write_report"]
