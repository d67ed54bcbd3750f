"""Which fitness tells honest models from junk, on how many images, and what is junk paid by which rule?

The truth is known twice: how somebody worked, and what her model adds to those before it on images that
nobody trained or voted on.
"""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from ...analysis.frames import groups, where
from ...analysis.incentives import mean_payoffs, mistakes
from ...analysis.series import estimate
from ...analysis.worth import measure_worths, recorded_models
from ...learning import Workbench
from ...scenarios import read_record
from ...sweeps.folder import RUNS
from ..findings import Findings, Section
from ..wording import ether, interval, points, rate
from .lines import lines_figure, rate_dot
from .running import Markets, MarketSettings, run_markets

FITNESS, MAFR, IMAGES = "task.fitness", "task.mafr", "verifiers.verification"
KINDS = {
    "honest": "honest",
    "random_weights": "untrained",
    "label_flip": "shuffled labels",
    "low_effort": "two epochs",
}


class Settings(MarketSettings):
    """The sweeps ``rules`` and ``rules_pay``.

    Attributes:
        sweep: The sweep's name, or the path of one of one's own, over ``task.fitness``, ``task.mafr`` and
            ``verifiers.verification``, that keeps its models.
        pay: Another over ``task.fitness`` with a reward rule that pays by the margin; empty for none.
    """

    sweep: str = "rules"
    pay: str = "rules_pay"


def study(settings: Settings, bench: Workbench, tell: Callable[[str], None]) -> Findings:
    """Answer the question."""
    markets = run_markets(settings.sweep, settings, bench, tell)
    adds = _added(markets, Path(settings.records), bench)
    sections = [_told(markets), _kinds(markets), _worth(markets, adds)]
    if settings.pay:
        sections.append(_pay(markets, run_markets(settings.pay, settings, bench, tell)))
    return Findings(
        title="Which rule tells honest models from junk?",
        command="verifuse study rules",
        sections=tuple(sections),
    )


def _told(markets: Markets) -> Section:
    decisions = markets.books.decisions
    rows = mistakes(decisions, by=[FITNESS, MAFR, IMAGES]).sort_values([FITNESS, IMAGES], kind="stable")
    rows = rows.to_dict("records")
    wrong = wrong_by_run(decisions)
    table = pd.DataFrame(
        {
            "fitness": [f"{row[FITNESS]} > {row[MAFR]:g}" for row in rows],
            "images": [row[IMAGES] for row in rows],
            "junk paid %": [_interval(row, "false_accept") for row in rows],
            "honest refused %": [_interval(row, "false_reject") for row in rows],
            "wrong %": [rate(wrong[row[FITNESS], row[IMAGES]]).removesuffix(" %") for row in rows],
        }
    )
    lines = {
        fitness: [
            rate_dot(str(images), wrong[fitness, images])
            for images in sorted(set(decisions[IMAGES]))
            if (fitness, images) in wrong
        ]
        for fitness in dict.fromkeys(decisions[FITNESS])
    }
    text = f"""
{_headline(rows, wrong)}

{markets.setting}

Junk is here who did not work as asked. *Wrong* is the mean of the two error rates, which a coin's toss brings
to 50 %; its interval is over seeds, those of the others are Wilson's over models. The panel shares its
images, so that its members err together and a larger one would not help much.
"""
    figure = lines_figure(
        "Wrong decisions by what is measured",
        ("images that verifiers measure on", "mean of both error rates (%)"),
        lines,
    )
    return Section("How often the vote is wrong", text, table, ("wrong", figure))


def wrong_by_run(decisions: pd.DataFrame) -> dict[tuple[str, int], list[float]]:
    """Return each run's mean of both error rates, by fitness and number of images."""
    found: dict[tuple[str, int], list[float]] = {}
    for told, own in groups(decisions, [FITNESS, IMAGES]):
        runs = mistakes(own, by=["run"]).to_dict("records")
        rates = [(row["false_accept"] + row["false_reject"]) / 2 for row in runs]
        found[told[FITNESS], told[IMAGES]] = rates
    return found


def _headline(rows: list[dict], wrong: dict[tuple[str, int], list[float]]) -> str:
    most = max(row[IMAGES] for row in rows)
    at_most = [row for row in rows if row[IMAGES] == most]
    told = "\n".join(
        f"- *{row[FITNESS]}* above {row[MAFR]:g} pays for {_interval(row, 'false_accept')} % of the junk and "
        f"refuses {_interval(row, 'false_reject')} % of the honest models"
        for row in at_most
    )
    best = min(at_most, key=lambda row: estimate(wrong[row[FITNESS], most]).mean)
    fewest = min(row[IMAGES] for row in rows)
    few, many = rate(wrong[best[FITNESS], fewest]), rate(wrong[best[FITNESS], most])
    return (
        f"On {most} images the fewest wrong decisions are *{best[FITNESS]}*'s, {many}; on {fewest} images "
        f"it makes {few}. On {most} images\n\n{told}"
    )


def _interval(row: dict, name: str) -> str:
    return interval(row[name], row[f"{name}_low"], row[f"{name}_high"])


def _kinds(markets: Markets) -> Section:
    decisions = markets.books.decisions
    most = max(decisions[IMAGES])
    own = where(decisions, decisions[IMAGES] == most)
    rows = []
    for told, some in groups(own, [FITNESS, MAFR]):
        cells = {"fitness": f"{told[FITNESS]} > {told[MAFR]:g}"}
        for row in mistakes(some, by=["behaviour"]).to_dict("records"):
            if row["behaviour"] == "honest":
                paid = [1 - row[f"false_reject{end}"] for end in ("", "_high", "_low")]
            else:
                paid = [row[f"false_accept{end}"] for end in ("", "_low", "_high")]
            cells[f"{KINDS.get(row['behaviour'], row['behaviour'])} paid %"] = interval(*paid)
        rows.append(cells)
    text = f"""
Which models are paid for on {most} images. Two epochs are work that was cut short, not none: whether such a
model ought to be refused is a question of what it is worth, which is the next one.
"""
    return Section("Which junk gets through", text, pd.DataFrame(rows))


def _added(markets: Markets, records: Path, bench: Workbench) -> dict[tuple[int, str], float]:
    """Return what each contributor's model adds to those before it on held-out images, by seed and name.

    Models are the same whatever is measured and on how many images; the smallest sample leaves most images.
    """
    decisions = markets.books.decisions
    least = where(decisions, decisions[IMAGES] == min(decisions[IMAGES]))
    found = {}
    for told, own in groups(least, ["seed"]):
        folder = records / markets.sweep.name / RUNS / str(own["run"].iloc[0])
        models, rows = recorded_models(read_record(folder))
        worths = measure_worths(models, [2**place - 1 for place in range(len(rows) + 1)], bench)
        for place, row in enumerate(rows):
            found[told["seed"], row["contributor"]] = worths[place + 1] - worths[place]
    return found


def _worth(markets: Markets, adds: dict[tuple[int, str], float]) -> Section:
    decisions = markets.books.decisions
    gains = [adds[key] for key in zip(decisions["seed"], decisions["contributor"], strict=True)]
    decisions = decisions.assign(adds=[gain > 0 for gain in gains])
    rows = mistakes(decisions, "adds", by=[FITNESS, MAFR, IMAGES]).sort_values(
        [FITNESS, IMAGES], kind="stable"
    )
    rows = rows.to_dict("records")
    behaves = dict(
        zip(
            zip(decisions["seed"], decisions["contributor"], strict=True), decisions["behaviour"], strict=True
        )
    )
    told = []
    for behaviour, name in KINDS.items():
        own = [gain for key, gain in adds.items() if behaves.get(key) == behaviour]
        if own:
            useful = sum(gain > 0 for gain in own)
            told.append(f"- {name}: {points(own)} points, more than nothing in {useful} of {len(own)}")
    table = pd.DataFrame(
        {
            "fitness": [f"{row[FITNESS]} > {row[MAFR]:g}" for row in rows],
            "images": [row[IMAGES] for row in rows],
            "useless paid %": [_interval(row, "false_accept") for row in rows],
            "useful refused %": [_interval(row, "false_reject") for row in rows],
        }
    )
    text = f"""
Another truth is what a model brings. Added to those announced before it, and measured on images that nobody
trained or voted on, models change the fused accuracy by

{chr(10).join(told)}

A network that nobody trained can add something too: its features are random ones, and the head learns to use
them. So whoever is useful is not the same as whoever worked, and the table has the vote against this truth.
It is one order of arrival, that of the market; `verifuse values` shares a market's accuracy out over all
orders.
"""
    return Section("What the models are worth", text, table)


def _pay(flat: Markets, by_margin: Markets) -> Section:
    images = by_margin.sweep.set.get(IMAGES)
    payoffs = flat.books.payoffs
    if images in set(payoffs[IMAGES]):
        payoffs = where(payoffs, payoffs[IMAGES] == images)
    rows = []
    for name, books in (
        ("flat", payoffs),
        (str(by_margin.sweep.set.get("task.rule")), by_margin.books.payoffs),
    ):
        own = where(books, books["role"] == "contributor")
        means = mean_payoffs(own, by=["behaviour"], what="earned_wei", keys=[FITNESS])
        for told, some in groups(means, [FITNESS]):
            cells = {"fitness": told[FITNESS], "rule": name}
            for row in some.to_dict("records"):
                kind = KINDS.get(row["behaviour"], row["behaviour"])
                cells[f"{kind}, ether"] = ether(row["mean_wei"], row["low_wei"], row["high_wei"])
            mine = where(own, own[FITNESS] == told[FITNESS])
            cells["junk's part of the rewards"] = rate(_part(mine))
            rows.append(cells)
    text = f"""
The vote is the same; what is paid after it is not. Under `flat` every model that passes earns the whole
reward, under `{by_margin.sweep.set.get("task.rule")}` the share of it that the mean margin is of the full
one. A contributor's mean earnings, on {images} images, and the part of all rewards that goes to those who did
not work as asked.

{by_margin.setting}
"""
    return Section("What junk is paid", text, pd.DataFrame(rows))


def _part(payoffs: pd.DataFrame) -> list[float | None]:
    found: list[float | None] = []
    for _, run in groups(payoffs, ["run"]):
        earned = sum(run["earned_wei"])
        junk = sum(where(run, run["behaviour"] != "honest")["earned_wei"])
        found.append(junk / earned if earned else None)
    return found
