"""Does a panel help when all of it measures on the same images?

Judging a model alone on its own labels leaves nothing to chance but the images, so a majority of members
who share these is one member. Members with images of their own are Condorcet's jury: each is right more
often than not, independently, so that their majority is right more often than any of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...analysis.frames import groups, where
from ...analysis.incentives import Sample, majority_chance, mean_payoffs, samples
from ...analysis.series import estimate
from ...errors import InputError
from ...learning import Workbench
from ...learning.surrogate.workbench import Note
from ..findings import Findings, Section
from ..wording import ether, percent, points
from .lines import Dot, lines_figure
from .running import Markets, MarketSettings, run_markets

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANEL = "verifiers.panel"
DATA = "verifiers.data"
MEANING = {
    "shared": "all on the same images",
    "split": "each on a part of the images",
    "private": "each on images of her own",
}


class Settings(MarketSettings):
    """The sweep ``shared_images``."""


@dataclass(frozen=True)
class Verdict:
    """A decision about one model whose true accuracy is known.

    Attributes:
        seed: Of its market.
        data: On what its panel measured.
        panel: Members.
        wrong: Whether it was paid and is not above the MAFR, or is and was not paid.
        alike: Whether all votes were the same.
        expected: Chance of a wrong decision if the members' errors were independent.
    """

    seed: int
    data: str
    panel: int
    wrong: bool
    alike: bool
    expected: float


def study(settings: Settings, bench: Workbench, tell: Callable[[str], None]) -> Findings:
    """Answer the question."""
    markets = run_markets("shared_images", settings, bench, tell)
    if markets.trained:
        raise InputError("overrides", settings.overrides, "learning as the sweep says, whose truth is known")
    verdicts = [
        verdict
        for sample in samples(Path(settings.records) / markets.sweep.name)
        for verdict in verdicts_of(sample)
    ]
    return Findings(
        title="Does a panel help when all of it measures on the same images?",
        command="verifuse study shared_images",
        sections=(_mistakes(markets, verdicts), _unanimous(verdicts), _price(markets, verdicts)),
    )


def verdicts_of(sample: Sample) -> list[Verdict]:
    """Return what one market decided, each beside the closed form of independent voters."""
    record = sample.record
    verifiers, mafr = record.scenario.verifiers, record.scenario.task_list[0].mafr
    images = verifiers.verification
    if verifiers.data == "split":
        images //= verifiers.count
    found = []
    for model in sample.rows("models"):
        if model["outcome"] not in ("Rewarded", "Rejected"):
            continue
        truth = Note.from_bytes(record.store.get(model["cid"])).accuracy
        # A model alone is right or wrong image by image: the gain over nothing, with itself as discordance.
        passes = majority_chance(truth, truth, images, verifiers.panel, threshold=mafr, shared=False)
        deserves = truth > mafr
        found.append(
            Verdict(
                seed=sample.seed,
                data=verifiers.data,
                panel=verifiers.panel,
                wrong=(model["outcome"] == "Rewarded") != deserves,
                alike=model["passes"] in (0, model["reports"]),
                expected=1 - passes if deserves else passes,
            )
        )
    return found


def _shares(verdicts: Sequence[Verdict], data: str, panel: int, what: str) -> list[float]:
    """Return the share of decisions in each market of which something holds."""
    own = [one for one in verdicts if (one.data, one.panel) == (data, panel)]
    seeds = dict.fromkeys(one.seed for one in own)
    return [fmean(float(getattr(one, what)) for one in own if one.seed == seed) for seed in seeds]


def _mistakes(markets: Markets, verdicts: list[Verdict]) -> Section:
    kinds = [kind for kind in MEANING if any(one.data == kind for one in verdicts)]
    panels = sorted({one.panel for one in verdicts})
    small, large = panels[0], panels[-1]
    wrong = {(kind, panel): _shares(verdicts, kind, panel, "wrong") for kind in kinds for panel in panels}
    expected = {
        (kind, panel): fmean(_shares(verdicts, kind, panel, "expected")) for kind in kinds for panel in panels
    }
    lines = []
    for kind in kinds:
        change = [
            later - earlier for later, earlier in zip(wrong[kind, large], wrong[kind, small], strict=True)
        ]
        verdict = estimate(change).verdict("more wrong decisions", "fewer wrong decisions")
        lines.append(
            f"{MEANING[kind]}: {percent(wrong[kind, small])} % with {small}, "
            f"{percent(wrong[kind, large])} % with {large}, a change by {points(change)} points "
            f"({'no difference beyond the spread of the seeds' if verdict == 'open' else verdict})"
        )
    table = pd.DataFrame(
        [
            {
                "seats": panel,
                **{f"{kind} %": percent(wrong[kind, panel]) for kind in kinds},
                **{f"{kind}, if independent %": f"{100 * expected[kind, panel]:.2f}" for kind in kinds},
            }
            for panel in panels
        ]
    )
    listed = "".join(f"\n- {line}" for line in lines)
    text = f"""
**Share of the decisions that are wrong, by what the members of a panel measure on:**
{listed}

{markets.setting}

A decision is wrong if a model is paid whose true accuracy is not above the MAFR, or one is refused that
is. The truth is known without error here: it is the accuracy from which the surrogate draws how many of a
verifier's images a model tells right, one by one, which is all that measuring a real model alone on images
of its labels comes to. Votes, panels and payments are the contract's.

The closed form is the binomial tail of a panel of independent voters, each of whom errs as her number of
images says. Where all share the images there is nothing independent: whoever measures, it is the same
measurement. Where one sample is split, each has fewer images and errs more; the majority then makes up for
some of that, not for all, as a vote throws away by how much a measurement passed.
"""
    return Section(
        "How often the majority is wrong", text, table, ("wrong", _figure(wrong, expected, kinds, panels))
    )


def _figure(
    wrong: dict[tuple[str, int], list[float]],
    expected: dict[tuple[str, int], float],
    kinds: list[str],
    panels: list[int],
) -> "Figure":
    lines: dict[str, list[Dot]] = {}
    for kind in kinds:
        dots = []
        for panel in panels:
            found = estimate(wrong[kind, panel])
            low, high = (None if end is None else 100 * min(1.0, max(0.0, end)) for end in found.ends)
            dots.append(Dot(panel, 100 * found.mean, low, high))
        lines[f"{kind}: {MEANING[kind]}"] = dots
    figure = lines_figure(
        "A vote of many, on the same images or on others",
        ("seats of the panel", "wrong decisions (%)"),
        lines,
        closed_forms={
            f"{kind}, if independent": [Dot(panel, 100 * expected[kind, panel]) for panel in panels]
            for kind in kinds
        },
    )
    axes = figure.axes[0]
    axes.set_ylim(0, axes.get_ylim()[1] * 1.45)  # room for the legend above the lines
    axes.legend(fontsize=8, frameon=False, loc="upper left", ncols=2)
    return figure


def _unanimous(verdicts: list[Verdict]) -> Section:
    panels = sorted({one.panel for one in verdicts if one.panel > 1})
    kinds = [kind for kind in MEANING if any(one.data == kind for one in verdicts)]
    table = pd.DataFrame(
        [
            {
                "seats": panel,
                **{f"{kind} %": percent(_shares(verdicts, kind, panel, "alike")) for kind in kinds},
            }
            for panel in panels
        ]
    )
    shared = [one for one in verdicts if one.data == "shared" and one.panel > 1]
    always = all(one.alike for one in shared)
    verdict = "every panel was of one mind" if always else "panels were not always of one mind"
    text = f"""
Share of the decisions in which all members voted alike. On the same images {verdict}
({sum(one.alike for one in shared):,} of {len(shared):,}). So one mind among many verifiers is no evidence
that a model was judged rightly; where they share their images it is one measurement, paid for many times.
"""
    return Section("How often all vote alike", text, table)


def _price(markets: Markets, verdicts: list[Verdict]) -> Section:
    net = mean_payoffs(markets.books.payoffs)
    initiators = where(net, net["role"] == "initiator")
    rows: list[dict[str, Any]] = []
    for told, own in groups(initiators, [PANEL, DATA]):
        row = own.to_dict("records")[0]
        rows.append(
            {
                "seats": told[PANEL],
                "data": told[DATA],
                "wrong %": percent(_shares(verdicts, told[DATA], told[PANEL], "wrong")),
                "initiator, ether": ether(row["mean_wei"], row["low_wei"], row["high_wei"]),
            }
        )
    text = """
What an initiator has left of a market, rewards for wrongly paid models included. Every seat costs a fee
and the gas of its row, whatever its member looked at. Other ways to use many members are not tried here:
averaging what they measured on different images in place of voting, or drawing a sample for each model
anew.

Where verifiers fuse models, each fits a head of her own, so that members who share images do differ a
little; the study `luck` has such panels. Cartels, lies and laziness are other reasons for a panel: see the
study `panel_size`.
"""
    return Section("What a seat buys", text, pd.DataFrame(rows))
