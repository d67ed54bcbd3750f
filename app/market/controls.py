"""What a visitor can change: the scenario, the numbers of its market, and who in it is not honest."""

# pyright: reportPrivateImportUsage=false
# Solara marks its own names as typed and does not say which it exports.

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from html import escape
from typing import Any

import reacton.ipyvuetify as rv
import solara

from ...agents.behaviours import HONEST, Role
from ...errors import InputError
from ...scenarios import about
from ..offers import Bounds, Choices, Offer

Put = Callable[[Choices], None]

WHO: dict[str, tuple[Role, str, str]] = {
    "contributor_behaviour": ("contributor", "Contributors", "dishonest_contributors"),
    "verifier_behaviour": ("verifier", "Verifiers", "dishonest_verifiers"),
    "oracle": ("oracle", "The oracle", ""),
    "initiator": ("initiator", "The initiator", ""),
}


@solara.component
def Controls(offers: Mapping[str, Offer], chosen: Choices, put: Put):
    """Show the picker, the sliders and the behaviours; ``put`` is given what was chosen anew."""
    offer = offers[chosen.scenario]

    def pick(name: str) -> None:
        if name in offers:
            put(offers[name].choices)

    names = list(offers)
    rv.Select(label="Scenario", items=names, v_model=chosen.scenario, on_v_model=pick, hide_details=True)
    drawn = (
        '<p class="vf-drawn">Here nothing is trained: accuracies are drawn from curves of real runs.</p>'
        if offer.is_drawn
        else ""
    )
    text = escape(" ".join(offer.base.description.split()))
    folded = f"<details class='vf-about'><summary>what it shows</summary><p>{text}</p></details>"
    solara.HTML(unsafe_innerHTML=folded + drawn)
    _numbers(offer, chosen, put)
    solara.HTML(tag="h3", unsafe_innerHTML="Who is not honest")
    for key, (role, who, many) in WHO.items():
        if role in offer.behaviours:
            _behaviour(offer, chosen, put, key, role, who, many)


def _numbers(offer: Offer, chosen: Choices, put: Put) -> None:
    unit = " points" if offer.base.task.has_reference else " %"
    _knob(offer, chosen, put, "mafr", "MAFR", f"{100 * chosen.mafr:.0f}{unit}")
    _knob(offer, chosen, put, "contributors", "Computing contributors")
    _knob(offer, chosen, put, "verifiers", "Verification contributors")
    _knob(offer, chosen, put, "panel", "Panel for each model", most=chosen.verifiers)
    _knob(offer, chosen, put, "reward", "Reward", f"{chosen.reward:g} ether")
    with solara.Div(classes=["vf-seed"]):
        solara.InputInt(
            "Seed",
            chosen.seed,
            lambda value: _change(offer.bounds["seed"], chosen, put, "seed", value),
            dense=True,
        )


def _knob(
    offer: Offer, chosen: Choices, put: Put, key: str, name: str, shown: str = "", most: float | None = None
) -> None:
    bounds = offer.bounds.get(key)
    if bounds is not None:
        bounds = replace(bounds, high=bounds.high if most is None else min(most, bounds.high))
        Knob(
            key,
            name,
            shown,
            bounds,
            getattr(chosen, key),
            lambda value: _change(bounds, chosen, put, key, value),
        )


def _change(bounds: Bounds, chosen: Choices, put: Put, key: str, value: Any) -> None:
    """Take a value that a browser sent, if it is one that may be chosen, and let the others fit to it."""
    with suppress(InputError, TypeError, ValueError):
        is_whole = isinstance(getattr(chosen, key), int)
        value = round(value) if is_whole else round(float(value), 4)
        bounds.check(key, value)
        changed = replace(chosen, **{key: value})
        put(
            replace(
                changed,
                panel=min(changed.panel, changed.verifiers),
                dishonest_contributors=min(changed.dishonest_contributors, changed.contributors),
                dishonest_verifiers=min(changed.dishonest_verifiers, changed.verifiers),
            )
        )


@solara.component
def Knob(what: str, name: str, shown: str, bounds: Bounds, value: float, on_value: Callable[[Any], None]):
    """Show a slider with its name and its value above it."""
    with solara.Div(classes=["vf-knob", f"vf-knob-{what}"]):
        text = f"<span>{escape(name)}</span><b>{escape(shown or f'{value:g}')}</b>"
        solara.HTML(unsafe_innerHTML=text, classes=["vf-knob-name"])
        rv.Slider(
            v_model=value,
            on_v_model=on_value,
            min=bounds.low,
            max=bounds.high,
            step=bounds.step,
            hide_details=True,
            dense=True,
            disabled=bounds.low >= bounds.high,
        )


def _behaviour(offer: Offer, chosen: Choices, put: Put, key: str, role: Role, who: str, many: str) -> None:
    now = getattr(chosen, key)
    names = list(dict.fromkeys((HONEST, getattr(offer.choices, key), *offer.behaviours[role])))

    def pick(name: str) -> None:
        if name not in names:
            return
        changed = replace(chosen, **{key: name})
        if many:
            number = 0 if name == HONEST else max(1, getattr(chosen, many))
            changed = replace(changed, **{many: number})
        put(changed)

    with solara.Div(classes=["vf-behaviour", f"vf-behaviour-{role}"]):
        items = [{"text": name.replace("_", " "), "value": name} for name in names]
        rv.Select(label=who, items=items, v_model=now, on_v_model=pick, dense=True, hide_details=True)
        if now != HONEST:
            solara.HTML(tag="p", unsafe_innerHTML=escape(about(role, now)), classes=["vf-hint"])
            if many:
                all_of = chosen.contributors if role == "contributor" else chosen.verifiers
                shown = f"{getattr(chosen, many)} of {all_of}"
                _knob(offer, chosen, put, many, "How many", shown, most=all_of)
