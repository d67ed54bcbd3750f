"""The paper's Figures 6 to 9 beside ours, and what is behind them."""

from collections.abc import Mapping, Sequence
from itertools import pairwise, product
from pathlib import Path
from typing import Literal

import pandas as pd
from pydantic import Field

from ...analysis.series import seeds_text
from ...learning import FusionResult, RecipeName, Strategy, Workbench
from ..findings import Findings, Section
from ..settings import StudySettings
from ..wording import points, rate
from . import cooperation, junk
from .compare import Paired, mcnemar, tells_apart
from .reproduction_runs import OTHER_BATCH, Run, Runs, Tell, mean_accuracy, measured_on, run_all

TITLES = {"paper_1": "Scenario I", "paper_2": "Scenario II"}
PAPER: Mapping[tuple[str, Strategy], str] = {("paper_2", "I"): "98.4 %", ("paper_2", "II"): "98.6 %"}
"""What the paper prints of five fused models; of Scenario I it prints no number."""


class Settings(StudySettings):
    """What to reproduce.

    Attributes:
        scenarios: Scenarios I and II.
        recipes: How contributors train and verifiers fuse.
        overrides: Changes to every scenario, such as ``data.set="digits"``.
        records: Folder of the run records; a run that is there already is not run again.
        beside: Further studies whose answers belong on the page: ``junk`` with the same seeds, and
            ``cooperation`` with its own.
    """

    seeds: tuple[int, ...] = Field(default=tuple(range(1, 11)), min_length=1)
    scenarios: tuple[Literal["paper_1", "paper_2"], ...] = Field(default=("paper_1", "paper_2"), min_length=1)
    recipes: tuple[RecipeName, ...] = Field(default=("plain", "augmented"), min_length=1)
    overrides: tuple[str, ...] = ()
    records: str = "runs/reproduction"
    beside: tuple[Literal["junk", "cooperation"], ...] = ("junk", "cooperation")


def study(settings: Settings, bench: Workbench, tell: Tell) -> Findings:
    """Run both scenarios with both recipes and every seed, and compare."""
    keys = list(product(settings.scenarios, settings.recipes))
    runs = run_all(keys, settings.seeds, settings.overrides, Path(settings.records), bench, tell)
    return Findings(
        title="The paper's figures beside ours",
        command="make reproduction",
        sections=(
            _summary(settings, runs),
            *_figures(runs),
            _strategies(runs),
            _every_model(runs),
            *(section for name in settings.beside for section in _beside(name, settings, bench, tell)),
        ),
    )


def _beside(name: str, settings: Settings, bench: Workbench, tell: Tell) -> list[Section]:
    if name == "junk":
        tell("the study junk")
        return junk.sections(junk.Settings(seeds=settings.seeds, recipes=settings.recipes), bench, tell)
    tell("the study cooperation")
    return cooperation.sections(cooperation.Settings(recipes=settings.recipes), bench, tell)


def _name(key: tuple[str, str]) -> str:
    return f"{TITLES[key[0]]}, {key[1]}"


def _summary(settings: Settings, runs: Runs) -> Section:
    first = next(iter(runs.values()))
    verification = len(first[0].fused["I"][0][0].verification.right)
    held_out = len(measured_on(first[0].fused["I"][0][0], held_out=True).right)
    lines, rows = [], []
    for key, found in runs.items():
        alone = [run.alone for run in found]
        for strategy in ("I", "II"):
            on_sample, unseen = (
                [run.accuracy(strategy, held_out=part) for run in found] for part in (False, True)
            )
            cooperation = [one - two[1] for one, two in zip(unseen, alone, strict=True)]
            rows.append(
                {
                    "scenario": TITLES[key[0]],
                    "recipe": key[1],
                    "strategy": strategy,
                    "paper": PAPER.get((key[0], strategy), "–"),
                    f"on the verifiers' {verification:,}": rate(on_sample),
                    f"on {held_out:,} held-out images": rate(unseen),
                    "a verifier alone, held-out": rate([two for _, two in alone]),
                    "gained by cooperation (points)": points(cooperation),
                }
            )
            if strategy == "II":
                lines.append(_verdict(key, on_sample, cooperation))
    text = (
        f"Every number is a mean over {seeds_text([run.record for run in first])} with its 95 % interval "
        "over seeds (Student's t). Five verifiers fuse five models, each with a head of her own, and the "
        "mean of their accuracies counts, as in the paper. *A verifier alone* is the first contributor's "
        "network, trained on the verifiers' own images by the same recipe, with no model of anybody else. "
        "`plain` is the paper's words; `augmented` adds nothing but distorted copies of the same images "
        "(`learning/recipes.py`).\n\n" + "\n".join(f"- {line}" for line in lines)
    )
    return Section("Final accuracy", text, pd.DataFrame(rows))


def _verdict(key: tuple[str, str], on_sample: Sequence[float], cooperation: Sequence[float]) -> str:
    printed = PAPER.get((key[0], "II"))
    beside = f"; the paper prints {printed}" if printed else ""
    if not tells_apart(cooperation):
        worth = "does not differ from nothing beyond the spread of the seeds"
    else:
        worth = "is real" if sum(cooperation) > 0 else "is a loss"
    return (
        f"{_name(key)}: Strategy II reaches {rate(on_sample)} on the verifiers' images{beside}. What "
        f"cooperation adds to a verifier alone, {points(cooperation)} points on held-out images, {worth}."
    )


def _figures(runs: Runs) -> list[Section]:
    from ...analysis import figure_fused_accuracy, figure_local_accuracy
    from ...analysis.accuracy_figures import figure_numbers

    sections = []
    for key, found in runs.items():
        records = [run.record for run in found]
        local, fused = figure_numbers(records[0])
        digests = ", ".join(
            f"{record.manifest['seed']}: `{record.manifest['digest'][:12]}`" for record in records
        )
        name = f"{key[0]}_{key[1]}"
        sections.append(
            Section(
                f"Figure {local}: local accuracy, {_name(key)}",
                f"Digests of the runs by seed: {digests}.",
                figure=(f"{name}_figure_{local}", figure_local_accuracy(records)),
            )
        )
        sections.append(
            Section(
                f"Figure {fused}: accuracy of the fused model, {_name(key)}",
                table=_growth(found),
                figure=(f"{name}_figure_{fused}", figure_fused_accuracy(records)),
            )
        )
    return sections


def _growth(found: Sequence[Run]) -> pd.DataFrame:
    rows = []
    for count in range(1, max(run.models for run in found) + 1):
        there = [run for run in found if run.models >= count]
        row: dict[str, object] = {"fused models": count, "seeds": len(there)}
        for strategy, held_out in product(("I", "II"), (False, True)):
            where = "held-out" if held_out else "verification"
            row[f"Strategy {strategy}, {where}"] = rate(
                [run.accuracy(strategy, held_out=held_out, count=count) for run in there]
            )
        rows.append(row)
    return pd.DataFrame(rows)


def _strategies(runs: Runs) -> Section:
    rows, lines = [], []
    for key, found in runs.items():
        optimisers = {
            "the recipe's": [{name: run.fused[name][-1] for name in run.fused} for run in found],
            f"batches of {OTHER_BATCH:,}": [run.other for run in found],
        }
        signs = []
        for optimiser, results in optimisers.items():
            row: dict[str, object] = {
                "scenario": TITLES[key[0]],
                "recipe": key[1],
                "fusion optimiser": optimiser,
            }
            for held_out in (False, True):
                gains = [
                    mean_accuracy(one["II"], held_out=held_out) - mean_accuracy(one["I"], held_out=held_out)
                    for one in results
                ]
                row["II − I, held-out (points)" if held_out else "II − I, verification (points)"] = points(
                    gains
                )
            row["seeds with II > I, held-out"] = f"{sum(gain > 0 for gain in gains)} of {len(gains)}"
            rows.append(row)
            signs.append((optimiser, gains))
        lines.append(f"- {_name(key)}: " + "; ".join(_sign(*sign) for sign in signs) + ".")
    text = (
        "The paper finds Strategy II ahead of Strategy I by 0.2 points. Paired over seeds, on the held-out "
        "images, under the recipe's fusion optimiser and under one with larger batches and as many images in "
        "all or more:\n\n" + "\n".join(lines)
    )
    return Section("Does Strategy II beat Strategy I?", text, pd.DataFrame(rows))


def _lead_of_ii(results: Mapping[Strategy, Sequence[FusionResult]], *, held_out: bool) -> float:
    return mean_accuracy(results["II"], held_out=held_out) - mean_accuracy(results["I"], held_out=held_out)


def _sign(optimiser: str, gains: Sequence[float]) -> str:
    if not tells_apart(gains):
        return f"with {optimiser}, no difference beyond the spread of the seeds ({points(gains)} points)"
    ahead = "II" if sum(gains) > 0 else "I"
    return f"with {optimiser}, Strategy {ahead} is ahead ({points(gains)} points)"


def _every_model(runs: Runs) -> Section:
    rows, lines = [], []
    for key, found in runs.items():
        monotone = {
            held_out: sum(_rises(run, held_out=held_out) for run in found) for held_out in (False, True)
        }
        for count in range(1, max(run.models for run in found)):
            row: dict[str, object] = {
                "scenario": TITLES[key[0]],
                "recipe": key[1],
                "from … to … models": f"{count} → {count + 1}",
            }
            for held_out in (False, True):
                where = "held-out" if held_out else "verification"
                tests = [
                    mcnemar(
                        *(measured_on(run.fused["II"][n][0], held_out=held_out) for n in (count - 1, count))
                    )
                    for run in found
                ]
                row[f"gain, {where} (points)"] = points([test.gain for test in tests])
                better = sum(test.is_better for test in tests)
                row[f"significant, {where}"] = f"{better} of {len(tests)} seeds"
            rows.append(row)
        lines.append(
            f"- {_name(key)}: the panel's mean accuracy rises with every model in {monotone[False]} of "
            f"{len(found)} seeds on the verifiers' images, in {monotone[True]} on the held-out images."
        )
    text = (
        "The paper's figures rise with every model. Below, the first verifier's fused model by Strategy II "
        "before and after each addition, on the same images; *significant* means that McNemar's exact test "
        "finds the larger model better at the 5 % level.\n\n" + "\n".join(lines)
    )
    return Section("Does accuracy rise with every model?", text, pd.DataFrame(rows))


def _addition(run: Run, count: int, *, held_out: bool) -> Paired:
    """Compare the first verifier's fused model of ``count`` models with that of one more."""
    before, after = (run.fused["II"][place][0] for place in (count - 1, count))
    return mcnemar(measured_on(before, held_out=held_out), measured_on(after, held_out=held_out))


def _rises(run: Run, *, held_out: bool) -> bool:
    values = [mean_accuracy(results, held_out=held_out) for results in run.fused["II"]]
    return all(later > earlier for earlier, later in pairwise(values))
