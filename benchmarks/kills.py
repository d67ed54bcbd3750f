"""A run with checkpoints is killed without warning at random moments: does it go on to the same digest?

    python benchmarks/kills.py --kills 20                  of the shipped scenario quick
    python benchmarks/kills.py --kills 20 --json           the same as one JSON object

Each kill is of a run of its own, at a moment drawn evenly from the time that an undisturbed run takes from
its first checkpoint on; then ``verifuse resume`` goes on. Needs Linux or macOS.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from verifuse.scenarios import read_record
from verifuse.seeds import generator

EVERY = "120"


def _begin(scenario: list[str], out: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "verifuse", "run", *scenario, "--out", str(out), "--checkpoint", EVERY]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _undisturbed(scenario: list[str], folder: Path) -> tuple[str, float]:
    """Return the digest, and the seconds from the first checkpoint to the end; models are learnt before."""
    _begin(scenario, folder / "first").wait()
    process, started = _begin(scenario, folder / "second"), 0.0
    while process.poll() is None:
        if not started and (folder / "second.unfinished").exists():
            started = time.perf_counter()
        time.sleep(0.005)
    return read_record(folder / "second").manifest["digest"], time.perf_counter() - started


def measure(scenario: list[str], kills: int) -> dict[str, object]:
    """Kill so many runs and go on with each."""
    dice, killed, equal = generator(1, "kills", "moments"), 0, 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        digest, seconds = _undisturbed(scenario, folder)
        number = 0
        while killed < kills:
            number += 1
            out = folder / f"run-{number}"
            unfinished = out.with_name(f"{out.name}.unfinished")
            process = _begin(scenario, out)
            while process.poll() is None and not (unfinished / "checkpoints.jsonl").exists():
                time.sleep(0.005)
            time.sleep(float(dice.uniform(0, seconds)))
            process.send_signal(signal.SIGKILL)
            process.wait()
            if out.exists():  # it was faster than the one that was timed
                continue
            killed += 1
            subprocess.run(
                [sys.executable, "-m", "verifuse", "resume", str(unfinished)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            )
            equal += out.exists() and read_record(out).manifest["digest"] == digest
    return {
        "scenario": " ".join(scenario),
        "kills": killed,
        "same_digest": equal,
        "seconds": round(seconds, 1),
    }


def main() -> None:
    """Measure what is asked for and print it; exit 1 if a digest differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scenario", nargs="*", default=["quick"], help="a scenario and its KEY=VALUE")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(options.scenario, options.kills)
    told = (
        f"{found['same_digest']} of {found['kills']} killed runs of {found['scenario']} end as if undisturbed"
    )
    print(json.dumps(found, indent=2) if options.json else told)
    sys.exit(found["same_digest"] != found["kills"])


if __name__ == "__main__":
    main()
