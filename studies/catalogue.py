"""Which studies there are, and how one is run by its name."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from ..errors import InputError
from ..learning import Workbench
from ..scenarios import apply_override, first_refusal, toml_text
from ..scenarios.json_schema import meanings_of
from .findings import Findings

LEARNING: Mapping[str, str] = MappingProxyType(
    {
        "reproduction": "Do the paper's Figures 6 to 9 come out, and what is behind them?",
        "figure_1": "What do the three architectures of the paper's Figure 1 move, compute and reach?",
        "growth": "What do fifty fused models cost and bring, and what does a warm start save?",
        "privacy": "What do shared models betray of private images, and what does it cost to keep it?",
        "junk": "Can the vote tell an honest fifth model from junk?",
        "cooperation": "When does cooperation pay?",
        "surrogate": "What does the surrogate of learning draw from, and how near is it to real markets?",
    }
)
"""Questions about what models learn, by the name of their module in ``learning``."""

MARKETS: Mapping[str, str] = MappingProxyType(
    {
        "mafr": "What does a threshold do to a market, and where does it never start?",
        "laziness": "Does it pay a verifier to measure, and what makes it pay?",
        "rules": "Which rule tells honest models from junk?",
        "plagiarism_access": "What does a plagiarist gain, and what ends it?",
        "panel_size": "How large has a panel to be against a cartel?",
        "luck": "How many verification images does a decision need that is no luck?",
        "shared_images": "Does a panel help when all of it measures on the same images?",
        "contribution": "Is a model paid what it is worth?",
        "trustlessness": "What does it cost that nobody has to be trusted?",
    }
)
"""Questions about whom markets pay, by the name of their module in ``markets``."""

STUDIES: Mapping[str, str] = MappingProxyType({**LEARNING, **MARKETS})
"""Every study's name and the question that it answers."""


def run_study(
    name: str, overrides: Sequence[str], bench: Workbench, tell: Callable[[str], None] = lambda line: None
) -> Findings:
    """Run a study.

    Args:
        name: One of ``STUDIES``.
        overrides: ``key=value`` texts that change its settings.
        bench: Where models are trained and fused; what it remembers is not computed again.
        tell: Gets a line now and then about how far the study is.

    Raises:
        InputError: The study, a setting or its value is unknown.
    """
    module = _module(name)
    table: dict[str, Any] = {}
    for override in overrides:
        apply_override(table, override)
    try:
        settings = module.Settings.model_validate(table)
    except ValidationError as error:
        raise first_refusal(error, module.Settings, f"the study {name}") from None
    findings: Findings = module.study(settings, bench, tell)
    if not overrides:
        return findings
    return replace(findings, command=f"verifuse study {name} {shlex.join(overrides)}")


def settings_of(name: str) -> list[tuple[str, str, str]]:
    """Return a study's settings: each one's name, its default as TOML, and what it is for.

    Raises:
        InputError: The study is unknown.
    """
    settings = _module(name).Settings
    meanings = meanings_of(settings)
    defaults = settings().model_dump(mode="json")
    return [(key, toml_text(value), meanings.get(key, "")) for key, value in defaults.items()]


def _module(name: str) -> Any:
    if name not in STUDIES:
        raise InputError("study", name, f"known studies are {', '.join(STUDIES)}")
    return import_module(f".{'learning' if name in LEARNING else 'markets'}.{name}", __package__)
