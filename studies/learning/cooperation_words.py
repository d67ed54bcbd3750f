"""What the map of cooperation shows, in tables and words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean

import pandas as pd

from ...analysis.series import Estimate, estimate
from ...learning import RecipeName
from ..findings import Section
from ..wording import percent
from .cooperation_figure import map_figure
from .steps import SAMPLE_IMAGES, TRAINING_IMAGES


@dataclass(frozen=True, order=True)
class Place:
    """A place on the map.

    Attributes:
        data: The data set.
        recipe: How all train and fuse.
        mine: Training images of the verifier.
        theirs: Training images of each contributor.
    """

    data: str
    recipe: RecipeName
    mine: int
    theirs: int


@dataclass(frozen=True)
class Cell:
    """What one seed measures at a place, on the held-out images.

    Attributes:
        fused: Accuracy of the fused model, the mean over the panel's heads.
        alone: Accuracy of the verifier's own network.
        announced: Share of the contributors whose model came as far as the announcing threshold.
    """

    fused: float
    alone: float
    announced: float


Cells = Mapping[Place, Sequence[Cell]]
"""Every place's cells, one a seed."""


def gain(cells: Sequence[Cell]) -> Estimate:
    """Return by how many percentage points the fused model is better than the verifier's own network."""
    return estimate([100 * (cell.fused - cell.alone) for cell in cells])


def sections_of(cells: Cells, missing: Mapping[str, str], seeds: int) -> list[Section]:
    """Return the map, and each data set's numbers.

    Args:
        cells: What was measured.
        missing: Data sets that could not be had, and why.
        seeds: Number of cells at every place.
    """
    lines = {place: gain(row) for place, row in cells.items()}
    left_out = [f"`{name}` is left out: {reason}." for name, reason in missing.items()]
    text = "\n\n".join([_asked(cells, seeds), _answer(lines), *left_out])
    figure = ("cooperation", map_figure(lines))
    tables = [
        Section(
            f"Cooperation on {data}, place by place", table=_table({place: cells[place] for place in places})
        )
        for data, places in groupby(cells, key=lambda place: place.data)
    ]
    return [Section("When does cooperation pay?", text, figure=figure), *tables]


def _asked(cells: Cells, seeds: int) -> str:
    spread = "; intervals are 95 % over them" if seeds > 1 else ", so there are no intervals"
    return (
        "A verifier may train a network for all labels on her own images alone, by the contributors' recipe. "
        "Or she may fuse the contributors' models, whose label sets are those of the paper's Table II, by "
        "Strategy II, and learn only the head from her images. The difference, fused less alone, is taken on "
        f"images that nobody has, at {len(cells)} places with {seeds} {'seed' if seeds == 1 else 'seeds'} "
        f"each{spread}. In the plain recipe further images tell her own network when to stop; the head does "
        "without, so the map is a little unkind to cooperation there. Recipes count in epochs; where a set "
        f"is smaller than Table II's {TRAINING_IMAGES:,} images to train on or {SAMPLE_IMAGES:,} to fuse on, "
        "epochs are stretched to as many steps as it would take. All models are fused, also those that did "
        "not come as far as the threshold that would have let their owners announce them."
    )


def _answer(lines: Mapping[Place, Estimate]) -> str:
    paragraphs = []
    for (data, recipe), group in groupby(lines, key=lambda place: (place.data, place.recipe)):
        sizes: dict[int, dict[int, Estimate]] = {}
        for place in group:
            sizes.setdefault(place.theirs, {})[place.mine] = lines[place]
        words = " ".join(
            f"With {theirs:,} images a contributor, {verdict(row)}" for theirs, row in sizes.items()
        )
        paragraphs.append(f"**{data}, {recipe}.** {words}")
    return "\n\n".join(paragraphs)


def verdict(row: Mapping[int, Estimate]) -> str:
    """Say where cooperation pays, in a sentence.

    Args:
        row: The gain in points, by the verifier's number of images.
    """
    pays = [mine for mine in row if _low(row[mine]) > 0]
    costs = [mine for mine in row if _high(row[mine]) < 0]
    open_ = [mine for mine in row if mine not in pays and mine not in costs]
    parts = []
    if pays:
        parts.append(
            f"cooperation pays at {_listed(pays, row)}; {max(pays):,} is the largest set at which it does"
        )
    else:
        parts.append("there is no size of her set at which cooperation pays")
    if costs:
        parts.append(f"it costs at {_listed(costs, row)}")
    if open_:
        parts.append(f"nothing can be said at {_listed(open_, row)}, where the interval holds zero")
    return "; ".join(parts) + "."


def _listed(sizes: Sequence[int], row: Mapping[int, Estimate]) -> str:
    return ", ".join(f"{mine:,} ({shown(row[mine])})" for mine in sizes)


def shown(found: Estimate) -> str:
    """Return a gain in points with its interval."""
    return f"{found.mean:+.2f}" + ("" if found.half_width is None else f" ± {found.half_width:.2f}")


def _low(found: Estimate) -> float:
    return found.mean - (found.half_width or 0.0)


def _high(found: Estimate) -> float:
    return found.mean + (found.half_width or 0.0)


def _table(cells: Cells) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "recipe": place.recipe,
                "images a contributor": place.theirs,
                "verifier's images": place.mine,
                "fused, %": percent([cell.fused for cell in row]),
                "verifier alone, %": percent([cell.alone for cell in row]),
                "difference, points": shown(gain(row)),
                "models at the threshold, %": f"{100 * fmean(cell.announced for cell in row):.0f}",
            }
            for place, row in cells.items()
        ]
    )
