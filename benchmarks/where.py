"""Where the time of a run goes, cold and warm: ``python benchmarks/training.py --where``.

The scenario is run three times into fresh folders with one cache that is empty at first: the second run
finds all answers there, the third, with another seed, compiled programs only. Workers say what they did in
each task: loading libraries, compiling, features, and the rest, which is the task's own work. The market's
process says how long it waited for workers and how long the chain took. All are wall seconds; workers work
side by side, so theirs may add up to more than the run's.
"""

import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any
from unittest.mock import patch

from verifuse.chain.tester import TesterChain
from verifuse.learning import workbench
from verifuse.scenarios import load, run_scenario

WORKER_LOG = "worker-times.jsonl"


def timed_work(task: str, job: Any, folder: Path) -> Any:
    """Do a worker's task as the workbench would, and write down where its time went."""
    began = time.perf_counter()
    import jax

    from verifuse.learning import evaluation, work
    from verifuse.learning.cache import Cache

    spent = Counter({"libraries": time.perf_counter() - began})

    def compiled(event: str, seconds: float, **_: Any) -> None:
        if event == "/jax/core/compile/backend_compile_duration":
            spent["compilation"] += seconds

    jax.monitoring.register_event_duration_secs_listener(compiled)

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def run(*arguments: Any) -> Any:
            start, compiling = time.perf_counter(), spent["compilation"]
            result = function(*arguments)
            spent[name] += time.perf_counter() - start - (spent["compilation"] - compiling)
            return result

        return run

    with patch.object(evaluation, "feature_vectors", counted("features", evaluation.feature_vectors)):
        answer = getattr(work, task)(job, Cache(folder))
    jax.monitoring.clear_event_listeners()
    rest = time.perf_counter() - began - sum(spent.values())
    spent[{"train": "training", "fuse": "heads and measuring"}.get(task, "other questions")] += rest
    with (folder / WORKER_LOG).open("a") as log:
        log.write(json.dumps({"workers": spent, "tasks": {task: 1}, "began": time.time() - rest}) + "\n")
    return answer


@contextmanager
def clocked(spent: Counter[str], name: str, owner: type, *methods: str) -> Any:
    """Count the seconds of some methods under one name."""
    patches = []
    for method in methods:
        original = getattr(owner, method)

        def run(*arguments: Any, original: Callable[..., Any] = original, **named: Any) -> Any:
            start = time.perf_counter()
            try:
                return original(*arguments, **named)
            finally:
                spent[name] += time.perf_counter() - start

        patches.append(patch.object(owner, method, run))
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()


def one_run(name: str, cache: Path, changes: tuple[str, ...]) -> dict[str, Any]:
    """Run a scenario and return where its time went."""
    market: Counter[str] = Counter()
    log = cache / WORKER_LOG
    log.unlink(missing_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(workbench, "_work", timed_work),
        clocked(market, "waiting for workers", Future, "result"),
        clocked(market, "chain", TesterChain, "submit", "mine"),
    ):
        start = time.perf_counter()
        run_scenario(load(name, changes), Path(folder) / "run", cache=cache)
        whole = time.perf_counter() - start
    market["everything else"] = whole - sum(market.values())
    workers, tasks = Counter(), Counter()
    for line in log.read_text().splitlines() if log.exists() else ():
        entry = json.loads(line)
        workers.update(entry["workers"])
        tasks.update(entry["tasks"])
    return {"wall": whole, "market": dict(market), "workers": dict(workers), "tasks": dict(tasks)}


def where_time_goes(name: str) -> dict[str, Any]:
    """Return where the time of a scenario's first run goes, of the same again, and of another seed's."""
    with tempfile.TemporaryDirectory() as folder:
        runs = {"cold": (), "warm": (), "another seed": ("seed=4711",)}
        return {title: one_run(name, Path(folder), changes) for title, changes in runs.items()}
