"""The command that repeats a run."""

import json
import shlex
import tomllib

from ...scenarios import RunRecord, from_table, shipped
from ..series import settings


def command_of(record: RunRecord) -> str:
    """Return the command whose run has the same digest.

    It names the shipped scenario and what was changed in it, or, where that cannot be said on a command
    line, the record's own resolved scenario file.
    """
    scenario = record.scenario
    seed = ["--seed", str(scenario.seed)]
    original = shipped().get(scenario.name)
    if original is not None and not any(task.has_own_rule for task in scenario.task_list):
        before = settings(from_table(tomllib.loads(original)).resolved())
        changes = {key: value for key, value in settings(scenario).items() if value != before[key]}
        if None not in changes.values() and not {"title", "description", "tasks"} & changes.keys():
            overrides = [f"{key}={json.dumps(value)}" for key, value in changes.items()]
            return shlex.join(["verifuse", "run", scenario.name, *overrides, *seed])
    return shlex.join(["verifuse", "run", f"{record.path.name}/scenario.toml", *seed])
