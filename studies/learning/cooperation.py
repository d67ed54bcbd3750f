"""When does cooperation pay?

A verifier with few images of her own gains much from others' models, one with many nothing. The map: how much
better the fusion of five contributors' models is than a network that she trains on her own images alone, over
how many images she and they have.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Self

from pydantic import Field, model_validator

from ...agents.config.base import Settings as TableSettings
from ...agents.config.base import refusal
from ...errors import InputError
from ...learning import (
    KERAS_DATA_SETS,
    FusionResult,
    RecipeName,
    StandaloneJob,
    TrainingJob,
    TrainingResult,
    Workbench,
    load_data_set,
)
from ..findings import Findings, Section
from ..waiting import wait_for
from .case import Case
from .cooperation_words import Cell, Place, sections_of
from .opening import CaseSettings, open_case
from .steps import stretched_fusion, stretched_training

SCENARIO = "paper_2"
"""Whose label sets the five contributors have, and whose announcing threshold."""


class MapSettings(TableSettings):
    """One data set's part of the map.

    Attributes:
        data: The data set's name or file.
        network: What contributors train, and the verifier alone.
        verifier_train: How many images the verifier learns from: one column of the map each.
        verifier_test: How many more tell her own network when to stop, in the plain recipe.
        verifier_verification: How many more she votes on; the map does not look at them.
        contributor_train: How many images each contributor learns from: one line of the map each.
        contributor_test: How many more tell her when to stop, or that she may announce.
        contributor_verification: How many more each measures herself on; the map does not look at them.
        overrides: ``key=value`` texts that change the scenario for this data set.
    """

    data: str
    network: str
    verifier_train: tuple[int, ...] = Field(min_length=1)
    verifier_test: int = Field(default=500, ge=1)
    verifier_verification: int = Field(default=1000, ge=1)
    contributor_train: tuple[int, ...] = Field(min_length=1)
    contributor_test: int = Field(default=200, ge=1)
    contributor_verification: int = Field(default=500, ge=1)
    overrides: tuple[str, ...] = ()


_LARGE = {
    "network": "cnn_1",
    "verifier_train": (100, 250, 500, 1000, 2000),
    "contributor_train": (100, 500),
}
_SMALL = MapSettings(
    data="digits",
    network="tiny",
    verifier_train=(30, 100, 250),
    verifier_test=50,
    verifier_verification=50,
    contributor_train=(40, 120),
    contributor_test=20,
    contributor_verification=10,
)


class Settings(CaseSettings):
    """Which data sets and sizes.

    Attributes:
        maps: One data set each. One of Keras' that cannot be downloaded is left out, and the page says so.
    """

    maps: tuple[MapSettings, ...] = Field(
        default=(MapSettings(data="mnist", **_LARGE), MapSettings(data="fashion_mnist", **_LARGE), _SMALL),
        min_length=1,
    )

    @model_validator(mode="after")
    def _data_sets_differ(self) -> Self:
        names = [one.data for one in self.maps]
        if len(set(names)) != len(names):
            raise refusal("maps", names, "each data set once")
        return self


def study(settings: Settings, bench: Workbench, tell: Callable[[str], None]) -> Findings:
    """Answer the question."""
    return Findings(
        title="When does cooperation pay?",
        command="verifuse study cooperation",
        sections=tuple(sections(settings, bench, tell)),
    )


def sections(settings: Settings, bench: Workbench, tell: Callable[[str], None]) -> list[Section]:
    """Return the map with its figure and what it says, and a section with the numbers of each data set.

    Raises:
        InputError: A data set or a size cannot be used.
    """
    missing = _missing(settings, tell)
    points = [point for point in _points(settings) if point.one.data not in missing]
    for point in points:
        if (point.recipe, point.seed) == (settings.recipes[0], settings.seeds[0]):
            point.open()  # refused before anything is trained
    asked = _train(points, bench, tell)
    cells: dict[Place, list[Cell]] = {}
    for point, cell in _fuse(points, asked, bench, tell):
        cells.setdefault(point.place, []).append(cell)
    return sections_of(cells, missing, len(settings.seeds))


@dataclass(frozen=True)
class _Point:
    """A place on the map in one seed."""

    number: int
    one: MapSettings
    recipe: RecipeName
    mine: int
    theirs: int
    seed: int
    overrides: tuple[str, ...]

    @property
    def place(self) -> Place:
        """Where on the map."""
        return Place(self.one.data, self.recipe, self.mine, self.theirs)

    def open(self) -> Case:
        """Return its learning; not kept, since each holds its own copy of the held-out images."""
        own = {
            "recipe": self.recipe,
            "data.set": self.one.data,
            "task.network": self.one.network,
            "task.strategy": "II",
            "verifiers.train": self.mine,
            "verifiers.test": self.one.verifier_test,
            "verifiers.verification": self.one.verifier_verification,
            "contributors.train": self.theirs,
            "contributors.test": self.one.contributor_test,
            "contributors.verification": self.one.contributor_verification,
        }
        try:
            return open_case(SCENARIO, own, (*self.overrides, *self.one.overrides), self.seed)
        except InputError as error:
            raise InputError(f"maps[{self.number}]: {error.field}", error.value, error.allowed) from None


def _points(settings: Settings) -> list[_Point]:
    return [
        _Point(number, one, recipe, mine, theirs, seed, settings.overrides)
        for number, one in enumerate(settings.maps)
        for recipe in settings.recipes
        for theirs in one.contributor_train
        for mine in one.verifier_train
        for seed in settings.seeds
    ]


def _missing(settings: Settings, tell: Callable[[str], None]) -> dict[str, str]:
    """Return which data sets cannot be downloaded, and why."""
    found: dict[str, str] = {}
    for name in (one.data for one in settings.maps if one.data in KERAS_DATA_SETS):
        try:
            load_data_set(name)
        except InputError as error:
            found[name] = error.allowed
            tell(f"{name} is left out: {error.allowed}")
    if len(found) == len(settings.maps):
        name, reason = next(iter(found.items()))
        raise InputError("maps", name, reason)
    return found


@dataclass(frozen=True)
class _Trained:
    contributors: list[Future[TrainingResult]]
    alone: Future[TrainingResult]


def _train(points: Sequence[_Point], bench: Workbench, tell: Callable[[str], None]) -> list[_Trained]:
    """Have everything trained; what several places of the map share is trained once."""
    asked = []
    for point in points:
        case = point.open()
        contributors = [bench.train(_stretched(job)) for job in case.trainings]
        asked.append(_Trained(contributors, bench.train(_stretched(case.verifier_alone))))
    wait_for((future for one in asked for future in (*one.contributors, one.alone)), "trainings", tell)
    return asked


def _stretched(job: TrainingJob) -> TrainingJob:
    return replace(job, config=stretched_training(job.config, len(job.data.train)))


@dataclass(frozen=True)
class _Fused:
    heads: Future[list[FusionResult]]
    alone: Future[float]


def _fuse(
    points: Sequence[_Point], trained: Sequence[_Trained], bench: Workbench, tell: Callable[[str], None]
) -> Iterator[tuple[_Point, Cell]]:
    """Yield what each place measures; only a few jobs with their images are in memory at a time."""
    under_way: deque[tuple[int, _Fused]] = deque()
    for place, (point, one) in enumerate(zip(points, trained, strict=True)):
        case = point.open()
        files = tuple(future.result().model_file for future in one.contributors)
        alone = StandaloneJob(one.alone.result().model_file, case.held_out)
        heads = stretched_fusion(case.scenario.fusion, point.mine)
        fused = bench.fuse(case.fusion(files, "II", heads))
        under_way.append((place, _Fused(fused, bench.standalone(alone))))
        if len(under_way) > 2 * bench.workers:
            yield _collected(*under_way.popleft(), points, trained, tell)
    while under_way:
        yield _collected(*under_way.popleft(), points, trained, tell)


def _collected(
    place: int,
    fused: _Fused,
    points: Sequence[_Point],
    trained: Sequence[_Trained],
    tell: Callable[[str], None],
) -> tuple[_Point, Cell]:
    heads = fused.heads.result()
    reached = [future.result().reached for future in trained[place].contributors]
    cell = Cell(
        fused=fmean(one.held_out.accuracy for one in heads if one.held_out is not None),
        alone=fused.alone.result(),
        announced=sum(reached) / len(reached),
    )
    if (place + 1) % 10 == 0 or place + 1 == len(points):
        tell(f"{place + 1} of {len(points)} fusions")
    return points[place], cell
