"""A market's transactions on four chains: how many a second, and in how much memory.

One script (``chain_workload.py``: tasks side by side on the real ``TaskMarket``, each with models that are
announced, drawn for, evaluated with signed rows and paid) is played on

- ``eth-tester`` as it comes, through web3's contract API, which estimates gas and mines every transaction
  at once;
- ``tester``, our chain on the same py-evm;
- ``anvil, HTTP``: foundry's node as it comes, through the same contract API;
- ``anvil``: our chain on the same node.

Each run has a process and a chain of its own. What is measured begins when the contracts are there and goes
from a call's arguments through its signature to its receipt and decoded events; how verifiers sign their rows
is not in it. CPU seconds are those of the process and of its node; they hang less than the clock on what else
a machine does. Memory is the sum of the most that each of the two ever held, the script included. All paths
must use the same gas and emit the same events, function by function. It needs Linux.

    python benchmarks/chain.py [--sizes 240,1000,5000,20000] [--tasks 8] [--patience 120]
"""

import argparse
import json
import subprocess
import sys
import time
from typing import Any

from chain_paths import PATHS
from chain_workload import Workload
from processes import cpu_seconds, peak_megabytes

BESIDE = {"tester": "eth-tester", "anvil": "anvil, HTTP"}
GROWTH_FROM = 1_000

Measured = dict[str, Any]


def measure(name: str, size: int, tasks: int) -> Measured:
    """Play the script on one path in this process."""
    path = PATHS[name](tasks)
    try:
        workload = Workload(size, tasks, path.rule, path.market)
        play = path.prepare(workload.slots)
        wall, cpu = time.perf_counter(), cpu_seconds()
        play()
        wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
        return {
            "transactions": workload.transactions,
            "wall": wall,
            "cpu": cpu,
            "megabytes": peak_megabytes(),
            "gas": path.gas,
            "events": path.events,
            "head": path.head(),
        }
    finally:
        path.close()


def measure_apart(name: str, size: int, tasks: int) -> Measured:
    """Play the script on one path in a process of its own."""
    one = ["--one", name, "--sizes", str(size), "--tasks", str(tasks)]
    done = subprocess.run([sys.executable, __file__, *one], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def row(name: str, measured: Measured, beside: Measured | None) -> str:
    """Return a line of the table; ``beside`` is what the path is compared with."""
    count, cpu, wall = measured["transactions"], measured["cpu"], measured["wall"]
    ratios = "           -           -"
    if beside:
        scale = count / beside["transactions"]
        ratios = f"{beside['cpu'] / cpu * scale:12.1f}{beside['wall'] / wall * scale:12.1f}"
    rates = f"{count / cpu:12.1f}{count / wall:12.1f}"
    return f"{name:12}{count:8}{rates}{ratios}{measured['megabytes']:8.0f}"


def check_agreement(measured: dict[str, Measured]) -> None:
    """Insist that all paths did the same."""
    (first, reference), *others = measured.items()
    for name, other in others:
        for what in ("transactions", "gas", "events"):
            assert other[what] == reference[what], f"{what}: {name} {other[what]}, {first} {reference[what]}"


def compare(sizes: list[int], tasks: int, patience: float) -> dict[str, dict[int, Measured]]:
    """Print the table and return what was measured, by path and size."""
    print(f"{'':12}{'':>8}{'tx/s':>12}{'tx/s':>12}{'times the':>12}{'times the':>12}{'peak':>8}")
    print(f"{'':12}{'tx':>8}{'of CPU':>12}{'of wall':>12}{'CPU rate':>12}{'wall rate':>12}{'MB':>8}")
    results: dict[str, dict[int, Measured]] = {name: {} for name in PATHS}
    for size in sizes:
        for name, known in results.items():
            expected = max((size * one["wall"] / one["transactions"] for one in known.values()), default=0.0)
            if expected <= patience:
                known[size] = measure_apart(name, size, tasks)
        check_agreement({name: known[size] for name, known in results.items() if size in known})
        for name, known in results.items():
            if size in known:
                print(row(name, known[size], results[BESIDE[name]].get(size) if name in BESIDE else None))
            else:
                print(f"{name:12}{size:8}  left out: it would take more than {patience:.0f} s")
        print(flush=True)
    return results


def main() -> None:
    """Print the table, how the cost of a transaction grows, and whether a chain is the same twice."""
    parser = argparse.ArgumentParser(description="A market's transactions on four chains.")
    parser.add_argument("--sizes", default="240", help="transactions, such as 240,1000,5000,20000")
    parser.add_argument("--tasks", type=int, default=8, help="tasks side by side")
    parser.add_argument("--patience", type=float, default=120.0, help="seconds above which a run is left out")
    parser.add_argument("--one", choices=list(PATHS), help="measure one path and print JSON")
    options = parser.parse_args()
    sizes = sorted({int(size) for size in options.sizes.split(",")})
    if options.one:
        print(json.dumps(measure(options.one, sizes[0], options.tasks)))
        return

    results = compare(sizes, options.tasks, options.patience)
    for name in BESIDE:
        known = results[name]
        if GROWTH_FROM in known and (largest := max(known)) > GROWTH_FROM:
            early, late = (
                known[size]["cpu"] / known[size]["transactions"] for size in (GROWTH_FROM, largest)
            )
            print(
                f"{name}: {late / early:.2f} times the CPU per transaction at {largest} as at {GROWTH_FROM}"
            )
    head, again = (
        results["tester"][sizes[0]]["head"],
        measure_apart("tester", sizes[0], options.tasks)["head"],
    )
    assert head == again, f"two processes end with different heads: {head}, {again}"
    print(f"tester: two processes end with the same head, block {head}")


if __name__ == "__main__":
    main()
