"""What does a threshold do to a market of some size, and what does it depend on what models are fused with?

One model's head passes everything through as many numbers as the model knows labels, so that a model of five
labels alone stays well below what several reach together. Where a new model is fused with the accepted ones
only and the MAFR lies above that, nobody is ever the first.
"""

from collections.abc import Callable
from statistics import fmean
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...analysis.frames import groups, where
from ...analysis.incentives import point_results
from ...analysis.series import estimate
from ...learning import Workbench
from ..findings import Findings, Section
from ..wording import ether, interval, rate
from .lines import Dot, lines_figure, rate_dot
from .running import Markets, MarketSettings, run_markets

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BASE, MAFR, COUNT = "task.base", "task.mafr", "contributors.count"
BASES = {"announced": "fused with all announced", "accepted": "fused with the accepted"}


class Settings(MarketSettings):
    """The sweep ``mafr``.

    Attributes:
        sweep: The sweep's name, or the path of one of one's own, over ``task.base``, ``task.mafr`` and
            ``contributors.count``.
        beside: Another over ``task.base`` and ``task.mafr`` whose models are trained, such as
            ``mafr_digits``; empty for none.
    """

    sweep: str = "mafr"
    beside: str = ""


def study(settings: Settings, bench: Workbench, tell: Callable[[str], None]) -> Findings:
    """Answer the question."""
    markets = run_markets(settings.sweep, settings, bench, tell)
    most = max(markets.books.decisions[COUNT])
    sections = [_paid(markets, most), _why(markets, most), _bought(markets, most)]
    if settings.beside:
        sections.append(_real(run_markets(settings.beside, settings, bench, tell)))
    return Findings(
        title="What does a threshold do to a market, and where does it never start?",
        command="verifuse study mafr",
        sections=tuple(sections),
    )


def shares(decisions: pd.DataFrame, by: list[str]) -> dict[tuple[Any, ...], list[float]]:
    """Return the share of models paid in each run, by the values of some columns."""
    return {
        tuple(told[key] for key in by): [
            fmean(one == "Rewarded" for one in run["outcome"]) for _, run in groups(own, ["run"])
        ]
        for told, own in groups(decisions, by)
    }


def cliff(found: dict[tuple[Any, ...], list[float]], before: tuple[Any, ...]) -> float | None:
    """Return the lowest MAFR from which on nobody was paid in any run; ``None`` where somebody always was."""
    mafrs = sorted(key[-1] for key in found if key[:-1] == before)
    empty = None
    for mafr in reversed(mafrs):
        if any(found[*before, mafr]):
            break
        empty = mafr
    return empty


def _paid(markets: Markets, most: int) -> Section:
    decisions = markets.books.decisions
    found = shares(decisions, [COUNT, BASE, MAFR])
    counts, mafrs = sorted(set(decisions[COUNT])), sorted(set(decisions[MAFR]))
    table = pd.DataFrame(
        {
            "MAFR": [f"{mafr:.2f}" for mafr in mafrs],
            **{
                f"{count}, {base}": [_percent(found[count, base, mafr]) for mafr in mafrs]
                for count in counts
                for base in BASES
            },
        }
    )
    text = f"""
{_headline(found, most)}

{markets.setting}

A cell of the table is the share of the announced models that were paid, in per cent, for so many contributors
and either base. {_cliffs(found, counts)}

Everybody is honest here, so that a model which is not paid is good work that the vote did not see.
Contributors come one after the other, each with one model, and do not adapt to what they see.
{_drawn(markets)}
"""
    return Section("Who is paid", text, table, ("paid", _figure(found, most, mafrs, "")))


def _drawn(markets: Markets) -> str:
    if markets.trained:
        return ""
    return (
        "The curves that accuracies are drawn from are fitted to markets of this very data set, first models "
        "among them; `verifuse study mafr beside=mafr_digits` asks the same of models that are trained."
    )


def _headline(found: dict[tuple[Any, ...], list[float]], most: int) -> str:
    high = cliff(found, (most, "accepted"))
    if high is None:
        return (
            f"Of {most} contributors somebody is paid at every MAFR tried, even where a new model is fused "
            "with the accepted ones only: no threshold tried is so high that a market does not start."
        )
    runs = found[most, "accepted", high]
    other = found[most, "announced", high]
    return (
        f"At a MAFR of {high:.2f} the vote pays for {rate(other)} of {most} contributors' models where a new "
        f"one is fused with all that were announced, and for none of {most * len(runs)} in {len(runs)} runs "
        "where it is fused with the accepted ones only."
    )


def _cliffs(found: dict[tuple[Any, ...], list[float]], counts: list[int]) -> str:
    told = []
    for base in BASES:
        ends = {count: cliff(found, (count, base)) for count in counts}
        known = [f"{end:.2f} with {count}" for count, end in ends.items() if end is not None]
        if known:
            told.append(
                f"from a MAFR of {', '.join(known)} contributors on, where a new model is {BASES[base]}"
            )
    if not told:
        return "Somebody is paid at every MAFR tried."
    return f"Nobody at all is paid in any run {'; '.join(told)}."


def _figure(found: dict[tuple[Any, ...], list[float]], most: int, mafrs: list[float], of: str) -> "Figure":
    return lines_figure(
        f"Models paid among {most} contributors{of}",
        ("MAFR", "announced models that are paid (%)"),
        {name: [rate_dot(mafr, found[most, base, mafr]) for mafr in mafrs] for base, name in BASES.items()},
    )


def _why(markets: Markets, most: int) -> Section:
    alone = cliff(shares(markets.books.decisions, [COUNT, BASE, MAFR]), (most, "accepted"))
    mafrs = sorted(set(markets.books.decisions[MAFR]))
    shown = mafrs[-1] if alone is None else alone
    measured = {base: measured_by_place(markets, most, base, shown) for base in BASES}
    places = sorted(measured["announced"])
    table = pd.DataFrame(
        {
            "place": places,
            **{
                f"{name}, %": [rate(measured[base][place]).removesuffix(" %") for place in places]
                for base, name in BASES.items()
            },
        }
    )
    first, last = measured["announced"][places[0]], measured["announced"][places[-1]]
    means = {place: estimate(values).mean for place, values in measured["accepted"].items()}
    best = max(means, key=lambda place: means[place])
    text = f"""
At a MAFR of {shown:.2f}: what the panel measures of the model that is announced in such a place. The first
one has nobody to be fused with; all that it knows passes through a head as wide as its labels, which reaches
{rate(first)}. The last of {most} is measured at {rate(last)} where all before it are in the base, whether
they were paid or not. Where only accepted models are, everybody is measured alone until somebody passes. The
best place is number {best}, with {rate(measured["accepted"][best])},
{"below" if means[best] <= shown else "above"} the MAFR; how wide a head is depends on how many labels its
models know, so that who knows more gets further alone.

A threshold that is meant for the whole collection thus keeps the collection from beginning, unless it is
lower for the first models or the base takes in what was not paid for. The latter has its price: who comes
early is not paid, and counts for who comes late.
"""
    figure = lines_figure(
        f"What a panel measures at a MAFR of {shown:.2f}",
        ("place in the order of announcement", "fused accuracy (%)"),
        {name: [rate_dot(place, measured[base][place]) for place in places] for base, name in BASES.items()},
        closed_forms={"the MAFR": [Dot(place, 100 * shown) for place in (places[0], places[-1])]},
    )
    return Section("Why: the first model is measured alone", text, table, ("places", figure))


def measured_by_place(markets: Markets, most: int, base: str, mafr: float) -> dict[int, list[float]]:
    """Return each run's mean fused accuracy of the model in each place, from 1."""
    rows = markets.books.evaluations
    own = where(rows, (rows[COUNT] == most) & (rows[BASE] == base) & (rows[MAFR] == mafr))
    found: dict[int, list[float]] = {}
    for _, run in groups(own, ["run"]):
        for place, number in enumerate(sorted(set(run["model_id"])), start=1):
            margins = where(run, run["model_id"] == number)["margin"]
            found.setdefault(place, []).append(fmean(margins))
    return found


def _bought(markets: Markets, most: int) -> Section:
    results = point_results(markets.books.welfare)
    results = where(results, results[COUNT] == most)
    rows = []
    below = []
    for mafr in sorted(set(results[MAFR])):
        row = {"MAFR": f"{mafr:.2f}"}
        for base in BASES:
            own = where(results, (results[MAFR] == mafr) & (results[BASE] == base)).to_dict("records")[0]
            row[f"{base}: accuracy, %"] = interval(own["accuracy"], own["accuracy_low"], own["accuracy_high"])
            row[f"{base}: paid, ether"] = ether(
                own["initiator_cost_wei"], own["initiator_cost_low_wei"], own["initiator_cost_high_wei"]
            )
            if own["accuracy"] is not None and own["accuracy"] < mafr:
                below.append(f"{100 * own['accuracy']:.1f} % at {mafr:.2f} ({base})")
        rows.append(row)
    told = (
        f"It lies below the very MAFR at which models were bought in the mean of {', '.join(below)}: a model "
        "that was rejected counted in the measurements of later ones, and is not among what was bought."
        if below
        else "Its mean is nowhere below the MAFR that models were bought at."
    )
    text = f"""
With {most} contributors: the accuracy of the model that is integrated from the rewarded ones, on images that
nobody voted on, and what the initiator paid for it, fees and gas included. A dash means that nothing was
bought; the fees of those who judged are paid all the same. {told}
"""
    return Section("What the initiator gets for it", text, pd.DataFrame(rows))


def _real(markets: Markets) -> Section:
    decisions = markets.books.decisions
    count = len(set(decisions["contributor"]))
    decisions = decisions.assign(**{COUNT: count})
    found = shares(decisions, [COUNT, BASE, MAFR])
    mafrs = sorted(set(decisions[MAFR]))
    table = pd.DataFrame(
        {
            "MAFR": [f"{mafr:.2f}" for mafr in mafrs],
            **{
                f"{name}: paid, %": [_percent(found[count, base, mafr]) for mafr in mafrs]
                for base, name in BASES.items()
            },
        }
    )
    text = f"""
{_headline(found, count)}

{markets.setting}

{_cliffs(found, [count])}
"""
    figure = _figure(found, count, mafrs, ", trained models")
    return Section("The same with models that are trained", text, table, ("real", figure))


def _percent(values: list[float]) -> str:
    low, high = estimate(values).ends
    if low is None or high is None:
        return interval(estimate(values).mean, None, None)
    return interval(estimate(values).mean, max(0.0, low), min(1.0, high))
