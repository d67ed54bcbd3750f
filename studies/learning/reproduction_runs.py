"""What the reproduction runs: the markets of both scenarios, and their learning seen from outside."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...learning import (
    FusionConfig,
    FusionResult,
    Measured,
    RecipeName,
    StandaloneJob,
    Strategy,
    TrainingResult,
    Workbench,
)
from ...scenarios import RunRecord, Scenario, load, read_record, run_scenario
from .case import Case

Tell = Callable[[str], None]
Key = tuple[str, RecipeName]
"""A scenario's name and a recipe's."""

OTHER_BATCH, OTHER_EPOCHS, OTHER_STAGE_ONE = 2000, 300, 120
"""The second fusion optimiser: Adam in batches as large as the whole sample, and more epochs for it."""


@dataclass(frozen=True)
class Run:
    """One scenario with one recipe and one seed.

    Attributes:
        record: What its market left.
        fused: By strategy: the panel's results with one, two, … models.
        other: By strategy: the same with all models and the second optimiser.
        alone: A verifier's own network on the verification sample and on the held-out images.
    """

    record: RunRecord
    fused: dict[Strategy, list[list[FusionResult]]]
    other: dict[Strategy, list[FusionResult]]
    alone: tuple[float, float]

    @property
    def models(self) -> int:
        """How many models were fused in the end."""
        return len(self.fused["I"])

    def accuracy(self, strategy: Strategy, *, held_out: bool, count: int = 0) -> float:
        """Return the panel's mean accuracy with the first ``count`` models, or with all."""
        return mean_accuracy(self.fused[strategy][count - 1], held_out=held_out)


Runs = dict[Key, list[Run]]


def run_all(
    keys: Sequence[Key],
    seeds: Sequence[int],
    overrides: Sequence[str],
    folder: Path,
    bench: Workbench,
    tell: Tell,
) -> Runs:
    """Run every scenario with every seed.

    All trainings are asked for at once, so that every worker has work until the last of them.

    Args:
        keys: Scenarios and recipes.
        seeds: One run each.
        overrides: Changes to every scenario.
        folder: Of the run records; a run that is there already is not run again.
        bench: Where models are trained and fused.
        tell: Gets a line now and then.
    """
    scenarios = {
        (key, seed): load(key[0], [f"recipe={key[1]}", *overrides], seed=seed)
        for key, seed in product(keys, seeds)
    }
    cases = {place: Case(scenario) for place, scenario in scenarios.items()}
    trainings = {place: [bench.train(job) for job in case.trainings] for place, case in cases.items()}
    alone = {place: bench.train(case.verifier_alone) for place, case in cases.items()}
    waiting = [future for futures in trainings.values() for future in futures] + list(alone.values())
    _wait(waiting, "trainings", tell)
    # In what order models are announced only the market tells; mostly it is the contributors' own.
    likely = [
        future
        for place, case in cases.items()
        for future in _fusions(case, _reached(trainings[place]), bench).values()
    ]
    _wait(likely, "panels' fusions", tell)
    runs: Runs = {key: [] for key in keys}
    for (key, seed), scenario in scenarios.items():
        tell(f"running the market of {key[0]}, {key[1]}, seed {seed}")
        record = _record(scenario, folder / f"{key[0]}-{key[1]}-seed{seed}", bench)
        runs[key].append(_run(record, cases[key, seed], alone[key, seed].result(), bench))
    return runs


def _wait(futures: Sequence["Future[Any]"], what: str, tell: Tell) -> None:
    for count, future in enumerate(futures, start=1):
        future.result()
        if count % 5 == 0 or count == len(futures):
            tell(f"{count} of {len(futures)} {what}")


def _reached(trainings: Sequence["Future[TrainingResult]"]) -> tuple[bytes, ...]:
    return tuple(one.model_file for one in (future.result() for future in trainings) if one.reached)


def _announced(record: RunRecord) -> tuple[bytes, ...]:
    """Return the files of the models that a panel has fused, in order of announcement."""
    models = record.table("models").sort_values("model_id")
    return tuple(record.store.get(cid) for cid in models[models["fused_accuracy_II"].notna()]["cid"])


def _fusions(
    case: Case, files: tuple[bytes, ...], bench: Workbench
) -> dict[tuple[Strategy, int], "Future[list[FusionResult]]"]:
    """Submit the fusions with 1, 2, … models, and with all by the second optimiser under the number 0."""
    strategies: tuple[Strategy, ...] = ("II", "I")
    found: dict[tuple[Strategy, int], Future[list[FusionResult]]] = {
        (strategy, count): bench.fuse(case.fusion(files[:count], strategy))
        for count in range(1, len(files) + 1)
        for strategy in strategies
    }
    other = _other_optimiser(case.scenario.fusion)
    for strategy in strategies:
        found[strategy, 0] = bench.fuse(case.fusion(files, strategy, other))
    return found


def _other_optimiser(config: FusionConfig) -> FusionConfig:
    epochs = max(2, OTHER_EPOCHS // (1 + config.copies))
    stage_one = OTHER_STAGE_ONE * epochs // OTHER_EPOCHS
    return config.model_copy(update={"batch": OTHER_BATCH, "epochs": epochs, "stage_one_epochs": stage_one})


def _record(scenario: Scenario, folder: Path, bench: Workbench) -> RunRecord:
    if (folder / "manifest.json").is_file():
        record = read_record(folder)
        if record.scenario == scenario.resolved():
            return record
    return run_scenario(scenario, folder, workers=bench.workers, cache=bench.cache_folder)


def _run(
    record: RunRecord,
    case: Case,
    alone: TrainingResult,
    bench: Workbench,
) -> Run:
    files = _announced(record)
    if not files:
        raise InputError("overrides", record.scenario.name, "settings with which some model is announced")
    fusions, count = _fusions(case, files, bench), len(files)
    parts = (case.sample.verification, case.held_out)
    measured = [bench.standalone(StandaloneJob(alone.model_file, part)) for part in parts]
    strategies: tuple[Strategy, ...] = ("I", "II")
    return Run(
        record=record,
        fused={name: [fusions[name, n].result() for n in range(1, count + 1)] for name in strategies},
        other={name: fusions[name, 0].result() for name in strategies},
        alone=(measured[0].result(), measured[1].result()),
    )


def mean_accuracy(results: Sequence[FusionResult], *, held_out: bool) -> float:
    """Return a panel's mean accuracy on the verifiers' images, or on those that nobody has."""
    parts = [measured_on(one, held_out=held_out) for one in results]
    return sum(part.accuracy for part in parts) / len(parts)


def measured_on(result: FusionResult, *, held_out: bool) -> Measured:
    """Return what one verifier's fused model tells of the one set of images or the other."""
    if not held_out:
        return result.verification
    assert result.held_out is not None, "a case always has held-out images"
    return result.held_out
