"""What the surrogate of learning draws from: curves fitted to real markets, beside these markets."""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pydantic import Field

from ...analysis.series import seeds_text
from ...learning import RecipeName, Strategy, Workbench
from ...learning.surrogate.curves import Curves, FusedCurve, Spread
from ...scenarios import RunRecord, load, read_record, run_scenario
from ..findings import Findings, Section
from ..settings import StudySettings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STRATEGIES: tuple[Strategy, ...] = ("I", "II")


class Settings(StudySettings):
    """Which real markets the curves are fitted to.

    Attributes:
        scenarios: One for each data set, with both strategies measured.
        recipes: How contributors train and verifiers fuse.
        records: Folder of the run records; a run that is there already is not run again.
    """

    scenarios: tuple[str, ...] = Field(default=("paper_2", "quick"), min_length=1)
    recipes: tuple[RecipeName, ...] = Field(default=("plain",), min_length=1)
    records: str = "runs/reproduction"


def study(settings: Settings, bench: Workbench, tell: Callable[[str], None]) -> Findings:
    """Run the markets, and fit."""
    curves: dict[str, Curves] = {}
    points: dict[str, pd.DataFrame] = {}
    for source in settings.scenarios:
        for recipe in settings.recipes:
            records = [_record(source, recipe, seed, settings, bench) for seed in settings.seeds]
            name = f"{records[0].scenario.data.set}/{recipe}"
            points[name] = measured(records)
            curves[name] = fitted(records, points[name])
            tell(f"{name} is fitted to {len(records)} runs")
    numbers = {name: found.model_dump() for name, found in curves.items()}
    return Findings(
        title="The surrogate's curves",
        command="verifuse study surrogate",
        sections=(
            Section(
                "What is drawn, and from what it was fitted",
                f"""
With `learning = "surrogate"` nothing is trained: accuracies are drawn from these curves. The error of a fused
model falls with the width H of its hidden layer, the sum of all |l_i|, as floor + gain · H^-power; what a
panel measures spreads from one set of models to another, with the number of images, and, by a share of the
error, from head to head.
Fitted by least squares to {_seeds(settings)} of each scenario. The numbers as `learning/files/curves.json`
holds them:

```json
{json.dumps(_rounded(numbers), indent=1)}
```
""",
                _table(curves),
                ("surrogate_curves", _figure(curves, points)),
            ),
        ),
    )


def _seeds(settings: Settings) -> str:
    return "seeds " + ", ".join(str(seed) for seed in settings.seeds)


def _record(source: str, recipe: str, seed: int, settings: Settings, bench: Workbench) -> RunRecord:
    scenario = load(source, [f"recipe={recipe}"], seed=seed)
    folder = Path(settings.records) / f"{scenario.name}-{recipe}-seed{seed}"
    if (folder / "manifest.json").is_file():
        record = read_record(folder)
        if record.scenario == scenario.resolved():
            return record
    return run_scenario(scenario, folder, workers=bench.workers, cache=bench.cache_folder)


def measured(records: Sequence[RunRecord]) -> pd.DataFrame:
    """Return what panels measured: ``width``, ``strategy``, mean ``accuracy`` and the heads' ``variance``."""
    rows = []
    for record in records:
        models = record.table("models").sort_values("model_id")
        models = models[models["fused_models"].notna()]
        widths = np.cumsum([len(labels) for labels in models["labels"]])
        seats = record.table("evaluations").groupby("model_id")
        for model, width in zip(models["model_id"], widths, strict=True):
            for strategy in STRATEGIES:
                found = _known(seats.get_group(model)[f"fused_accuracy_{strategy}"])
                rows.append(
                    (int(width), strategy, fmean(found), stdev(found) ** 2 if len(found) > 1 else 0.0)
                )
    return pd.DataFrame(rows, columns=["width", "strategy", "accuracy", "variance"])


def _known(column: Iterable[Any]) -> list[float]:
    """Return a column's numbers without the gaps."""
    return [float(value) for value in column if value is not None and not math.isnan(value)]


def fitted(records: Sequence[RunRecord], points: pd.DataFrame) -> Curves:
    """Fit the curves of one data set and recipe."""
    models = pd.concat([record.table("models") for record in records])
    first = records[0].scenario
    return Curves(
        source=f"{first.name}, {seeds_text(records)}",
        local=_without_sampling(_spread(_known(models["local_accuracy"])), first.contributors.verification),
        epochs=_spread(_known(models["epochs"])),
        fused={
            strategy: _fused(points.query("strategy == @strategy"), first.verifiers.verification)
            for strategy in STRATEGIES
        },
    )


def _spread(known: Sequence[float]) -> Spread:
    return Spread(mean=fmean(known), deviation=stdev(known) if len(known) > 1 else 0.0)


def _without_sampling(spread: Spread, images: int) -> Spread:
    beyond = spread.deviation**2 - spread.mean * (1 - spread.mean) / images
    return Spread(mean=spread.mean, deviation=max(0.0, beyond) ** 0.5)


def _fused(points: pd.DataFrame, images: int) -> FusedCurve:
    from scipy.optimize import curve_fit

    width, error = points["width"].to_numpy(float), 1 - points["accuracy"].to_numpy(float)
    bounds = ([0, 0, 0.1], [1, 100, 6])
    (floor, gain, power), _ = curve_fit(_error, width, error, p0=(0.03, 5, 2), bounds=bounds, max_nfev=20_000)
    left = error - _error(width, floor, gain, power)
    sampling = float(np.mean(error * (1 - error))) / images
    heads = float(np.mean(points["variance"].to_numpy(float) / np.maximum(error, 0.001) ** 2))
    market = max(0.0, float(np.mean(left**2)) - sampling)
    return FusedCurve(floor=floor, gain=gain, power=power, market=market**0.5, head=heads**0.5)


def _error(width: np.ndarray, floor: float, gain: float, power: float) -> np.ndarray:
    return floor + gain * width**-power


def _table(curves: Mapping[str, Curves]) -> pd.DataFrame:
    rows = [
        (
            name,
            found.source,
            strategy,
            f"{100 * curve.floor:.2f}",
            f"{curve.gain:.3g}",
            f"{curve.power:.2f}",
            f"{100 * curve.market:.2f}",
            f"{100 * curve.head:.1f}",
        )
        for name, found in curves.items()
        for strategy, curve in found.fused.items()
    ]
    columns = ["data and recipe", "fitted to", "strategy", "floor, %", "gain", "power"]
    return pd.DataFrame(rows, columns=[*columns, "models' spread, points", "heads' spread, % of the error"])


def _figure(curves: Mapping[str, Curves], points: Mapping[str, pd.DataFrame]) -> "Figure":
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from ...analysis.drawing import BLUE, DPI, INK, LARGE, NORMAL, ORANGE

    figure = Figure(figsize=(4.6 * len(curves) + 0.6, 4.0), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(
        "Real markets, and the curves fitted to them", fontsize=LARGE, fontweight="bold", color=INK
    )
    panels = figure.subplots(1, len(curves), squeeze=False)[0]
    for axes, (name, found) in zip(panels, curves.items(), strict=True):
        for strategy, colour in zip(STRATEGIES, (ORANGE, BLUE), strict=True):
            there = points[name][points[name]["strategy"] == strategy]
            axes.plot(there["width"], 100 * there["accuracy"], "o", color=colour, alpha=0.45, markersize=5)
            reach = np.linspace(there["width"].min(), there["width"].max(), 200)
            drawn = [100 * found.fused[strategy].accuracy(width, 0) for width in reach]
            axes.plot(reach, drawn, color=colour, label=f"Strategy {strategy}")
        axes.set_title(name, loc="left", fontsize=NORMAL, color=INK)
        axes.set_xlabel("width of the hidden layer h", fontsize=NORMAL)
        axes.legend(frameon=False, loc="lower right", fontsize=NORMAL)
    panels[0].set_ylabel("accuracy of the fused model (%)", fontsize=NORMAL)
    return figure


def _rounded(numbers: object) -> object:
    if isinstance(numbers, float):
        return float(f"{numbers:.4g}")
    if isinstance(numbers, dict):
        return {name: _rounded(value) for name, value in numbers.items()}
    return numbers
