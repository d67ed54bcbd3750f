"""How much memory one process holds after many runs: ``python benchmarks/memory.py [--runs 200] [--json]``.

Runs the shipped scenario ``quick`` with drawn accuracies again and again in this process, each with a seed of
its own, and prints the resident memory after a tenth of the runs and after all of them. Needs Linux.
"""

import argparse
import gc
import json
import tempfile
from pathlib import Path

from verifuse.scenarios import load, run_scenario


def resident_megabytes() -> float:
    """Return how much memory this process has, in MiB."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def measure(runs: int) -> dict[str, float]:
    """Run so many markets one after another."""
    early = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(1, runs + 1):
            run_scenario(load("quick", ["learning=surrogate"], seed=seed), Path(folder) / str(seed))
            gc.collect()
            if seed == max(1, runs // 10):
                early = resident_megabytes()
    late = resident_megabytes()
    return {
        "runs": runs,
        "after_a_tenth_mib": round(early, 1),
        "after_all_mib": round(late, 1),
        "ratio": round(late / early, 3),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(options.runs)
    told = (
        f"{found['after_a_tenth_mib']} MiB after {max(1, options.runs // 10)} runs, "
        f"{found['after_all_mib']} MiB after {options.runs}: {found['ratio']} times"
    )
    print(json.dumps(found, indent=2) if options.json else told)


if __name__ == "__main__":
    main()
