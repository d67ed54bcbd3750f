"""What a sweep file says: which keys of a scenario take which values, with which seeds."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, Field, PlainValidator, ValidationError, field_validator, model_validator

from ..agents.config.base import NAME, Settings, refusal
from ..scenarios import first_refusal

MAX_VALUES = 100_000
MAX_SEEDS = 1_000_000
MAX_RUNS = 10_000_000


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise refusal("", value, "a number is needed")
    return value


def _seeds(value: Any) -> Any:
    listed = list(value) if isinstance(value, list | tuple) else [value]
    whole = all(isinstance(one, int) and not isinstance(one, bool) and 0 <= one < 2**63 for one in listed)
    if not whole or not listed or value == 0 or len(set(listed)) != len(listed):
        raise refusal("", value, "how many seeds, or a list of different whole numbers from 0 on")
    if (value if isinstance(value, int) else len(listed)) > MAX_SEEDS:
        raise refusal("", value, f"at most {MAX_SEEDS:,} seeds")
    return value if isinstance(value, int) else tuple(listed)


Number = Annotated[int | float, PlainValidator(_number)]
Seeds = Annotated[int | tuple[int, ...], PlainValidator(_seeds)]


class Range(BaseModel):
    """Values from one end to the other, both included.

    Attributes:
        from: First value.
        to: Last value; with ``step``, none lies beyond it.
        step: Distance between neighbours.
        count: How many there are, in place of ``step``.
        log: Whether neighbours have the same ratio, not the same distance; with ``count`` and ends above 0.
        whole: Whether values are rounded to whole numbers, such as numbers of contributors.
    """

    model_config = {"frozen": True, "extra": "forbid", "allow_inf_nan": False}

    first: Number = Field(alias="from")
    to: Number
    step: Number | None = None
    count: int | None = Field(default=None, ge=2, le=MAX_VALUES)
    log: bool = False
    whole: bool = False

    @model_validator(mode="after")
    def _is_possible(self) -> "Range":
        if (self.step is None) == (self.count is None):
            given = "neither" if self.step is None else "both"
            raise refusal("", given, "a range has a step or a count, one of the two")
        if self.log and (self.step is not None or min(self.first, self.to) <= 0):
            raise refusal("log", True, "a log range has a count, and ends above 0")
        if self.step is not None and (self.step == 0 or (self.to - self.first) / self.step < 0):
            raise refusal("step", self.step, "a step that leads from one end to the other")
        if self.step is not None and (self.to - self.first) / self.step > MAX_VALUES:
            raise refusal("step", self.step, f"a step that makes at most {MAX_VALUES:,} values")
        return self

    @property
    def values(self) -> tuple[int | float, ...]:
        """All values in order, each once; decimals come out as people would write them."""
        low, high = Decimal(str(self.first)), Decimal(str(self.to))
        if self.step is not None:
            step = Decimal(str(self.step))
            found = [low + step * place for place in range(int((high - low) / step) + 1)]
        elif self.log:
            assert self.count is not None
            ratio = math.log(self.to / self.first) / (self.count - 1)
            inner = [self.first * math.exp(ratio * place) for place in range(1, self.count - 1)]
            found = [low, *(Decimal(f"{value:.12g}") for value in inner), high]
        else:
            assert self.count is not None
            found = [low + (high - low) * place / (self.count - 1) for place in range(self.count)]
        numbers = [round(value) if self.whole else float(f"{value:.12g}") for value in found]
        if all(isinstance(end, int) for end in (self.first, self.to)):
            numbers = [int(one) for one in numbers] if all(one == int(one) for one in numbers) else numbers
        return tuple(dict.fromkeys(numbers))


class Until(Settings):
    """More and more seeds, point by point, until a mean is known well enough.

    Attributes:
        metric: A number of the results, such as ``final_fused_accuracy_II`` or ``models.rewarded``.
        width: From one end to the other of the mean's 95 % t interval over seeds; a point has enough of them
            as soon as its interval is no wider.
        least: Seeds that every point gets.
        most: Seeds after which a point is given up.
    """

    metric: str = Field(min_length=1)
    width: float = Field(gt=0)
    least: int = Field(default=3, ge=2)
    most: int = Field(default=100, ge=2, le=MAX_SEEDS)

    @model_validator(mode="after")
    def _most_is_no_less(self) -> "Until":
        if self.most < self.least:
            raise refusal("most", self.most, f"at least until.least, {self.least}")
        return self


class Sweep(Settings):
    """A sweep file, fully typed and frozen; every point of it is a scenario.

    Attributes:
        name: Short name; result folders are called so.
        description: What the sweep shows.
        scenario: A shipped scenario's name, or the path of a scenario file, relative to the sweep file.
        set: Keys of the scenario that are the same in all points, such as ``training.max_iterations = 200``.
        grid: Keys of the scenario, each with a list of values or a range; every combination is a point.
        list: Points one by one, each a table of keys with one value; with a grid, each is combined with all
            of its points.
        seeds: How many seeds each point is run with, counted on from the scenario's own, or a list of them.
        until: How many seeds are decided by the results, in place of ``seeds``.
        models: Whether each run's record keeps the models and the verification sample in its store. Runs of
            one sweep share the files, as far as the file system has hard links.
    """

    name: str = Field("unnamed", pattern=NAME)
    description: str = Field("", max_length=5000)
    scenario: str = Field(min_length=1)
    set: dict[str, Any] = Field(default_factory=dict)
    grid: dict[str, tuple[Any, ...]] = Field(default_factory=dict)
    list: tuple[dict[str, Any], ...] = ()
    seeds: Seeds = 1
    until: Until | None = None
    models: bool = True

    @field_validator("set", mode="before")
    @classmethod
    def _set_is_flat(cls, table: Any) -> Any:
        return dict(_flat(table)) if isinstance(table, Mapping) else table

    @field_validator("grid", mode="before")
    @classmethod
    def _grid_is_flat(cls, table: Any) -> Any:
        if not isinstance(table, Mapping):
            return table
        return {key: _values(key, value) for key, value in _flat(table)}

    @field_validator("list", mode="before")
    @classmethod
    def _points_are_flat(cls, points: Any) -> Any:
        if not isinstance(points, list | tuple):
            return points
        return [dict(_flat(point)) if isinstance(point, Mapping) else point for point in points]

    @model_validator(mode="after")
    def _keys_fit_together(self) -> "Sweep":
        places = {
            "set": self.set,
            "grid": self.grid,
            **{f"list[{i}]": one for i, one in enumerate(self.list)},
        }
        for place, table in places.items():
            if "seed" in table:
                raise refusal(f"{place}.seed", table["seed"], "seeds say which seeds are run")
        for key in self.grid:
            for place, table in places.items():
                if place != "grid" and key in table:
                    raise refusal(f"{place}.{key}", table[key], "the grid has this key already")
        for key, values in self.grid.items():
            if (twice := _first_twice(values)) is not None:
                raise refusal(f"grid.{key}", twice, "each value once; more seeds make more runs of a point")
        if (twice := _first_twice(self.list)) is not None:
            raise refusal("list", twice, "each point once; more seeds make more runs of a point")
        if any(set(point) != set(self.list[0]) for point in self.list):
            keys = ", ".join(sorted(self.list[0]))
            odd = next(point for point in self.list if set(point) != set(self.list[0]))
            raise refusal("list", odd, f"every point names the same keys, here {keys}")
        if self.until is not None and self.seeds != 1:
            raise refusal("seeds", self.seeds, "until decides how many seeds there are")
        if self.most_runs > MAX_RUNS:
            raise refusal("grid", f"{self.most_runs:,} runs", f"at most {MAX_RUNS:,} runs in one sweep")
        return self

    @property
    def points(self) -> int:
        """Number of points: the list's, each with every combination of the grid."""
        return max(1, len(self.list)) * math.prod(len(values) for values in self.grid.values())

    @property
    def most_runs(self) -> int:
        """Number of runs; where the results decide how many, the most there may be."""
        seeds = self.until.most if self.until else self.seeds
        return self.points * (seeds if isinstance(seeds, int) else len(seeds))

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that differ between points, in the file's order."""
        return (*(self.list[0] if self.list else ()), *self.grid)


def _flat(table: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield keys as people write them on the command line, whether or not the file quotes the dots."""
    for key, value in table.items():
        name = f"{path}.{key}" if path else key
        if isinstance(value, Mapping) and "from" not in value and value:
            yield from _flat(value, name)
        else:
            yield name, value


def _first_twice(values: Iterable[Any]) -> Any:
    """Return the first value that was there before, numbers by their size; ``None`` if all differ."""
    seen: set[str] = set()
    for value in values:
        text = json.dumps(_sized(value), sort_keys=True, default=str)
        if text in seen:
            return value
        seen.add(text)
    return None


def _sized(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sized(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_sized(one) for one in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _values(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        try:
            return Range.model_validate(value).values
        except ValidationError as error:
            first = first_refusal(error, Range, "a range")
            raise refusal(".".join(filter(None, (key, first.field))), first.value, first.allowed) from None
    if isinstance(value, list | tuple) and value:
        return value
    raise refusal(key, value, "a list of values, or a range such as { from = 0.8, to = 0.99, count = 10 }")
