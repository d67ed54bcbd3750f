"""What it costs to know the worth of every coalition of models, beside fitting heads one by one.

    python benchmarks/coalitions.py                          five models, everything measured
    python benchmarks/coalitions.py --players 10 --share .1  ten, and a tenth of what is compared with
    python benchmarks/coalitions.py --data digits --network tiny --players 4   a look in seconds

Models have Table II's sizes, five or six labels each, and are trained for a few epochs; their features are
computed beforehand. *Batched* is ``verifuse.analysis.worth``: all coalitions of one size in few programs.
*Naive* asks the same workbench, through the door that verifiers use, for one fusion a coalition. *shapiq*
computes exact Shapley values from a function that does so coalition after coalition, on one worker, as it
is called. Each has an empty cache, so that compiling counts. CPU seconds are of this process and its
workers; of a share, fits are scaled up size by size, while compiling counts as it was. Worths must agree
within a few images. Needs Linux.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import combinations
from math import comb
from pathlib import Path
from typing import Any

os.environ.update({"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"})

import numpy as np
import shapiq
from processes import cpu_seconds

from verifuse.analysis.worth import FusedModels, Game, fused_game, shapley
from verifuse.learning import (
    FusionConfig,
    FusionJob,
    ShareRequest,
    TrainingConfig,
    TrainingJob,
    Workbench,
    load_data_set,
    network_spec,
    partition,
)

LABELS = ((0, 1, 2, 3, 4), (0, 1, 2, 8, 9), (0, 6, 7, 8, 9), (0, 1, 5, 7, 8, 9), (5, 6, 7, 8, 9))
SIZES = {"mnist": ((500, 200, 500), (2000, 500, 1000)), "digits": ((60, 20, 20), (250, 50, 150))}

Answer = dict[str, Any]


def trained(data: str, network: str, players: int, epochs: int, bench: Workbench) -> FusedModels:
    """Return models of Table II's sizes, trained for some epochs each."""
    data_set, (own, sample) = load_data_set(data), SIZES[data]
    labels = [LABELS[place % len(LABELS)] for place in range(players)]
    rows = [ShareRequest(f"contributor-{place}", known, *own) for place, known in enumerate(labels)]
    dealt = partition(data_set, [*rows, ShareRequest("verifiers", tuple(range(10)), *sample, pool="test")], 1)
    shape = data_set.x_train.shape[1:]
    jobs = [
        TrainingJob(
            network_spec(network, shape, known), dealt.shares[row.who], TrainingConfig(epochs=epochs), seed=i
        )
        for i, (row, known) in enumerate(zip(rows, labels, strict=True))
    ]
    files = [future.result().model_file for future in bench.train_all(jobs)]
    names = tuple(row.who for row in rows)
    return FusedModels(names, tuple(files), dealt.shares["verifiers"], dealt.held_out, 10)


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Return what some work comes to, and its wall and CPU seconds."""
    wall, cpu = time.perf_counter(), cpu_seconds()
    answer = work()
    return answer, time.perf_counter() - wall, cpu_seconds() - cpu


class Naive:
    """One fusion a coalition."""

    def __init__(self, models: FusedModels, bench: Workbench):
        self._models, self._bench = models, bench

    def ask(self, coalitions: Sequence[tuple[int, ...]], config: FusionConfig | None = None) -> list[float]:
        """Return the worths of coalitions; all workers may be at it."""
        futures = [self._bench.fuse(self._job(one, config or self._models.config)) for one in coalitions]
        return [float(np.mean([head.held_out.accuracy for head in future.result()])) for future in futures]

    def one_by_one(self, matrix: np.ndarray) -> np.ndarray:
        """Return the worths of coalitions given as rows of booleans, one after the other."""
        rows = np.atleast_2d(matrix)
        return np.asarray(
            [
                self.ask([tuple(np.flatnonzero(row))])[0] if row.any() else self._models.worth_of_nobody
                for row in rows
            ]
        )

    def _job(self, coalition: tuple[int, ...], config: FusionConfig) -> FusionJob:
        models = self._models
        return FusionJob(
            model_files=tuple(file for place in coalition if (file := models.files[place]) is not None),
            data=models.data,
            classes=models.classes,
            strategy=models.strategy,
            config=config,
            seeds=models.seeds,
            held_out=models.samples,
        )


def know_features(models: FusedModels, bench: Workbench) -> None:
    """Have every model's features computed, and nothing that is measured."""
    single = models.config.model_copy(
        update={"epochs": 1, "stage_one_epochs": 0, "batch": len(models.data.train)}
    )
    Naive(models, bench).ask([(place,) for place in range(len(models.names))], single)


def naive_costs(models: FusedModels, bench: Workbench, share: float, game: Game) -> Answer:
    """Return what it costs to ask for one coalition after the other, and how far worths are off."""
    naive, players = Naive(models, bench), len(models.names)
    by_size = [list(combinations(range(players), size)) for size in range(1, players + 1)]
    some = [every[:: max(1, round(1 / share))] for every in by_size]
    compiling = 0.0
    if share < 1:
        brief = models.config.model_copy(update={"epochs": 1, "stage_one_epochs": 0})
        compiling = timed(lambda: naive.ask([one for size in some for one in size], brief))[2]
    cpu, walls, off = compiling, 0.0, 0.0
    for coalitions in some:
        worths, wall, seconds = timed(lambda asked=coalitions: naive.ask(asked))
        cpu += seconds * comb(players, len(coalitions[0])) / len(coalitions)
        walls += wall
        listed = [game.values[sum(1 << place for place in one)] for one in coalitions]
        off = max(off, float(np.abs(np.subtract(worths, listed)).max()))
    measured = {"coalitions": sum(map(len, some)), "cpu_s": cpu, "largest_difference": off}
    return {**measured, "wall_s": walls} if share >= 1 else {**measured, "compiling_cpu_s": compiling}


def shapiq_costs(models: FusedModels, bench: Workbench, game: Game) -> Answer:
    """Return what it costs to have shapiq call the naive function, and how far its values are off."""
    naive = Naive(models, bench)

    def work() -> np.ndarray:
        computer = shapiq.ExactComputer(n_players=len(models.names), game=naive.one_by_one)
        return computer("SV", 1).get_n_order_values(1)

    found, wall, cpu = timed(work)
    return {"wall_s": wall, "cpu_s": cpu, "largest_difference": float(np.abs(found - shapley(game)).max())}


def measure(options: argparse.Namespace) -> Answer:
    """Measure one number of players."""
    with ExitStack() as at_the_end:

        def bench() -> Workbench:
            folder = Path(at_the_end.enter_context(tempfile.TemporaryDirectory()))
            return at_the_end.enter_context(Workbench(options.workers, folder))

        models = trained(options.data, options.network, options.players, options.epochs, bench())
        if options.heads > 1:
            models = replace(models, seeds=tuple(range(options.heads)))
        ours = bench()
        know_features(models, ours)
        game, wall, cpu = timed(lambda: fused_game(models, ours))
        ours.close()
        found: Answer = {
            "players": options.players,
            "coalitions": len(game.values) - 1,
            "workers": options.workers,
        }
        found["batched"] = {"wall_s": wall, "cpu_s": cpu, "worth_of_all": float(game.values[-1])}
        rivals = {"naive": lambda other: naive_costs(models, other, options.share, game)}
        if options.share >= 1:
            rivals["shapiq"] = lambda other: shapiq_costs(models, other, game)
        for name, cost in rivals.items():
            other = bench()
            know_features(models, other)
            found[name] = cost(other)
            other.close()
            found[name]["cpu_over_batched"] = found[name]["cpu_s"] / cpu
            if "wall_s" in found[name]:
                found[name]["wall_over_batched"] = found[name]["wall_s"] / wall
        return found


def table(found: Answer) -> str:
    """Return a line for each way."""
    head = f"{found['players']} models, {found['coalitions']} coalitions, {found['workers']} workers"
    lines = [f"{head:<46}{'wall s':>9}{'CPU s':>10}{'wall':>8}{'CPU':>8}   off by"]
    for name in ("batched", "naive", "shapiq"):
        row = found.get(name)
        if row is None:
            continue
        wall = f"{row['wall_s']:.1f}" if "wall_s" in row else "–"
        ratios = [
            f"{row[key]:.1f} x" if key in row else "" for key in ("wall_over_batched", "cpu_over_batched")
        ]
        off = f"   {row['largest_difference']:.1e}" if "largest_difference" in row else ""
        what = f"{name}, {row['coalitions']} of them measured" if name == "naive" else name
        lines.append(f"{what:<46}{wall:>9}{row['cpu_s']:>10.1f}{ratios[0]:>8}{ratios[1]:>8}{off}")
    return "\n".join(lines)


def main() -> None:
    """Measure what is asked for and print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--players", type=int, default=5, help="number of models")
    parser.add_argument("--data", choices=list(SIZES), default="mnist")
    parser.add_argument("--network", default="cnn_1")
    parser.add_argument("--epochs", type=int, default=5, help="epochs of each model's training")
    parser.add_argument("--heads", type=int, default=1, help="heads of each coalition")
    parser.add_argument("--share", type=float, default=1.0, help="share of the coalitions fitted one by one")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.players < 1 or not 0 < options.share <= 1:
        parser.error("at least one player, and a share above 0 and up to 1")
    found = measure(options)
    print(json.dumps(found, indent=2) if options.json else table(found))


if __name__ == "__main__":
    main()
