"""Does it pay a verifier to measure, and what makes it pay?

Where all verifiers are paid alike, effort costs and earns nothing: w for each model that is measured is what
who does not look saves. Planted tests with a bond B and a fee f turn that around from P tests among M other
models on if w (M + P) < P (B + f), for one whom every test finds out.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from ...analysis.frames import groups, where
from ...analysis.incentives import (
    SymmetricGame,
    equilibria,
    gains_of_deviation,
    mistakes,
    pure_equilibria,
    replicator,
    symmetric_game,
)
from ...learning import Workbench
from ...units import ETHER, format_wei
from ..findings import Findings, Section
from ..wording import interval, signed_ether
from .lines import Dot, lines_figure
from .planted_tests import PLANTS, tests_section
from .running import Markets, MarketSettings, last_scenario, run_markets

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COMMIT, BOND = "task.commit_reveal", "task.bond"
CROWD, FIFTH = "verifiers.groups.crowd.behaviour", "verifiers.groups.fifth.behaviour"


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
        sections.append(tests_section(run_markets(settings.plants, settings, bench, tell)))
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
                "gains, ether": signed_ether(row["gain_wei"], row["low_wei"], row["high_wei"], 4),
                "the initiator's change, ether": f"{row['initiator_wei'] / ETHER:+.3f}",
                "verdict": row["verdict"],
            }
            for row in gains.to_dict("records")
        ]
    table = pd.DataFrame(rows)
    lazy = where(table, table["the fifth is"] == "lazy")
    scenario = last_scenario(markets)
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
                "it gains, ether": signed_ether(row["gain_wei"], row["low_wei"], row["high_wei"], 4),
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
