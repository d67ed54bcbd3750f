"""Scenario files, running one, and the record that a run leaves."""

from .load import from_table, load, shipped
from .overrides import apply_override, first_refusal
from .record import RunRecord, read_record
from .run import free_folder, resume_scenario, run_scenario
from .schema import Scenario, to_toml
from .tables import SCHEMAS

__all__ = [
    "SCHEMAS",
    "RunRecord",
    "Scenario",
    "apply_override",
    "first_refusal",
    "free_folder",
    "from_table",
    "load",
    "read_record",
    "resume_scenario",
    "run_scenario",
    "shipped",
    "to_toml",
]
