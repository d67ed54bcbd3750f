"""How fusion grows with the number of models: entries of A, seconds of a fit, accuracy, and warm starts."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import TYPE_CHECKING, Annotated

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from ...agents.config.base import refusal
from ...learning import FitTimingJob, Workbench, describe_model
from ..findings import Findings, Section
from ..settings import StudySettings
from ..wording import percent, points, with_unit
from .architectures import Accuracy, both
from .material import Material, gather

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Size = Annotated[int, Field(ge=1, le=256)]


class Settings(StudySettings):
    """How far fusion grows.

    Attributes:
        scenario: Whose data, networks and trainings; its sets of labels are gone through again and again.
        changes: ``key=value`` changes of the scenario. The paper's shares do not suffice for fifty
            contributors: MNIST has too few images of some digits, so each has fewer verification images,
            which fusion does not use.
        sizes: Numbers of fused models to measure at, ascending; the largest is the number of contributors.
        iterations: The most steps of a contributor's training, to train fifty models in time.
        warm_epochs: Epochs of a head that starts from the head for one model fewer.
        timings: How often every fit is timed; the median counts.
    """

    seeds: tuple[int, ...] = Field(default=(1, 2, 3), min_length=1)
    scenario: str = "paper_2"
    changes: tuple[str, ...] = ("contributors.verification=50",)
    sizes: tuple[Size, ...] = Field(default=(1, 2, 5, 10, 20, 30, 40, 50), min_length=2)
    iterations: int = Field(default=400, ge=1)
    warm_epochs: int = Field(default=10, ge=1, le=100_000)
    timings: int = Field(default=3, ge=1, le=100)

    @model_validator(mode="after")
    def _sizes_ascend(self) -> "Settings":
        if list(self.sizes) != sorted(set(self.sizes)):
            raise refusal("sizes", list(self.sizes), "at least two ascending numbers, each once")
        return self

    @property
    def reference(self) -> int:
        """The size that others are compared with: the paper's five models, or the smallest."""
        return 5 if 5 in self.sizes else self.sizes[0]


@dataclass(frozen=True, eq=False)
class Grown:
    """What one verifier's head reaches by the number of models: fitted afresh, and from the one before."""

    material: Material
    files: tuple[bytes, ...]
    cold: Mapping[int, Accuracy]
    warm: Mapping[int, Accuracy]


@dataclass(frozen=True)
class Timed:
    """Seconds of a fit, and of one that starts from the head for one model fewer, if there is one."""

    cold: float
    warm: float


def study(settings: Settings, bench: Workbench, tell: Callable[[str], None]) -> Findings:
    """Fuse ever more models, afresh and from the head before, and time it."""
    changes = (
        *settings.changes,
        f"contributors.count={settings.sizes[-1]}",
        f"training.max_iterations={settings.iterations}",
        "initiator.balance=10000 ether",  # no market is run, but its terms are checked
    )
    grown = []
    for seed in settings.seeds:
        material = gather(settings.scenario, changes, seed)
        grown.append(_grow(settings, bench, material))
        tell(f"seed {seed}: {settings.sizes[-1]} models are trained and fused")
    timed = _time(settings, bench, grown[0], tell)
    return Findings(
        title="Growth: up to " + str(settings.sizes[-1]) + " fused models",
        command="verifuse study growth",
        sections=(
            _about(settings, grown),
            _cost(settings, grown, timed),
            _accuracy(settings, grown),
            _warm(settings, grown, timed),
        ),
    )


def _grow(settings: Settings, bench: Workbench, material: Material) -> Grown:
    training = [bench.train(job) for job in material.trainings]
    files = tuple(job.result().model_file for job in training)
    cold = {size: bench.fuse(material.fused(files[:size], verifiers=1)) for size in settings.sizes}
    head = material.scenario.fusion.model_copy(update={"warm_epochs": settings.warm_epochs})
    # The largest first: on its way it computes all the smaller ones' starts.
    warm = {
        size: both(bench.fuse(material.fused(files[:size], head, verifiers=1)).result()[0])
        for size in reversed(settings.sizes)
    }
    return Grown(material, files, {size: both(job.result()[0]) for size, job in cold.items()}, warm)


def _time(
    settings: Settings, bench: Workbench, grown: Grown, tell: Callable[[str], None]
) -> dict[int, Timed]:
    """Time fits one after the other, so that they do not disturb each other."""
    material, found = grown.material, {}
    head = material.scenario.fusion.model_copy(update={"warm_epochs": settings.warm_epochs})

    def seconds(job: FitTimingJob) -> float:
        return median(bench.time_fit(job).result() for _ in range(settings.timings))

    for size in settings.sizes:
        cold = FitTimingJob(material.fused(grown.files[:size], verifiers=1))
        warm = cold
        if size > 1:
            before = bench.fuse(material.fused(grown.files[: size - 1], verifiers=1)).result()
            job = material.fused(grown.files[:size], head, verifiers=1)
            warm = FitTimingJob(job, tuple(result.head for result in before))
        # A first head has none before it to start from.
        found[size] = Timed(seconds(cold), seconds(warm) if size > 1 else math.nan)
        tell(f"{size} models are timed: {found[size].cold:.2f} s afresh")
    return found


def entries(files: Sequence[bytes]) -> int:
    """Return the entries of A: the sum of all feature widths times the sum of all numbers of labels."""
    specs = [describe_model(file) for file in files]
    return sum(spec.hidden for spec in specs) * sum(len(spec.classes) for spec in specs)


def _about(settings: Settings, grown: Sequence[Grown]) -> Section:
    material = grown[0].material
    contributors = material.scenario.contributors
    return Section(
        "What is measured",
        f"""
On the data of `{material.scenario.name}` with {", ".join(f"`{change}`" for change in settings.changes)}:
{settings.sizes[-1]} contributors go through its {len(contributors.labels)} set(s) of labels again and
again, each with {contributors.train} training images that nobody else has. To train so many models in
time, **each training was cut off after {settings.iterations} steps**, so single models are weaker than in
the scenario; what fusion costs does not depend on that. One verifier's head is fitted to the first models
in order of announcement, by Strategy {material.scenario.task.strategy}, on
{len(material.sample.train):,} images. Accuracies are means over {len(grown)} seed(s) with 95 %
intervals; seconds are medians of {settings.timings} fit(s) of the first seed on one thread, without the
models' features, which are computed once.
""",
    )


def _cost(settings: Settings, grown: Sequence[Grown], timed: Mapping[int, Timed]) -> Section:
    files, reference = grown[0].files, settings.reference
    rows = [
        (
            size,
            f"{entries(files[:size]):,}",
            f"{entries(files[:size]) / entries(files[:reference]):.2f}",
            f"{timed[size].cold:.2f}",
            f"{timed[size].cold / timed[reference].cold:.2f}",
        )
        for size in settings.sizes
    ]
    last = settings.sizes[-1]
    slope = _exponent(reference, last, timed[reference].cold, timed[last].cold)
    by_entries = _exponent(reference, last, entries(files[:reference]), entries(files[:last]))
    text = f"""
A has as many rows as all models have features and as many columns as they have labels, so its entries
grow with the square of the number of models: {with_unit(entries(files[:last]))} at {last} models. A fit
passes each image through A forth and back in each epoch, which is what its seconds grow with.
"""
    if last > reference:
        text += f"""
From {reference} to {last} models, entries grow as n to the power of {by_entries:.2f} and seconds as n to
the power of {slope:.2f}: {timed[last].cold / timed[reference].cold:.1f} times the seconds for
{last / reference:.0f} times the models.
"""
    columns = [
        "models",
        "entries of A",
        f"relative to {reference}",
        "seconds of a fit",
        f"seconds relative to {reference}",
    ]
    return Section("What a fit costs", text, pd.DataFrame(rows, columns=columns), ("seconds", _figure(timed)))


def _exponent(first: int, last: int, low: float, high: float) -> float:
    return math.log(high / low) / math.log(last / first) if last > first else math.nan


def _accuracy(settings: Settings, grown: Sequence[Grown]) -> Section:
    rows = [
        (
            size,
            percent([one.cold[size][0] for one in grown]),
            percent([one.cold[size][1] for one in grown]),
        )
        for size in settings.sizes
    ]
    last = settings.sizes[-1]
    reference = settings.reference if settings.reference < last else settings.sizes[0]
    gain = [one.cold[last][1] - one.cold[reference][1] for one in grown]
    return Section(
        "What more models bring",
        f"""
From {reference} to {last} models the fused model's accuracy changes by {points(gain)} points.
""",
        pd.DataFrame(rows, columns=["models", "verification images, %", "held-out images, %"]),
    )


def _warm(settings: Settings, grown: Sequence[Grown], timed: Mapping[int, Timed]) -> Section:
    rows = [
        (
            size,
            f"{timed[size].warm:.3g}",
            f"{timed[size].cold / timed[size].warm:.1f}",
            percent([one.warm[size][1] for one in grown]),
            points([one.warm[size][1] - one.cold[size][1] for one in grown]),
        )
        for size in settings.sizes
        if size > 1
    ]
    every = range(2, settings.sizes[-1] + 1)
    grid = [size for size in settings.sizes if size > 1]
    cold, warm = (
        float(np.interp(every, grid, [getattr(timed[size], kind) for size in grid]).sum())
        for kind in ("cold", "warm")
    )
    change = fmean(one.warm[size][1] - one.cold[size][1] for one in grown for size in settings.sizes[1:])
    epochs = grown[0].material.scenario.fusion.epochs
    columns = [
        "models",
        "seconds of a warm fit",
        "times faster",
        "accuracy, %",
        "against a fit afresh, points",
    ]
    return Section(
        "Warm start from the head for one model fewer",
        f"""
A verifier who has a head for n models can start from it when the next one is announced: the new model's
block starts at random, the rest where it was, and {settings.warm_epochs} epochs follow instead of
{epochs}. Here every head was reached so, step by step from the first model on. To follow the growth from 2 to
{settings.sizes[-1]} models one by one takes about {warm:.1f} seconds so, and {cold:.1f} with fits afresh
({cold / warm:.1f} times as long; between the sizes measured, seconds are interpolated). The accuracy
differs by {100 * change:+.2f} points on average.
""",
        pd.DataFrame(rows, columns=columns),
    )


def _figure(timed: Mapping[int, Timed]) -> "Figure":
    from matplotlib.ticker import FuncFormatter, LogLocator

    from ...analysis.drawing import BLUE, NORMAL, ORANGE, legend_below, new_figure

    figure, axes = new_figure(
        "Seconds of a fusion head", "By the number of fused models; both axes in powers of ten"
    )
    sizes = list(timed)
    axes.loglog(sizes, [one.cold for one in timed.values()], "-o", color=BLUE, label="fitted afresh")
    later = [size for size in sizes if size > 1]
    axes.loglog(
        later, [timed[size].warm for size in later], "--s", color=ORANGE, label="from the head before"
    )
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{seconds:g}"))
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel("fused models", fontsize=NORMAL)
    axes.set_ylabel("seconds", fontsize=NORMAL)
    legend_below(axes)
    return figure
