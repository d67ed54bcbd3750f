"""How long training takes beside what one would otherwise use, and what the workers make of two cores.

    python benchmarks/training.py                        everything but Flower, as one JSON object
    python benchmarks/training.py --table                the same for people
    python benchmarks/training.py --flower PYTHON        Flower's simulation too; see flower_competitor.py
    python benchmarks/training.py --keras PYTHON         another interpreter with other backends of Keras
    python benchmarks/training.py --only step,memory     some of: step, jobs, scaling, memory
    python benchmarks/training.py --where                where the time of a run of paper_2 goes; see where.py

*Steps* are of batch 50 and on one thread, ours in this process and each backend of Keras in one of its
own; rounds alternate, and what is printed are medians over rounds, so on a busy machine ratios mean
something where times do not. A backend that is not installed is named and left out. *Jobs* are five
contributors of Table II's sizes, each 40 epochs of 10 steps, from starting a process to having all
models, compilation included and with empty caches; Keras trains them one after the other and may use all
cores. *Scaling* compares ten and five equal jobs on two workers with the same on one, once every worker
has compiled. *Memory* is the sum of the most that each process ever held while two workers trained and
then fused. Needs Linux.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.update({"NPROC": "1", "OMP_NUM_THREADS": "1", "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"})

import numpy as np
from keras_fit import BATCH, Contributors
from processes import cpu_seconds, peak_megabytes

from verifuse.learning import (
    TABLE_I,
    FusionJob,
    Partition,
    Samples,
    ShareRequest,
    TrainingConfig,
    TrainingJob,
    Workbench,
    load_data_set,
    network_spec,
    partition,
)

HERE = Path(__file__).parent
PARTS = ("step", "jobs", "scaling", "memory")
NETWORKS = ("cnn_1", "cnn_3")
BACKENDS = ("jax", "torch", "tensorflow")
LABELS = ((0, 1, 2, 3, 4), (5, 6, 7, 8, 9), (0, 2, 4, 6, 8), (1, 3, 5, 7, 9), (0, 1, 2, 7, 8, 9))
ROUNDS, STEPS = 7, 10
JOB_EPOCHS = 40
ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
ALL_CORES = {name: value for name, value in os.environ.items() if name not in ("NPROC", "OMP_NUM_THREADS")}
FLOORS = {
    "step.cnn_1.keras_jax_over_ours": 2.3,
    "jobs.flower_as_it_comes_over_ours": 3.0,
    "scaling.ten_jobs": 1.8,
    "scaling.five_jobs": 1.55,
}
MOST_MEGABYTES = 2.5 * 1024

Answer = dict[str, Any]


def dealt() -> Partition:
    """Return five contributors' shares and the verifiers', as many images as Table II gives them."""
    rows = [ShareRequest(f"contributor-{i}", labels, 500, 200, 500) for i, labels in enumerate(LABELS)]
    rows.append(ShareRequest("verifiers", tuple(range(10)), 2000, 500, 1000, pool="test"))
    return partition(load_data_set("mnist"), rows, seed=1)


def jobs(epochs: int) -> list[TrainingJob]:
    """Return a job for every contributor."""
    config, shares = TrainingConfig(epochs=epochs), dealt().shares
    return [
        TrainingJob(network_spec("cnn_1", (28, 28), labels), shares[f"contributor-{i}"], config)
        for i, labels in enumerate(LABELS)
    ]


def write_data(file: Path, epochs: int) -> None:
    """Write the contributors' data for the competitors; see ``keras_fit.py``."""
    arrays: dict[str, np.ndarray] = {}
    shares = dealt().shares
    for place, labels in enumerate(LABELS):
        share = shares[f"contributor-{place}"]
        parts: dict[str, Samples] = {"train": share.train, "own": share.verification}
        for part, samples in parts.items():
            arrays[f"{part}_images_{place}"] = samples.images
            arrays[f"{part}_outputs_{place}"] = np.searchsorted(labels, samples.labels).astype(np.int32)
    settings = {
        "contributors": len(LABELS),
        "networks": {
            name: [(layer.filters, layer.kernel, layer.pool) for layer in TABLE_I[name].convolutions]
            for name in NETWORKS
        },
        "job": "cnn_1",
        "steps": epochs * 10,
    }
    np.savez(file, settings=np.frombuffer(json.dumps(settings).encode(), np.uint8), **arrays)


class OurSteps:
    """Steps of our loop in this process."""

    def __init__(self, data: Path):
        images, self._outputs = Contributors(data).samples(0, "train")
        self._images = images[..., 0].astype(np.uint8)
        self._trained: dict[str, Any] = {}

    def __call__(self, network: str) -> float:
        """Return the milliseconds of a step."""
        import jax
        import jax.numpy as jnp

        from verifuse.learning.adam import adam_start
        from verifuse.learning.initial import initial_weights
        from verifuse.learning.training import training_step

        spec = network_spec(network, (28, 28), LABELS[0])
        if network not in self._trained:
            weights = {name: jnp.asarray(array) for name, array in initial_weights(spec, 1).items()}
            self._trained[network] = weights, adam_start(weights)
        weights, state = self._trained[network]
        start = time.perf_counter()
        for first in range(0, BATCH * STEPS, BATCH):
            batch = slice(first, first + BATCH)
            weights, state = training_step(
                weights, state, self._images[batch], self._outputs[batch], spec.body, 1e-4
            )
        jax.block_until_ready(weights)
        seconds = time.perf_counter() - start
        self._trained[network] = weights, state
        return seconds / STEPS * 1e3


class KerasSteps:
    """Steps of Keras' ``fit`` in a process of its own."""

    def __init__(self, python: str, backend: str, data: Path):
        self._process = subprocess.Popen(
            [python, str(HERE / "keras_fit.py"), "steps", str(data)],
            env={**os.environ, **ONE_THREAD, "KERAS_BACKEND": backend},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.installed = self._read() == "ready"

    def __call__(self, network: str) -> float:
        """Return the milliseconds of a step."""
        assert self._process.stdin is not None
        print(network, STEPS, file=self._process.stdin, flush=True)
        return float(self._read())

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def step_times(data: Path, python: str, rounds: int) -> Answer:
    """Return milliseconds a step of ours and of each backend of Keras, and their ratios."""
    ours, found, absent = OurSteps(data), {}, set()
    for network in NETWORKS:
        rivals = {backend: KerasSteps(python, backend, data) for backend in BACKENDS}
        absent |= {backend for backend, steps in rivals.items() if not steps.installed}
        paths: dict[str, Callable[[str], float]] = {"ours": ours}
        paths |= {f"keras_{backend}": steps for backend, steps in rivals.items() if steps.installed}
        for steps in paths.values():
            steps(network)  # compiles
        tries = [{name: steps(network) for name, steps in paths.items()} for _ in range(rounds)]
        for steps in rivals.values():
            steps.close()
        row = {f"{name}_ms": statistics.median(one[name] for one in tries) for name in paths}
        row |= {
            f"{name}_over_ours": statistics.median(one[name] / one["ours"] for one in tries)
            for name in paths
            if name != "ours"
        }
        found[network] = row
    return {**found, "not_installed": sorted(absent)}


def apart(command: Sequence[str | Path], env: dict[str, str]) -> tuple[float, str]:
    """Run a process; return its wall seconds and what it printed."""
    start = time.perf_counter()
    done = subprocess.run(list(map(str, command)), env=env, capture_output=True)
    if done.returncode:
        raise SystemExit(done.stderr.decode(errors="replace")[-2000:])
    return time.perf_counter() - start, done.stdout.decode()


def job_times(data: Path, epochs: int, keras: str, flower: str | None, rounds: int) -> Answer:
    """Return wall seconds of five contributors' whole training, ours on two workers, and the ratios."""
    answers = data.with_name("flower.json")
    paths: dict[str, tuple[Sequence[str | Path], dict[str, str]]] = {
        "ours": ([sys.executable, __file__, "--our-jobs", "--epochs", str(epochs)], ALL_CORES),
        "keras": ([keras, HERE / "keras_fit.py", "jobs", data], ALL_CORES),
    }
    if flower:
        command = [flower, HERE / "flower_competitor.py", data, answers]
        paths["flower_as_it_comes"] = command, ALL_CORES
        paths["flower_pinned"] = command, {**os.environ}
    tries, accuracies = [], {}
    for _ in range(rounds):
        one = {}
        for name, (command, env) in paths.items():
            one[name], printed = apart(command, env)
            accuracies[name] = json.loads(answers.read_text() if name.startswith("flower") else printed)
        tries.append(one)
    row = {f"{name}_s": statistics.median(one[name] for one in tries) for name in paths}
    row |= {
        f"{name}_over_ours": statistics.median(one[name] / one["ours"] for one in tries)
        for name in paths
        if name != "ours"
    }
    return {**row, "mean_accuracy": {name: statistics.mean(found) for name, found in accuracies.items()}}


def our_jobs(epochs: int) -> None:
    """Train the five in a process that has nothing yet, and print their accuracies."""
    with tempfile.TemporaryDirectory() as folder, Workbench(workers=2, cache=Path(folder)) as bench:
        futures = [bench.train(job) for job in jobs(epochs)]
        print(json.dumps([future.result().local_accuracy for future in futures]))


def scaling(epochs: int, rounds: int) -> Answer:
    """Return how many times as fast two workers are as one with ten and with five equal jobs.

    ``cpu_side_by_side`` is how many CPU seconds ten jobs take on two workers, divided by those on one: above
    1, the workers are in each other's way. Unlike the ratios it depends little on what else a machine does.
    """
    job = jobs(epochs)[0]
    warm = [replace(job, config=TrainingConfig(epochs=1), seed=seed) for seed in range(8)]
    tries: list[dict[str, float]] = []
    with ExitStack() as at_the_end:
        benches = {}
        for workers in (1, 2):
            folder = Path(at_the_end.enter_context(tempfile.TemporaryDirectory()))
            benches[workers] = at_the_end.enter_context(Workbench(workers, folder))
            finish(benches[workers], warm)
        for turn in range(rounds):
            wall, cpu = {}, {}
            for workers, count in ((1, 10), (2, 10), (1, 5), (2, 5)):
                equal = [replace(job, seed=100 * turn + 10 * count + i) for i in range(count)]
                start, before = time.perf_counter(), cpu_seconds()
                finish(benches[workers], equal)
                wall[workers, count] = time.perf_counter() - start
                cpu[workers, count] = cpu_seconds() - before
            one = {"ten_jobs": wall[1, 10] / wall[2, 10], "five_jobs": wall[1, 5] / wall[2, 5]}
            one["cpu_side_by_side"] = cpu[2, 10] / cpu[1, 10]
            tries.append(
                one | {f"{count}_jobs_{workers}_workers_s": s for (workers, count), s in wall.items()}
            )
    return {name: statistics.median(one[name] for one in tries) for name in tries[0]}


def finish(bench: Workbench, asked: Sequence[TrainingJob]) -> list[bytes]:
    """Wait for all trainings; return the models."""
    futures = [bench.train(job) for job in asked]
    return [future.result().model_file for future in futures]


def memory() -> Answer:
    """Return megabytes of this process and two workers that trained and fused."""
    verifiers = dealt().shares["verifiers"]
    with tempfile.TemporaryDirectory() as folder, Workbench(2, Path(folder)) as bench:
        models = finish(bench, jobs(2))
        fusions = [bench.fuse(FusionJob(tuple(models[:count]), verifiers, 10)) for count in range(1, 6)]
        for future in fusions:
            future.result()
        return {"megabytes": peak_megabytes(), "at_most": MOST_MEGABYTES}


def flat(found: Answer, before: str = "") -> dict[str, Any]:
    """Return nested answers by their dotted names."""
    rows: dict[str, Any] = {}
    for name, value in found.items():
        rows |= flat(value, f"{before}{name}.") if isinstance(value, dict) else {f"{before}{name}": value}
    return rows


def table(found: Answer) -> str:
    """Return a line for every figure, with its floor where it has one."""
    lines = []
    for name, value in flat(found).items():
        shown = f"{value:.2f}" if isinstance(value, float) else str(value)
        floor = f"  at least {FLOORS[name]}" if name in FLOORS else ""
        lines.append(f"{name:44}{shown:>10}{floor}")
    return "\n".join(lines)


def main() -> None:
    """Measure what is asked for and print it."""
    parser = argparse.ArgumentParser(description="How long training takes, beside Keras and Flower.")
    parser.add_argument("--only", default=",".join(PARTS), help="some of step, jobs, scaling, memory")
    parser.add_argument("--keras", default=sys.executable, help="interpreter with Keras and its backends")
    parser.add_argument("--flower", default=os.environ.get("VERIFUSE_FLOWER"), help="interpreter with flwr")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of whole jobs and of scaling")
    parser.add_argument("--step-rounds", type=int, default=ROUNDS, help="rounds of steps")
    parser.add_argument("--epochs", type=int, default=JOB_EPOCHS, help="epochs of each job")
    parser.add_argument("--table", action="store_true", help="print for people, not JSON")
    parser.add_argument("--where", action="store_true", help="where the time of a run goes")
    parser.add_argument("--our-jobs", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.our_jobs:
        our_jobs(options.epochs)
        return
    if options.where:
        from where import where_time_goes

        found = where_time_goes("paper_2")
    else:
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "contributors.npz"
            write_data(data, options.epochs)
            measures: dict[str, Callable[[], Answer]] = {
                "step": lambda: step_times(data, options.keras, options.step_rounds),
                "jobs": lambda: job_times(
                    data, options.epochs, options.keras, options.flower, options.rounds
                ),
                "scaling": lambda: scaling(options.epochs, options.rounds),
                "memory": memory,
            }
            found = {part: measures[part]() for part in options.only.split(",")}
    print(table(found) if options.table else json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
