"""Settings that a record's digest leaves out while they are their defaults.

They were added after records had been published: a scenario that says nothing about them is the same
scenario as before, and its record keeps its digest.
"""

from typing import Any

from .schema import Scenario

_PRESENCE = ("first_start", "starts", "per_hour", "stay", "mean_stay", "back_after", "leaves", "groups")

LATER = (
    ("learning",),
    *(("contributors", key) for key in ("partition", "alpha", "shards", "verifies", *_PRESENCE)),
    *(("verifiers", key) for key in ("data", "start_every", *_PRESENCE)),
    *(("costs", key) for key in ("per_second", "watts", "watt_hour")),
)
"""Table and key; a table or key of the scenario itself stands alone."""


def settings_that_count(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario's settings as JSON, without later keys that are their defaults."""
    settings, defaults = (one.model_dump(mode="json") for one in (scenario, Scenario.model_validate({})))
    for *tables, key in LATER:
        table, usual = settings, defaults
        for name in tables:
            table, usual = table[name], usual[name]
        if table[key] == usual[key]:
            del table[key]
    return settings
