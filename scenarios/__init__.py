"""Scenario files, running one, and the record that a run leaves."""

from .behaviours_page import about, behaviours_page
from .columns import SCHEMAS
from .commented import SCHEMA_FILE, new_scenario
from .holdings import Holding, Holdings, holdings
from .json_schema import json_schema
from .load import from_table, load, named, shipped
from .overrides import apply_override, first_refusal, toml_text
from .record import RunRecord, read_record
from .reference_page import reference_page
from .run import free_folder, resume_scenario, run_scenario
from .schema import Scenario, to_toml

__all__ = [
    "SCHEMAS",
    "SCHEMA_FILE",
    "Holding",
    "Holdings",
    "RunRecord",
    "Scenario",
    "about",
    "apply_override",
    "behaviours_page",
    "first_refusal",
    "free_folder",
    "from_table",
    "holdings",
    "json_schema",
    "load",
    "named",
    "new_scenario",
    "read_record",
    "reference_page",
    "resume_scenario",
    "run_scenario",
    "shipped",
    "to_toml",
    "toml_text",
]
