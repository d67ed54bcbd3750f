"""What the incentive figures come to, a sentence each; every number in them is computed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from ...errors import InputError
from ..frames import groups, keys_of, where
from ..incentives import (
    Books,
    captures,
    gains_of_deviation,
    individual_rationality,
    inequality,
    mean_payoffs,
    mistakes,
    point_results,
    pure_equilibria,
    symmetric_game,
)
from ..incentives.deviations import Deviation
from ..incentives.game import SymmetricGame, population_keys
from ..incentives.means import Mean
from ..incentives.payoffs import HONEST, Payoff
from ..incentives.rationality import Participation
from ..incentives.results import PointResult
from ..series import estimate
from ..sweep_axis import place_text
from .shown import cell, ether_text

NEAR = 0.01
EARNERS = ("contributor", "verifier")
Row = Mapping[Any, Any]


def findings(books: Books) -> list[str]:
    """Return what a sweep says about incentives, in plain words with intervals.

    Args:
        books: Of runs that differ in keys, seeds or both.
    """
    return [
        *_payoffs(books.payoffs),
        *_rationality(books.payoffs),
        *_deviations(books.payoffs),
        *_game(books.payoffs),
        *_mistakes(books.decisions),
        *_captures(books.panels),
        *_results(books.welfare),
        *_margins(books.evaluations),
        *_inequality(books.payoffs),
        *_money(books),
    ]


def behaviour_keys(payoffs: pd.DataFrame) -> list[str]:
    """Return the keys that set a behaviour and that honesty is a value of."""
    return [
        key
        for key in keys_of(payoffs, Payoff)
        if key.rpartition(".")[2] in ("behaviour", "behaviours") and HONEST in set(payoffs[key])
    ]


def games(payoffs: pd.DataFrame) -> Iterator[tuple[dict[str, Any], str, SymmetricGame]]:
    """Give the empirical games for which a sweep has all profiles: setting, role and game."""
    for role in EARNERS:
        population = population_keys(payoffs, role)
        others = [key for key in keys_of(payoffs, Payoff) if key not in population]
        for setting, own in groups(payoffs, others) if population else ():
            try:
                game = symmetric_game(own.drop(columns=others), role)
            except InputError:
                continue
            if len(game.behaviours) > 1:
                yield setting, role, game


def with_interval(row: Row, mean: str, low: str, high: str) -> str:
    """Return an amount with its interval: ``0.94 ether (95 % interval 0.92 to 0.96)``."""
    text = f"{ether_text(row[mean])} ether"
    if row[low] is None or row[low] != row[low]:
        return text
    ends = [ether_text(row[end]) for end in (low, high)]
    if ends[0] == ends[1]:
        return f"{text} in every seed"
    return f"{text} (95 % interval {ends[0]} to {ends[1]})"


def _payoffs(payoffs: pd.DataFrame) -> Iterator[str]:
    means = mean_payoffs(payoffs)
    for role in EARNERS:
        for told, own in groups(where(means, means["role"] == role), ["behaviour"]):
            keys = [
                key
                for key in keys_of(own, Mean)
                if key not in ("role", "behaviour") and len(set(own[key])) > 1
            ]
            ordered = sorted(own.to_dict("records"), key=lambda row: row["mean_wei"])
            who = role if told["behaviour"] == HONEST else f"{role} who plays {told['behaviour']}"
            texts = [
                with_interval(row, "mean_wei", "low_wei", "high_wei") for row in (ordered[0], ordered[-1])
            ]
            places = [place_text({key: row[key] for key in keys}) for row in (ordered[0], ordered[-1])]
            if texts[0] == texts[1]:
                yield f"{_a(who)} nets {texts[0]}{'' if len(ordered) == 1 else ' at every point'}."
            else:
                yield f"{_a(who)} nets from {texts[0]} at {places[0]} to {texts[1]} at {places[1]}."


def _rationality(payoffs: pd.DataFrame) -> Iterator[str]:
    asked = individual_rationality(payoffs)
    for told, own in groups(asked, ["role"]):
        rows = own.to_dict("records")
        keys = [key for key in keys_of(own, Participation) if key != "role"]
        losing = [place_text({key: row[key] for key in keys}) for row in rows if row["verdict"] == "loses"]
        gaining = sum(row["verdict"] == "gains" for row in rows)
        who = f"an honest {told['role']}"
        if gaining == len(rows):
            where_ = "at every point" if len(rows) > 1 else "here"
            yield f"Taking part pays {where_} for {who}: the whole interval lies above staying away."
            continue
        text = f"Taking part pays for {who} at {gaining} of {len(rows)} points"
        if losing:
            more = f" and {len(losing) - 3} more" if len(losing) > 3 else ""
            text += f", and costs at {len(losing)} ({'; '.join(losing[:3])}{more})"
        still_open = len(rows) - gaining - len(losing)
        if still_open:
            text += f"; {still_open} are open: the interval holds zero, or there is one seed"
        yield f"{text}."


def _deviations(payoffs: pd.DataFrame) -> Iterator[str]:
    for key in behaviour_keys(payoffs):
        gains = gains_of_deviation(payoffs, key)
        keys = keys_of(gains, Deviation)
        for row in gains.to_dict("records"):
            place = place_text({name: row[name] for name in keys})
            what = f"{key} = {row['value']}{f' at {place}' if place else ''}"
            gain = with_interval(row, "gain_wei", "low_wei", "high_wei")
            word = {"profitable": "pays", "costly": "costs"}.get(row["verdict"], "is open")
            yield (
                f"{what}: deviating {word}; the gain against being honest in the same {row['pairs']} "
                f"seed{'s' * (row['pairs'] > 1)} is {gain} each."
            )


def _game(payoffs: pd.DataFrame) -> Iterator[str]:
    for setting, role, game in games(payoffs):
        pure = pure_equilibria(game).to_dict("records")
        held = [
            f"{row['behaviour']} (in {row['stability']:.0%} of resamples)"
            for row in pure
            if row["is_equilibrium"]
        ]
        place = f" at {place_text(setting)}" if setting else ""
        text = f"all play {' or all '.join(held)}" if held else "there is none in pure behaviours"
        yield f"Equilibrium of the game between {role}s{place}: {text}.".replace("%", " %")


def _mistakes(decisions: pd.DataFrame) -> Iterator[str]:
    if decisions.empty or all(decisions["honest"]):
        return
    (row,) = mistakes(decisions).to_dict("records")
    for count, total, name, what in (
        ("paid", "undeserving", "false_accept", "models of who is not honest were paid for"),
        ("refused", "deserving", "false_reject", "honest models were not paid for"),
    ):
        if row[total]:
            low, high = (cell("rate", float(row[f"{name}_{end}"])) for end in ("low", "high"))
            rate = f"{cell('rate', row[name])}; 95 % interval {low} to {high}"
            yield f"{row[count]} of {row[total]} {what} ({rate})."


def _captures(panels: pd.DataFrame) -> Iterator[str]:
    if panels.empty:
        return
    (row,) = captures(panels).to_dict("records")
    low, high, chance, rate = (cell("rate", row[name]) for name in ("low", "high", "chance", "rate"))
    yield (
        f"Verifiers who are not honest held the majority of {row['captured']} of {row['panels']} panels "
        f"({rate}; 95 % interval {low} to {high}); the hypergeometric law for these pools and panels expects "
        f"{chance}."
    )


def _results(welfare: pd.DataFrame) -> Iterator[str]:
    results = point_results(welfare)
    keys = keys_of(results, PointResult)
    known = [
        row for row in results.to_dict("records") if row["accuracy"] == row["accuracy"] and row["accuracy"]
    ]
    if not known:
        yield "No run ended with an integrated model."
        return
    best = max(known, key=lambda row: row["accuracy"])
    cheap, dear = (pick(known, key=lambda row: row["wei_per_point"]) for pick in (min, max))
    at = [
        f" at {place_text({key: row[key] for key in keys})}" if len(results) > 1 else ""
        for row in (best, cheap, dear)
    ]
    yield f"The integrated model is best{at[0]}: {_rate(best)} of held-out images."
    columns = ("wei_per_point", "wei_per_point_low", "wei_per_point_high")
    text = f"A percentage point above guessing costs the initiator {with_interval(cheap, *columns)}{at[1]}"
    yield f"{text}, and {with_interval(dear, *columns)}{at[2]}." if cheap is not dear else f"{text}."


def _rate(row: Row) -> str:
    low, high = (cell("rate", row[f"accuracy_{end}"]) for end in ("low", "high"))
    text = cell("rate", row["accuracy"])
    return text if low == "–" else f"{text} (95 % interval {low} to {high})"


def _margins(evaluations: pd.DataFrame) -> Iterator[str]:
    if not evaluations.empty:
        near = sum(abs(one) <= NEAR for one in evaluations["distance"])
        share = cell("rate", near / len(evaluations))
        yield (
            f"{near:,} of {len(evaluations):,} measurements ({share}) lie within a percentage point of the "
            "MAFR, where luck decides."
        )


def _inequality(payoffs: pd.DataFrame) -> Iterator[str]:
    found = inequality(payoffs, roles=["contributor"])
    known = [one for one in found["gini"].tolist() if one is not None and one == one]
    if known and max(found["members"]) > 1:
        mean = estimate(known)
        low, high = mean.ends
        interval = "" if low is None or high is None else f" (95 % interval {low:.3f} to {high:.3f})"
        yield f"Gini's coefficient of what a run's contributors earn is {mean.mean:.3f} on average{interval}."


def _money(books: Books) -> Iterator[str]:
    wrong = [row for row in books.budgets.to_dict("records") if row["gap_wei"]]
    whole = sum(books.payoffs["net_wei"]) + sum(
        gas + work + lost
        for gas, work, lost in zip(
            books.welfare["gas_wei"], books.welfare["work_cost_wei"], books.welfare["lost_wei"], strict=True
        )
    )
    if wrong or whole:
        yield f"The books do not balance: {len(wrong)} deposits have a gap, {whole} wei are unaccounted for."
    else:
        yield (
            "Every wei is accounted for in every run: deposits equal what was paid and given back, and all "
            "net payoffs together equal gas, work and lost stakes."
        )


def _a(who: str) -> str:
    return f"An honest {who}" if who in EARNERS else f"A {who}"


def some(texts: Sequence[str], most: int) -> list[str]:
    """Return the first few of many, and how many there are more."""
    return (
        list(texts)
        if len(texts) <= most
        else [*texts[:most], f"… and {len(texts) - most} more; the tables have all."]
    )
