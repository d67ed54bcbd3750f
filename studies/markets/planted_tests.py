"""How many planted tests does it take to make measuring pay?"""

import json

import pandas as pd

from ...analysis.frames import groups, where
from ...analysis.incentives import gains_of_deviation, mean_payoffs
from ...units import ETHER, format_wei
from ..findings import Section
from ..wording import ether, signed_ether
from .lines import Dot, in_ether, lines_figure
from .running import Markets, last_scenario

PLANTS, GROUPS = "initiator.plants", "verifiers.groups"


def strategy_of(told: str) -> str:
    """Return what the last of some groups, in JSON, plays: ``honest``, or ``lazy, says yes``."""
    last = json.loads(told)[-1]
    behaviour = last.get("behaviour") or "honest"
    return behaviour if behaviour == "honest" else f"{behaviour}, says {_says(last)}"


def _says(group: dict) -> str:
    return (group.get("options") or {}).get("says", "yes")


def tests_section(markets: Markets) -> Section:
    """Return what not measuring gains for how many planted tests, beside the closed form."""
    payoffs = markets.books.payoffs
    payoffs = payoffs.assign(strategy=[strategy_of(told) for told in payoffs[GROUPS]]).drop(columns=[GROUPS])
    gains = gains_of_deviation(payoffs, "strategy")
    plants = sorted(set(gains[PLANTS]))
    scenario = last_scenario(markets)
    fifth = where(payoffs, payoffs["group"] == "fifth")
    bond, fee = scenario.task.bond, scenario.task.verifier_fee
    models = max(len(run) for _, run in groups(markets.books.decisions, ["run"]))
    honest = where(fifth, fifth["strategy"] == "honest")
    work = sum(honest["work_cost_wei"]) / sum(honest["seats"])
    closed = {number: work * (models + number) - number * (bond + fee) for number in plants}
    enough = work * models / (bond + fee - work) if bond + fee > work else None
    lost = mean_payoffs(fifth, by=["strategy"], what="lost_wei")
    rows, lines = [], {}
    for strategy, own in groups(gains, ["value"]):
        name = strategy["value"]
        lines[name] = [
            Dot(row[PLANTS], row["gain_wei"] / ETHER, in_ether(row["low_wei"]), in_ether(row["high_wei"]))
            for row in own.sort_values(PLANTS).to_dict("records")
        ]
        for row in own.sort_values(PLANTS).to_dict("records"):
            burnt = where(lost, (lost[PLANTS] == row[PLANTS]) & (lost["strategy"] == name))["mean_wei"].iloc[
                0
            ]
            rows.append(
                {
                    "planted tests": row[PLANTS],
                    "the fifth is": name,
                    "gains, ether": signed_ether(row["gain_wei"], row["low_wei"], row["high_wei"], 4),
                    "tests that find her out": f"{burnt / bond:.2f}" if bond else "–",
                    "verdict": row["verdict"],
                }
            )
    falsely = max(where(lost, lost["strategy"] == "honest")["most_wei"])
    text = f"""
{_enough_in_words(lines)} Measuring costs {ether(work, None, None)} ether a model, and there are {models}
models beside the tests; a test that finds her out takes the bond of {format_wei(bond)} and the fee of
{format_wei(fee)}. By these numbers alone one whom every test finds out loses from {
        "no number of" if enough is None else f"{enough:.1f}"
    } tests on: the dashed line. Honest verifiers lost {
        "no bond in any run" if not falsely else f"up to {format_wei(falsely)} in a run"
    }.

{markets.setting}

A lazy one who says a plausible number is found out unless a test happens to lie near it, which is why tests
are good, middling and bad models. Only the stand-alone fitness of a model is known beforehand, so that tests
work with `fitness = "standalone"` alone; and what an initiator plants she pays fees for.
"""
    figure = lines_figure(
        "What not measuring gains among four who measure",
        ("planted tests", "gain over measuring (ether)"),
        lines,
        closed_forms={"found out by every test": [Dot(number, closed[number] / ETHER) for number in plants]},
        zero=True,
    )
    return Section("How many tests it takes", text, pd.DataFrame(rows), ("plants", figure))


def _enough_in_words(lines: dict[str, list[Dot]]) -> str:
    told = []
    for name, dots in lines.items():
        costly = [dot.x for dot in dots if dot.high is not None and dot.high < 0]
        told.append(
            f"{name!r} stops paying at {min(costly):g}"
            if costly
            else f"{name!r} is not shown to stop paying up to {max(float(dot.x) for dot in dots):g}"
        )
    return f"Of the numbers of planted tests tried, {' and '.join(told)}."
