"""Is a model paid what it is worth?

What a model is worth to a coalition is known from fusing every coalition of a market's models and
measuring on images that nobody has; Shapley's value shares the whole out among them, whatever the order in
which they came. The market pays by votes, one model after the other.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...analysis.incentives import Sample, gini, samples
from ...analysis.series import estimate
from ...analysis.worth import Game, arrival_marginals, fused_game, leave_one_out, recorded_models, shapley
from ...errors import InputError
from ...learning import Workbench
from ..findings import Findings, Section
from ..wording import number, percent
from .lines import Dot, lines_figure
from .running import Markets, MarketSettings, run_markets

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SWEEPS = ("contribution", "contribution_by_gain")
FORTH, BACK = "first to last", "last to first"
Numbers = Sequence[float] | np.ndarray
Shares = np.ndarray


class Settings(MarketSettings):
    """The sweeps ``contribution`` and ``contribution_by_gain``."""


@dataclass(frozen=True, eq=False)
class Paid:
    """What one market paid.

    Attributes:
        seed: Of the market.
        rule: Fitness and reward rule in words.
        order: Whether the contributors came first to last or last to first.
        earned: Each contributor's rewards, wei, by name.
    """

    seed: int
    rule: str
    order: str
    earned: Mapping[str, int]

    def amounts(self, names: Sequence[str]) -> list[int]:
        """Return the rewards of some contributors."""
        return [self.earned.get(name, 0) for name in names]


def study(settings: Settings, bench: Workbench, tell: Callable[[str], None]) -> Findings:
    """Answer the question."""
    found = [run_markets(name, settings, bench, tell) for name in SWEEPS]
    games: dict[int, Game] = {}
    paid: list[Paid] = []
    for markets in found:
        for sample in samples(Path(settings.records) / markets.sweep.name):
            paid.append(_paid(sample))
            if sample.seed not in games and paid[-1].order == FORTH:
                games[sample.seed] = fused_game(recorded_models(sample.record)[0], bench)
                tell(f"seed {sample.seed}: every coalition measured")
    if {one.seed for one in paid} != set(games):
        raise InputError("overrides", settings.overrides, "markets in which somebody announces a model")
    return Findings(
        title="Is a model paid what it is worth?",
        command="verifuse study contribution",
        sections=(_worth(found, paid, games), _measures(paid, games), _order(paid, games)),
    )


def _paid(sample: Sample) -> Paid:
    scenario = sample.record.scenario
    task = scenario.task_list[0]
    starts = scenario.contributors.starts or (0,)
    earned: dict[str, int] = {}
    for row in sample.rows("payments"):
        if row["reason"] == "ModelReward":
            earned[row["name"]] = earned.get(row["name"], 0) + row["amount_wei"]
    order = FORTH if list(starts) == sorted(starts) else BACK
    return Paid(sample.seed, f"{task.rule}, by {task.fitness}", order, earned)


def shares(values: Numbers) -> Shares:
    """Return what each is of the sum of all; equal parts where the sum is nothing."""
    amounts = np.asarray([float(one) for one in values])
    total = amounts.sum()
    return amounts / total if total else np.full(len(amounts), 1 / len(amounts))


def misdirected(one: Shares, other: Shares) -> float:
    """Return the part of a sum that has to change hands to turn one division of it into the other: L1 / 2."""
    return float(np.abs(one - other).sum() / 2)


def agreement(one: Numbers, other: Numbers) -> float | None:
    """Return Kendall's tau-b of two rankings; ``None`` where one of them does not rank at all."""
    from scipy.stats import kendalltau

    tau = float(np.asarray(kendalltau(one, other))[0])
    return None if tau != tau else tau


def by_order(game: Game, order: str) -> np.ndarray:
    """Return what each adds to those who came before her."""
    places = range(len(game.players))
    return arrival_marginals(game, tuple(places) if order == FORTH else tuple(reversed(places)))


def _of_rule(paid: list[Paid], rule: str, order: str | None = None) -> dict[int, list[Paid]]:
    own: dict[int, list[Paid]] = {}
    for one in paid:
        if one.rule == rule and order in (None, one.order):
            own.setdefault(one.seed, []).append(one)
    return own


def _over_seeds(
    paid: list[Paid], rule: str, order: str | None, measure: Callable[[Paid], float | None]
) -> list[float | None]:
    """Return a measure in each seed, the mean of its markets; nothing where it cannot be told in any."""
    found: list[float | None] = []
    for own in _of_rule(paid, rule, order).values():
        known = [value for value in map(measure, own) if value is not None]
        found.append(fmean(known) if known else None)
    return found


def _worth(found: list[Markets], paid: list[Paid], games: dict[int, Game]) -> Section:
    rules = list(dict.fromkeys(one.rule for one in paid))

    def off(one: Paid) -> float:
        game = games[one.seed]
        return misdirected(shares(one.amounts(game.players)), shares(shapley(game)))

    def tau(one: Paid) -> float | None:
        game = games[one.seed]
        return agreement(one.amounts(game.players), shapley(game))

    def spread(one: Paid) -> float | None:
        return gini(one.amounts(games[one.seed].players))

    rows = [
        {
            "pay": rule,
            "arrival": order,
            "off Shapley's division, % of all pay": percent(_over_seeds(paid, rule, order, off)),
            "Kendall tau with Shapley": number(_over_seeds(paid, rule, order, tau)),
            "Gini of pay": number(_over_seeds(paid, rule, order, spread)),
        }
        for rule in rules
        for order in (FORTH, BACK)
        if _of_rule(paid, rule, order)
    ]
    ginis = [gini(np.maximum(shapley(game), 0).tolist()) for game in games.values()]
    misses = {rule: _known(_over_seeds(paid, rule, None, off)) for rule in rules}
    ranked = sorted(rules, key=lambda rule: fmean(misses[rule]))
    best, worst = ranked[0], ranked[-1]
    difference = estimate([b - a for a, b in zip(misses[best], misses[worst], strict=True)])
    sure = difference.verdict("and the difference is beyond", "and the difference is beyond") != "open"
    listed = "; ".join(f"{rule}: {percent(misses[rule])} %" for rule in ranked)
    text = f"""
**Of all pay, this part goes to others than it would by what models are worth (Shapley's value): {listed}.
The nearest is *{best}*, the furthest *{worst}*,
{"and the difference is beyond" if sure else "but the difference is not beyond"} the spread of the seeds.**

{found[0].setting}

{found[1].setting}

Every coalition of each seed's models is fused as the initiator fuses, and measured on the images that
nobody has; nobody is worth guessing. *Off* is half the L1 distance between shares of pay and shares of
Shapley's value. Kendall's tau compares the rankings, 1 for the same; pay that is the same for all ranks
nobody, so that a seed in which it is does not count, and a dash means that there was no other. The Gini
coefficient of Shapley's values is {number(ginis)}: the nearer to 0, the less a rule can miss that pays
everybody the same.
"""
    return Section(
        "Pay beside Shapley's value", text, pd.DataFrame(rows), ("shares", _figure(paid, games, rules))
    )


def _known(values: list[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _figure(paid: list[Paid], games: dict[int, Game], rules: list[str]) -> "Figure":
    names = next(iter(games.values())).players

    def dots(divisions: list[Shares]) -> list[Dot]:
        found = []
        for place, name in enumerate(names):
            mean = estimate([100 * float(one[place]) for one in divisions])
            found.append(Dot(name, mean.mean, *mean.ends))
        return found

    lines = {"Shapley's value": dots([shares(shapley(game)) for game in games.values()])}
    for rule in rules[1:]:
        for order in (FORTH, BACK):
            own = [one for group in _of_rule(paid, rule, order).values() for one in group]
            if own:
                lines[f"{rule}, {order}"] = dots([shares(one.amounts(names)) for one in own])
    figure = lines_figure("Who gets which share", ("", "share (%)"), lines)
    axes = figure.axes[0]
    axes.set_ylim(top=axes.get_ylim()[1] * 1.35)  # room for the legend above the lines
    axes.legend(fontsize=8, frameon=False, loc="upper center", ncols=2)
    return figure


def _measures(paid: list[Paid], games: dict[int, Game]) -> Section:
    rules = list(dict.fromkeys(one.rule for one in paid))
    yardsticks: dict[str, Callable[[Paid], np.ndarray]] = {
        "Shapley": lambda one: shapley(games[one.seed]),
        "leave one out": lambda one: leave_one_out(games[one.seed]),
        "arrival": lambda one: by_order(games[one.seed], one.order),
    }
    rows = []
    for rule in rules:
        row = {"pay": rule}
        for name, value in yardsticks.items():

            def tau(one: Paid, value: Callable[[Paid], np.ndarray] = value) -> float | None:
                return agreement(one.amounts(games[one.seed].players), value(one))

            def off(one: Paid, value: Callable[[Paid], np.ndarray] = value) -> float:
                pay = shares(one.amounts(games[one.seed].players))
                return misdirected(pay, shares(np.maximum(value(one), 0)))

            row[f"{name}: tau"] = number(_over_seeds(paid, rule, None, tau))
            row[f"{name}: off, %"] = percent(_over_seeds(paid, rule, None, off))
        rows.append(row)
    text = """
The same against three yardsticks: Shapley's value, the mean of what a model adds over all orders of
arrival; leave-one-out, what all the others lose without it, which is little where others know the same;
and what it added to those that came before it in that market, which is what a panel that votes on the gain
can see. Values below nothing count as nothing here; both orders of arrival together.
"""
    return Section("Pay beside other values", text, pd.DataFrame(rows))


def _order(paid: list[Paid], games: dict[int, Game]) -> Section:
    rules = list(dict.fromkeys(one.rule for one in paid))
    moved: dict[str, list[float]] = {}
    for rule in rules:
        there, back = _of_rule(paid, rule, FORTH), _of_rule(paid, rule, BACK)
        moved[rule] = [
            misdirected(*(shares(side[seed][0].amounts(games[seed].players)) for side in (there, back)))
            for seed in there
            if seed in back
        ]
    spreads = [_spread(game) for game in games.values()]
    orders = math.factorial(len(next(iter(games.values())).players))
    table = pd.DataFrame(
        [
            {"pay": rule, "pay that changes hands, %": percent(values)}
            for rule, values in moved.items()
            if values
        ]
    )
    listed = "; ".join(f"{rule}: {percent(values)} %" for rule, values in moved.items() if values)
    text = f"""
The same people with the same models come in the opposite order, and this part of all pay changes hands:
{listed}. Shapley's value does not know the order, so this is luck, or a reward for being early.

From the coalitions alone, whatever the votes: if everybody were paid exactly what she adds to those before
her, the standard deviation of a contributor's share over all {orders} orders would be {percent(spreads)}
points on average.

What this does not show: five contributors of one small network, with the paper's overlapping labels, in a
game that is measured by one head a coalition, so that worths carry that head's luck; and people who choose
when to come.
"""
    return Section("The luck of the order", text, table)


def _spread(game: Game) -> float:
    """Return the standard deviation of a share of the surplus over the orders, on average over players."""
    divisions = [shares(arrival_marginals(game, order)) for order in permutations(range(len(game.players)))]
    return float(np.std(divisions, axis=0).mean())
