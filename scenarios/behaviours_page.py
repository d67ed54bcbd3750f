"""Every shipped behaviour with options and theory, as ``docs/reference/behaviours.md``; ``make docs``."""

import inspect
import sys

from ..agents.behaviours import HONEST, Behaviour, Role, behaviour_class, shipped
from .json_schema import settings_schema
from .reference import keys_of
from .reference_page import rows

ROLES: dict[Role, str] = {
    "contributor": "Computing contributors",
    "verifier": "Verification contributors",
    "oracle": "The oracle",
    "initiator": "Initiators",
}
TABLES: dict[Role, str] = {
    "contributor": "`[contributors]` or `[[contributors.groups]]`",
    "verifier": "`[verifiers]` or `[[verifiers.groups]]`",
    "oracle": "`[oracle]`",
    "initiator": "`[initiator]`",
}

INTRODUCTION = """\
# How participants behave

<!-- Written by `make docs` from the behaviours' docstrings and options; change it there. -->

Everybody is honest unless a scenario says otherwise. `behaviour` names how the members of a table or group
decide, `options` beside it are the behaviour's own:

```toml
[[contributors.groups]]
name = "regular"
count = 3

[[contributors.groups]]
name = "thief"
count = 1
behaviour = "plagiarist"
options = {front_runs = true, fee_factor = 3.0}
```

A group takes options from its table only together with the behaviour. A record's table `participants` has a
column `behaviour`, so whatever is measured can be told apart by it.

## One of your own

Derive from the honest class of a role, override the decisions that differ, and name your class by its file,
relative to the scenario that says so: `behaviour = "mine.py:Picky"` (or `"my_module:Picky"`, if that can be
imported).

```python
from verifuse.agents.behaviours.contributors.honest import Honest


class Picky(Honest):
    def takes_up(self, offer):
        return offer.rewarded >= 1
```

`self.me` is the participant, `self.me.market` the market, `self.dice("my draw")` random draws that the run's
seed decides. Options are a frozen class of their own, `Options = MyOptions`, that derives from
`verifuse.agents.config.base.Settings`; they are checked like all settings. The record keeps a copy of your
file, which makes it a whole file: what it imports beside Verifuse has to be installed. Running such a record
runs the file; reading it does not.
"""


def behaviours_page() -> str:
    """Return the page in Markdown."""
    parts = [INTRODUCTION, _overview()]
    for role, heading in ROLES.items():
        parts.append(f"## {heading}\n\n`behaviour` in {TABLES[role]}.\n\n{_decisions(role)}")
        parts += [_section(role, name) for name in shipped(role) if name != HONEST]
    return "\n".join(parts)


def about(role: Role, name: str) -> str:
    """Return what a shipped behaviour is, in a line."""
    module = sys.modules[behaviour_class(role, name).__module__]
    return inspect.cleandoc(module.__doc__ or "").splitlines()[0]


def _overview() -> str:
    lines = ["## All of them", "", "| who | behaviour | what |", "|---|---|---|"]
    for role in ROLES:
        lines += [
            f"| {role} | [`{name}`](#{role}-{name}) | {about(role, name)} |" for name in _dishonest(role)
        ]
    return "\n".join(lines) + "\n"


def _dishonest(role: Role) -> list[str]:
    return [name for name in shipped(role) if name != HONEST]


def _decisions(role: Role) -> str:
    """Return the decisions that a role asks for, as the honest class has them."""
    honest = behaviour_class(role, HONEST)
    lines = [_plain(honest), "", "| decision | what is asked |", "|---|---|"]
    for name, member in vars(honest).items():
        function = member.fget if isinstance(member, property) else member
        if name.startswith("_") or not inspect.isfunction(function):
            continue
        asked = [key for key in inspect.signature(function).parameters if key != "self"]
        call = name if isinstance(member, property) else f"{name}({', '.join(asked)})"
        words = inspect.cleandoc(function.__doc__ or "").partition("\n\n")[0].replace("``", "`")
        lines.append(f"| `{call}` | {' '.join(words.split())} |")
    return "\n".join(lines) + "\n"


def _section(role: Role, name: str) -> str:
    kind = behaviour_class(role, name)
    parts = [f"### {role} `{name}`\n", f"{about(role, name)} {_plain(kind)}\n"]
    if not kind.works_without_networks:
        parts.append('Not with `learning = "surrogate"`, where there are no images.\n')
    keys = keys_of(settings_schema(kind.Options))
    parts.append(rows(keys) if keys else "No options.\n")
    return "\n".join(parts)


def _plain(kind: type[Behaviour]) -> str:
    """Return a docstring without the attributes, in Markdown, each paragraph on one line."""
    text = inspect.cleandoc(kind.__doc__ or "").partition("\nAttributes:\n")[0].replace("``", "`")
    paragraphs = (" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
