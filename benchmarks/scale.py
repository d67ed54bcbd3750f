"""What a market costs by its size: ``python benchmarks/scale.py [--sizes 5x5,100x101,500x101]``.

Runs the shipped scenario ``big_market``, whose learning is drawn and whose chain is real, with so many
contributors and verifiers, each in a process of its own. Printed are CPU seconds from its start to its
record, also for each transaction and each event of the contract, and the most memory that the process held.
In brackets an event's cost is compared with that in the first market. Needs Linux or macOS.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from verifuse.scenarios import load, run_scenario


def _groups(contributors: int) -> list[str]:
    """Split contributors over the three tasks as the shipped market does: 2 to 2 to 1."""
    first = second = -(-contributors * 2 // 5)
    of = {"first": first, "second": second, "third": contributors - first - second}
    return [f'{{name = "for-{task}", count = {count}, tasks = ["{task}"]}}' for task, count in of.items()]


def measure(contributors: int, verifiers: int) -> dict[str, float]:
    """Run one market in this process."""
    panel = min(9, verifiers)
    changes = [
        f"contributors.groups=[{', '.join(_groups(contributors))}]",
        f"verifiers.count={verifiers}",
        f"verifiers.panel={panel}",
    ]
    started: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        record = run_scenario(
            load("big_market", changes),
            Path(folder) / "record",
            on_start=lambda market: started.append(time.process_time()),
        )
        seconds = time.process_time() - started[0]
        events = len(record.table("events"))
    summary = record.summary
    assert summary["finished"], "a market whose windows ended without its end"
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "contributors": contributors,
        "verifiers": verifiers,
        "rewarded": summary["models"]["rewarded"],
        "transactions": summary["transactions"],
        "events": events,
        "cpu_s": seconds,
        "ms_per_transaction": 1e3 * seconds / summary["transactions"],
        "ms_per_event": 1e3 * seconds / events,
        "megabytes": kilobytes / (1024 if sys.platform != "darwin" else 1024**2),
    }


def main() -> None:
    """Measure every size and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default="5x5,100x101,500x101", help="contributors x verifiers")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(*map(int, options.one.split("x")))))
        return
    rows = []
    for size in options.sizes.split(","):
        done = subprocess.run([sys.executable, __file__, "--one", size], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr[-2000:])
        row = json.loads(done.stdout)
        rows.append(row)
        against = row["ms_per_event"] / rows[0]["ms_per_event"]
        print(
            f"{size:>9}  {row['rewarded']:>4} rewarded  {row['transactions']:>6,} transactions  "
            f"{row['events']:>7,} events  {row['cpu_s']:>7.1f} CPU s  {row['ms_per_transaction']:>6.1f} ms a "
            f"transaction  {row['ms_per_event']:>5.1f} ms an event ({against:.2f})  "
            f"{row['megabytes']:>6,.0f} MB",
            flush=True,
        )


if __name__ == "__main__":
    main()
