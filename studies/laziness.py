"""Does it pay a verifier to measure, and what makes it pay?

Where all verifiers are paid alike, effort costs and earns nothing: w for each model that is measured is what
who does not look saves. Planted tests with a bond B and a fee f turn that around from P tests among M other
models on if w (M + P) < P (B + f), for one whom every test finds out.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from ..analysis.frames import groups, where
from ..analysis.incentives import (
    SymmetricGame,
    equilibria,
    gains_of_deviation,
    mean_payoffs,
    mistakes,
    pure_equilibria,
    replicator,
    symmetric_game,
)
from ..learning import Workbench
from ..scenarios import Scenario
from ..sweeps.plan import Plan
from ..units import ETHER, format_wei
from .findings import Findings, Section
from .lines import Dot, lines_figure
from .markets import Markets, MarketSettings, run_markets
from .wording import ether, interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COMMIT, PLANTS, BOND = "task.commit_reveal", "initiator.plants", "task.bond"
CROWD, FIFTH = "verifiers.groups.crowd.behaviour", "verifiers.groups.fifth.behaviour"
GROUPS = "verifiers.groups"


class Settings(MarketSettings):
    """The sweep ``laziness``.

    Attributes:
        sweep: The sweep's name, or the path of one of one's own: the behaviours of the groups ``crowd`` and
            ``fifth``, each against each, by how verifiers are held to their work.
        plants: Another, over ``verifiers.groups`` and ``initiator.plants``, such as ``laziness_plants``;
            empty for none.
    """

    sweep: str = "laziness"
    plants: str = ""


@dataclass(frozen=True, eq=False)
class Mechanism:
    """The game of one way to hold verifiers to their work.

    Attributes:
        name: What it is.
        payoffs: Of its runs.
        decisions: Of its runs.
        game: Among its verifiers.
    """

    name: str
    payoffs: pd.DataFrame
    decisions: pd.DataFrame
    game: SymmetricGame


def study(settings: Settings, bench: Workbench, tell: Callable[[str], None]) -> Findings:
    """Answer the question."""
    markets = run_markets(settings.sweep, settings, bench, tell)
    found = list(_mechanisms(markets))
    sections = [_gains(markets, found), _equilibria(found), _decided(found)]
    if settings.plants:
        sections.append(_how_many(run_markets(settings.plants, settings, bench, tell)))
    return Findings(
        title="Does it pay a verifier to measure, and what makes it pay?",
        command="verifuse study laziness",
        sections=tuple(sections),
    )


def _mechanisms(markets: Markets) -> Iterator[Mechanism]:
    books = markets.books
    keys = [key for key in (COMMIT, PLANTS, BOND) if key in books.payoffs.columns]
    for told, own in groups(books.payoffs, keys):
        runs = books.decisions["run"].isin(list(own["run"]))
        name = "all are paid"
        if told.get(COMMIT):
            name = "commit–reveal"
        if told.get(PLANTS):
            name = f"bonds, {told[PLANTS]} tests"
        yield Mechanism(name, own, where(books.decisions, runs), symmetric_game(own, "verifier"))


def _gains(markets: Markets, found: list[Mechanism]) -> Section:
    rows = []
    for one in found:
        gains = gains_of_deviation(one.payoffs, FIFTH)
        rows += [
            {
                "verifiers": one.name,
                "the others are": row[CROWD],
                "the fifth is": row["value"],
                "gains, ether": _signed(row["gain_wei"], row["low_wei"], row["high_wei"]),
                "the initiator's change, ether": f"{row['initiator_wei'] / ETHER:+.3f}",
                "verdict": row["verdict"],
            }
            for row in gains.to_dict("records")
        ]
    table = pd.DataFrame(rows)
    lazy = where(table, table["the fifth is"] == "lazy")
    scenario = _scenario(markets)
    text = f"""
{_headline(lazy, found)}

{markets.setting}

The table has what the fifth verifier gains by being lazy or a copycat in place of honest, against four others
who all behave alike, with the same seeds: net of gas, lost bonds and work at
{format_wei(scenario.costs.per_second)} a second. A fee is {format_wei(scenario.task.verifier_fee)} a model
and a bond, where there is one, {format_wei(scenario.task.bond)} a seat. The initiator's change is what she
pays less than before, or more where it is negative; the panel is the whole pool, so that nothing depends on
who is drawn: without tests, seeds change nothing but gas, and intervals are narrow.
"""
    return Section("What not measuring brings", text, table, ("drift", _drift(found)))


def _headline(lazy: pd.DataFrame, found: list[Mechanism]) -> str:
    told = []
    for one in found:
        own = where(lazy, lazy["verifiers"] == one.name)
        parts = [
            f"{row['gains, ether']} ether against {row['the others are']} others"
            for row in own.to_dict("records")
            if row["the others are"] != "copycat"
        ]
        told.append(f"*{one.name}*: {' and '.join(parts)}")
    first = where(lazy, lazy["verifiers"] == found[0].name)
    always = bool((first["verdict"] == "profitable").all())
    opening = (
        "Where all verifiers are paid, laziness is dominant: it pays whatever the others do."
        if always
        else "Where all verifiers are paid, laziness does not pay against everything that the others may do."
    )
    return (
        f"{opening} Who says that every model passes, and looks at none, gains over who measures\n\n"
        + "\n".join(f"- {line}" for line in told)
    )


def _drift(found: list[Mechanism]) -> "Figure":
    lines = {}
    for one in found:
        if "honest" not in one.game.behaviours:
            continue
        path = replicator(one.game, [[1 / len(one.game.behaviours)] * len(one.game.behaviours)], points=11)
        own = where(path, path["behaviour"] == "honest").to_dict("records")
        lines[one.name] = [Dot(row["time"], 100 * row["share"]) for row in own]
    return lines_figure(
        "Where a mixed population of verifiers drifts",
        ("time (replicator dynamics)", "share that is honest (%)"),
        lines,
    )


def _equilibria(found: list[Mechanism]) -> Section:
    rows, mixed = [], []
    for one in found:
        rows += [
            {
                "verifiers": one.name,
                "all are": row["behaviour"],
                "each gets, ether": f"{row['value_wei'] / ETHER:.3f}",
                "best deviation": row["best_deviation"],
                "it gains, ether": _signed(row["gain_wei"], row["low_wei"], row["high_wei"]),
                "equilibrium": "yes" if row["is_equilibrium"] else "no",
                "of resamples %": f"{100 * row['stability']:.0f}",
            }
            for row in pure_equilibria(one.game).to_dict("records")
        ]
        listed = equilibria(one.game)
        names = [
            " and ".join(
                f"{100 * row['share']:.0f} % {row['behaviour']}"
                for row in own.to_dict("records")
                if row["share"] > 1e-9
            )
            for _, own in groups(listed, ["number"])
        ]
        mixed.append(f"- *{one.name}*: {'; '.join(names) or 'none was found'}")
    text = f"""
The symmetric game of five verifiers, each of whom takes the other four to play alike. In the mean over seeds
its symmetric equilibria, pure and mixed, are

{chr(10).join(mixed)}

The table checks each pure one deviation by deviation; the last column is the share of resamples of the seeds
in which it is one. In the figure above a population that begins with equal shares follows the replicator
dynamics: what pays more than the mean spreads.

{_both(found)}
"""
    return Section("What holds itself in place", text, pd.DataFrame(rows))


def _both(found: list[Mechanism]) -> str:
    told = []
    for one in found:
        stay = where(pure_equilibria(one.game), pure_equilibria(one.game)["is_equilibrium"])
        if {"honest", "lazy"} <= set(stay["behaviour"]):
            told.append(one.name)
    if not told:
        return "In none of the games both honesty and laziness hold themselves in place."
    return (
        f"With *{'* and *'.join(told)}* both honesty and laziness hold themselves in place: effort is "
        "restored where most make one, and is not where most do not. The contract burns a bond for a test "
        "only if the panel's median is near the fitness that the initiator says it has, so that she cannot "
        "make tests up; a lazy majority is never near it, and whoever measures among them is alone with the "
        "work."
    )


def _decided(found: list[Mechanism]) -> Section:
    rows = []
    for one in found:
        wrong = mistakes(one.decisions, by=[CROWD, FIFTH])
        for row in wrong.to_dict("records"):
            if row[CROWD] != row[FIFTH]:
                continue
            rows.append(
                {
                    "verifiers": one.name,
                    "all are": row[CROWD],
                    "junk paid %": interval(
                        row["false_accept"], row["false_accept_low"], row["false_accept_high"]
                    ),
                    "honest refused %": interval(
                        row["false_reject"], row["false_reject_low"], row["false_reject_high"]
                    ),
                }
            )
    text = """
What the vote comes to when everybody behaves alike. Lazy verifiers pass what nobody trained; copycats wait
for one another, nobody says anything, and no model is decided. Intervals are Wilson's, over models.
"""
    return Section("What it does to the market", text, pd.DataFrame(rows))


def strategy_of(told: str) -> str:
    """Return what the last of some groups, in JSON, plays: ``honest``, or ``lazy, says yes``."""
    last = json.loads(told)[-1]
    behaviour = last.get("behaviour") or "honest"
    return behaviour if behaviour == "honest" else f"{behaviour}, says {_says(last)}"


def _says(group: dict) -> str:
    return (group.get("options") or {}).get("says", "yes")


def _how_many(markets: Markets) -> Section:
    payoffs = markets.books.payoffs
    payoffs = payoffs.assign(strategy=[strategy_of(told) for told in payoffs[GROUPS]]).drop(columns=[GROUPS])
    gains = gains_of_deviation(payoffs, "strategy")
    plants = sorted(set(gains[PLANTS]))
    scenario = _scenario(markets)
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
            Dot(row[PLANTS], row["gain_wei"] / ETHER, _or_none(row["low_wei"]), _or_none(row["high_wei"]))
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
                    "gains, ether": _signed(row["gain_wei"], row["low_wei"], row["high_wei"]),
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


def _scenario(markets: Markets) -> Scenario:
    """Return the scenario of a sweep's last point, in which nothing is switched off."""
    *_, last = Plan(markets.sweep).runs()
    assert last.scenario is not None, "it was run"
    return last.scenario


def _signed(mean: float, low: float | None, high: float | None) -> str:
    shown = f"{mean / ETHER:+.4f}"
    return shown if low is None or high is None else f"{shown} ± {(high - low) / 2 / ETHER:.4f}"


def _or_none(wei: float | None) -> float | None:
    return None if wei is None or wei != wei else wei / ETHER
