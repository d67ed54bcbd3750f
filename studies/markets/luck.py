"""How many verification images does a decision need that is no luck?

Real models are fused one after the other, and panels vote on samples of many sizes, drawn again and again
from thousands of images that nobody trained on. What a model adds on all of these is taken for the truth.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pandas as pd
from pydantic import Field

from ...analysis.frames import where
from ...analysis.incentives import (
    Sample,
    images_needed,
    majority_chance,
    mcnemar_power,
    mistakes,
    samples,
)
from ...analysis.worth import recorded_models
from ...errors import InputError
from ...learning import CoalitionsJob, Workbench
from ...seeds import generator
from ..findings import Findings, Section
from ..wording import interval, percent, points
from .lines import Dot, lines_figure, rate_dot
from .running import Markets, MarketSettings, run_markets

if TYPE_CHECKING:
    from matplotlib.figure import Figure

IMAGES = "verifiers.verification"
BEYOND_DOUBT = 2
"""So many models come first: they join nothing, or one narrow layer, and their gain is not in doubt."""
KINDS = ("undeserving models paid", "deserving models refused", "decisions that flip")


class Settings(MarketSettings):
    """The sweep ``luck``, whose first point's models are judged on samples of all sizes.

    Attributes:
        sizes: Numbers of verification images.
        draws: Samples of each size that each model is judged on.
    """

    sizes: Annotated[tuple[Annotated[int, Field(ge=2)], ...], Field(min_length=2)] = (
        50,
        100,
        200,
        400,
        800,
        1600,
    )
    draws: int = Field(default=200, ge=2, le=10_000)


@dataclass(frozen=True, eq=False)
class Joined:
    """A model that joined others, measured by a panel's heads on all images that nobody has.

    Attributes:
        seed: Of its market.
        contributor: Whose it is.
        place: How many models are fused with it, itself included.
        changes: For each head and image, 1 if only the fusion with it tells the image right, -1 if only the
            one without it does, else 0; int8 (heads, M).
        mafr: What a vote has to exceed.
    """

    seed: int
    contributor: str
    place: int
    changes: np.ndarray
    mafr: float

    @property
    def gain(self) -> float:
        """What it adds to the accuracy, on all images and by all heads."""
        return float(self.changes.mean())

    @property
    def discordance(self) -> float:
        """Share of the images that only one of both fusions tells right."""
        return float(np.abs(self.changes).mean())

    @property
    def deserves(self) -> bool:
        """Whether its gain is above the MAFR."""
        return self.gain > self.mafr

    def passes(self, images: int, draws: int) -> int:
        """Return on how many samples of some images most heads measure a gain above the MAFR."""
        dice = generator(self.seed, "samples of luck", f"{self.contributor} {images}")
        votes = [
            np.count_nonzero(self.changes[:, rows].mean(axis=1) > self.mafr)
            for rows in (dice.choice(self.changes.shape[1], images, replace=False) for _ in range(draws))
        ]
        return sum(2 * int(vote) > len(self.changes) for vote in votes)

    def chance(self, images: int) -> float:
        """Return the closed form of how likely that is."""
        heads = len(self.changes)
        spread = float(self.changes.mean(axis=1).std(ddof=1)) if heads > 1 else 0.0
        discordance = max(self.discordance, abs(self.gain) + 1e-6)
        return majority_chance(
            self.gain, discordance, images, heads, threshold=self.mafr, head_deviation=spread
        )


def study(settings: Settings, bench: Workbench, tell: Callable[[str], None]) -> Findings:
    """Answer the question."""
    markets = run_markets("luck", settings, bench, tell)
    least = min(markets.runs[IMAGES])
    joined: list[Joined] = []
    for sample in samples(Path(settings.records) / markets.sweep.name):
        if sample.keys.get(IMAGES, least) == least:
            joined += _joined(sample, bench)
            tell(f"seed {sample.seed}: {len(joined)} models measured in all")
    if not joined:
        raise InputError("overrides", settings.overrides, f"markets of more than {BEYOND_DOUBT} models")
    held_out = joined[0].changes.shape[1]
    if max(settings.sizes) > held_out // 2:
        raise InputError("sizes", max(settings.sizes), f"at most half of the {held_out} images left")
    return Findings(
        title="How many verification images does a decision need that is no luck?",
        command="verifuse study luck",
        sections=(
            _drawn(markets, joined, settings, held_out),
            _in_markets(markets, joined),
            _needed(joined),
        ),
    )


def _joined(sample: Sample, bench: Workbench) -> list[Joined]:
    record = sample.record
    players, models = recorded_models(record, heads=record.scenario.verifiers.panel)
    if not all(players.readable) or len(models) <= BEYOND_DOUBT:
        return []
    job = CoalitionsJob(
        model_files=tuple(file for file in players.files if file is not None),
        coalitions=tuple(tuple(range(width)) for width in range(1, len(models) + 1)),
        data=players.data,
        samples=players.samples,
        classes=players.classes,
        strategy=players.strategy,
        config=players.config,
        seeds=players.seeds,
    )
    right = bench.coalitions(job).result().right.astype(np.int8)
    mafr = record.scenario.task_list[0].mafr
    return [
        Joined(sample.seed, models[place]["contributor"], place + 1, right[place] - right[place - 1], mafr)
        for place in range(BEYOND_DOUBT, len(models))
    ]


@dataclass(frozen=True)
class Rates:
    """Shares of decisions at one size, one number a seed that has such models.

    Attributes:
        images: The size.
        measured: By kind, as drawn samples come out.
        expected: By kind, the closed form.
    """

    images: int
    measured: dict[str, list[float]]
    expected: dict[str, list[float]]


def rates(joined: Sequence[Joined], images: int, draws: int) -> Rates:
    """Return how often samples of one size decide wrongly, or otherwise than another such sample."""
    measured: dict[str, list[float]] = {kind: [] for kind in KINDS}
    expected: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for seed in dict.fromkeys(one.seed for one in joined):
        own = [(one, one.passes(images, draws), one.chance(images)) for one in joined if one.seed == seed]
        drawn: dict[str, list[float]] = {kind: [] for kind in KINDS}
        closed: dict[str, list[float]] = {kind: [] for kind in KINDS}
        for one, passes, chance in own:
            kind = KINDS[1] if one.deserves else KINDS[0]
            drawn[kind].append((draws - passes if one.deserves else passes) / draws)
            closed[kind].append(1 - chance if one.deserves else chance)
            drawn[KINDS[2]].append(2 * passes * (draws - passes) / (draws * (draws - 1)))
            closed[KINDS[2]].append(2 * chance * (1 - chance))
        for kind in KINDS:
            if drawn[kind]:
                measured[kind].append(fmean(drawn[kind]))
                expected[kind].append(fmean(closed[kind]))
    return Rates(images, measured, expected)


def _drawn(markets: Markets, joined: list[Joined], settings: Settings, held_out: int) -> Section:
    found = [rates(joined, images, settings.draws) for images in sorted(settings.sizes)]
    small, large = found[0], found[-1]
    flips = KINDS[2]
    deserving = sum(one.deserves for one in joined)
    mafr, heads = joined[0].mafr, len(joined[0].changes)
    apart = max(
        abs(fmean(row.measured[kind]) - fmean(row.expected[kind]))
        for row in found
        for kind in KINDS
        if row.measured[kind]
    )
    falls = fmean(large.measured[flips]) < fmean(small.measured[flips])
    verdict = "fewer" if falls else "no fewer"
    text = f"""
**Of the decisions about a third or later model, {percent(small.measured[flips])} % flip from one sample of
{small.images:,} verification images to another, and {percent(large.measured[flips])} % with
{large.images:,}: {verdict} with more images.**

{markets.setting}

The first {BEYOND_DOUBT} models of a market join nothing or one narrow layer and are left out; the
{len(joined)} that join them are judged here. The truth is what a model adds on all {held_out:,} images that
nobody trained or voted on, as a mean over the panel's {heads} heads: {deserving} of the
{len(joined)} are above the MAFR of {100 * mafr:g} % and deserve their reward.
Each is judged on {settings.draws} samples of
each size, drawn from these images, all {heads} members measuring on the same ones; *flip* means that two
samples decide differently, which a coin would in half of the cases. With {large.images:,} images a
deserving model is refused in {percent(large.measured[KINDS[1]])} % of the decisions and an undeserving one
paid in {percent(large.measured[KINDS[0]])} %, with {small.images:,} in {percent(small.measured[KINDS[1]])}
% and {percent(small.measured[KINDS[0]])} %. Intervals are over seeds with such models.

Dashed is the closed form: measured gains are normal about the true one with McNemar's variance, which all
members share, and each head errs on top. It lies at most {100 * apart:.1f} points from what was drawn.
Two things it leaves out are that a sample of N images measures in steps of 1 / N, and that heads which
share images do not err on quite the same ones, so that a majority of them averages some of it out. The
{len(joined) - deserving} undeserving models are few, and their rate is known accordingly.
"""
    table = pd.DataFrame(
        [
            {
                "images": row.images,
                **{f"{kind} %": percent(row.measured[kind]) for kind in KINDS},
                **{f"{kind}, closed form %": percent(row.expected[kind]).split(" ±")[0] for kind in KINDS},
            }
            for row in found
        ]
    )
    return Section("Samples of other images", text, table, ("luck", _figure(found)))


def _figure(found: list[Rates]) -> "Figure":
    kinds = [kind for kind in KINDS if all(row.measured[kind] for row in found)]
    figure = lines_figure(
        "Decisions about models that join others",
        ("verification images", "share of decisions (%)"),
        {kind: [rate_dot(row.images, row.measured[kind]) for row in found] for kind in kinds},
        closed_forms={
            f"{kind}, closed form": [Dot(row.images, 100 * fmean(row.expected[kind])) for row in found]
            for kind in kinds
        },
    )
    axes = figure.axes[0]
    axes.set_xscale("log")
    axes.set_xticks([row.images for row in found], [f"{row.images:,}" for row in found])
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    return figure


def _in_markets(markets: Markets, joined: list[Joined]) -> Section:
    truths = {(one.seed, one.contributor): one.deserves for one in joined}
    decided = markets.books.decisions
    known = [(seed, who) in truths for seed, who in zip(decided["seed"], decided["contributor"], strict=True)]
    own = where(decided, pd.Series(known, index=decided.index))
    told = [truths[seed, who] for seed, who in zip(own["seed"], own["contributor"], strict=True)]
    by = [IMAGES] if IMAGES in own.columns else []
    found = mistakes(own.assign(deserves=told), truth="deserves", by=by).to_dict("records")
    rows: list[dict[str, Any]] = [
        {
            "images": row.get(IMAGES, ""),
            "decisions": row["deserving"] + row["undeserving"],
            "undeserving paid %": interval(
                row["false_accept"], row["false_accept_low"], row["false_accept_high"]
            ),
            "deserving refused %": interval(
                row["false_reject"], row["false_reject_low"], row["false_reject_high"]
            ),
            "wrong %": f"{100 * _wrong(row):.1f}",
        }
        for row in found
    ]
    wrong = [100 * _wrong(row) for row in found]
    shares = ", ".join(f"{share:.1f}" for share in wrong)
    text = f"""
The same models in markets whose panels vote on the contract, once for each size; truths are those above.
The share of wrong decisions, from the fewest images to the most, is {shares} %. Here every run has one
sample, and few models, so that intervals (Wilson's, as if decisions were independent) are wide; the
section above is what they are samples of. Heads are fitted anew in each market, which adds an error of its
own that more verification images do not take away.
"""
    return Section("The same on the contract", text, pd.DataFrame(rows))


def _wrong(row: dict[str, Any]) -> float:
    return (row["refused"] + row["paid"]) / (row["deserving"] + row["undeserving"])


def _needed(joined: list[Joined]) -> Section:
    rows: list[dict[str, Any]] = []
    lines: list[str] = []
    for place in sorted({one.place for one in joined}):
        own = [one for one in joined if one.place == place]
        gain, discordance = fmean(one.gain for one in own), fmean(one.discordance for one in own)
        enough = images_needed(gain, discordance) if gain else None
        rows.append(
            {
                "model": place,
                "gain, points": points([one.gain for one in own]),
                "discordance %": percent([one.discordance for one in own]),
                "power with 1,000 images": f"{mcnemar_power(gain, discordance, 1_000):.2f}",
                "images for a power of 0.8": "–" if enough is None else f"{enough:,}",
            }
        )
        lines.append(f"model {place} needs {rows[-1]['images for a power of 0.8']}")
    text = f"""
To show by McNemar's two-sided test at 5 % that a model adds anything at all, with a power of 0.8:
{"; ".join(lines)}. It is the mean gain of the models of each place that is put into the closed form. The
number grows with the square of how small the gain is, so every further model takes more images to be told
from one that adds nothing. A vote on whether a
gain is above a MAFR has to tell its distance from the MAFR instead, which can be nearer to nothing still.

This is one small network on MNIST with heads trained on few images; better models differ on fewer images
and add less. Nobody cheats here: the study is about luck alone.
"""
    return Section("How many images McNemar's test needs", text, pd.DataFrame(rows))
