"""From a sweep to its runs: every point with every seed, each a whole scenario under a name of its own."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

from ..contracts import rule_sources
from ..errors import InputError
from ..learning import read_description
from ..scenarios import Scenario, load, toml_text
from ..scenarios.later_keys import settings_that_count
from .schema import Sweep

NAME_LENGTH = 20


@dataclass(frozen=True)
class Run:
    """One run of a sweep.

    Attributes:
        point: Place of its point in the sweep, from 0.
        values: The point's keys and values.
        seed: Of every draw.
        name: What its folder is called: the hash of its resolved scenario.
        scenario: What is run; ``None`` where the point is refused.
        refusal: Why it is.
    """

    point: int
    values: Mapping[str, Any]
    seed: int
    name: str
    scenario: Scenario | None
    refusal: InputError | None = None


class Plan:
    """The points of a sweep and their runs, made one at a time when they are asked for.

    Args:
        sweep: What to run.

    Raises:
        InputError: No point makes a scenario; it says why the first does not.
    """

    def __init__(self, sweep: Sweep):
        self.sweep = sweep
        self._changes = tuple(_text(key, value) for key, value in sweep.set.items())
        first: InputError | None = None
        for values in self.points():
            try:
                self.first_seed = self._load(values).seed
                return
            except InputError as error:
                first = first or error
        raise first or InputError("sweep", sweep.name, "at least one point")

    def points(self) -> Iterator[dict[str, Any]]:
        """Yield each point's keys and values: the list's points, each with all of the grid."""
        sweep = self.sweep
        for listed in sweep.list or ({},):
            for combination in product(*sweep.grid.values()):
                yield {**listed, **dict(zip(sweep.grid, combination, strict=True))}

    @property
    def size(self) -> int:
        """Number of points."""
        return self.sweep.points

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of each point; where the results decide, as many as there may be."""
        seeds, until = self.sweep.seeds, self.sweep.until
        if isinstance(seeds, tuple):
            return seeds
        count = until.most if until else seeds
        return tuple(range(self.first_seed, self.first_seed + count))

    def run(self, point: int, values: Mapping[str, Any], seed: int) -> Run:
        """Return a point's run with a seed."""
        try:
            scenario = self._load(values, seed).resolved()
        except InputError as error:
            told = {"scenario": self.sweep.scenario, "changes": self._changes, "values": values, "seed": seed}
            return Run(point, values, seed, f"refused-{_digest(told)}", None, error)
        return Run(point, values, seed, run_name(scenario), scenario)

    def runs(self, part: tuple[int, int] = (1, 1)) -> Iterator[Run]:
        """Yield the runs of part ``i`` of ``n``, point by point.

        Parts are cut seed by seed: mostly a part has whole seeds, so that what is trained for a seed is
        trained in one part. Where the results decide how many seeds there are, parts have whole points
        instead, and only the first seeds are given here.
        """
        seeds = self.seeds[: self.sweep.until.least] if self.sweep.until else self.seeds
        size = self.size
        low, high = share(size if self.sweep.until else size * len(seeds), part)
        for point, values in enumerate(self.points()):
            for place, seed in enumerate(seeds):
                if low <= (point if self.sweep.until else place * size + point) < high:
                    yield self.run(point, values, seed)

    def _load(self, values: Mapping[str, Any], seed: int | None = None) -> Scenario:
        texts = [_text(key, value) for key, value in values.items()]
        return load(self.sweep.scenario, [*self._changes, *texts], seed=seed)


def share(total: int, part: tuple[int, int]) -> tuple[int, int]:
    """Return the first place of part ``i`` of ``n`` of so many things, and the first behind it."""
    number, parts = part
    return total * (number - 1) // parts, total * number // parts


def run_name(scenario: Scenario) -> str:
    """Return the hash of a resolved scenario; files of one's own count by what they say, not by place."""
    table = settings_that_count(scenario)  # so that a key which came later leaves older results theirs
    own = {path: _content(path, "network") for path in scenario.own_networks}
    rules = (task.rule for task in (scenario.task, *scenario.task_list) if task.has_own_rule)
    own |= {path: _content(path, "rule") for path in rules}
    return _digest(_replaced(table, own) if own else table)


def _replaced(value: Any, own: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(item, own) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, own) for item in value]
    return own.get(value, value) if isinstance(value, str) else value


@lru_cache(maxsize=1000)
def _content(path: str, kind: str) -> str:
    text = read_description(Path(path)) if kind == "network" else rule_sources(Path(path))
    return f"{Path(path).name} {_digest(text)}"


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:NAME_LENGTH]


def _text(key: str, value: Any) -> str:
    return f"{key}={toml_text(value)}"
