"""A scenario: a market's settings with a name and a paragraph on what it shows."""

import tomlkit
from pydantic import Field

from ..agents import MarketConfig
from ..agents.config.base import NAME


class Scenario(MarketConfig):
    """What a scenario file says, fully typed and frozen.

    Attributes:
        name: Short name; run folders start with it.
        title: What the task is for, in the initiator's words; part of the task's description in the store.
        description: What the scenario shows, for people who choose one.
    """

    name: str = Field("unnamed", pattern=NAME)
    title: str = Field("", max_length=200)
    description: str = Field("", max_length=5000)


def to_toml(scenario: Scenario) -> str:
    """Return a scenario as TOML with every default written out; loading it gives the same scenario."""
    table = scenario.model_dump(mode="json", exclude_none=True)
    document = tomlkit.document()
    for key in ("name", "title", "description", "seed", "recipe", "contract", "learning"):
        document.add(key, table.pop(key))
    if "\n" in scenario.description:
        document["description"] = tomlkit.string(scenario.description, multiline=True)
    for name, settings in table.items():
        if settings:  # an empty list of tables would be read as a key of the table before it
            document.add(name, settings)
    return tomlkit.dumps(document)
