"""Scenario files, running one, and the record that a run leaves."""

from .load import from_table, load, shipped
from .record import RunRecord, read_record, resolved_toml
from .run import free_folder, run_scenario
from .schema import Scenario
from .tables import SCHEMAS

__all__ = [
    "SCHEMAS",
    "RunRecord",
    "Scenario",
    "free_folder",
    "from_table",
    "load",
    "read_record",
    "resolved_toml",
    "run_scenario",
    "shipped",
]
