"""Seeds faults into copies of the Solidity sources, one at a time, and runs forge's tests on each.

A fault that makes a test fail is killed. Exit 1 if one survives that ``mutants.toml`` does not call
equivalent, if an equivalent one is killed, or if a fault does not fit the sources or does not compile.
"""

import argparse
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from operators import sweep

ROOT = Path(__file__).resolve().parents[2]
FAULTS = ROOT / "contracts" / "mutants.toml"
SOURCES = Path("contracts/solidity")
ARTIFACTS = (Path("contracts/artifacts"), Path("tests/contracts/artifacts"))
# Fuzzing need not find the shortest way to a failure, and what a hundred cases miss the next test meets.
QUICK = {
    "FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT": "0",
    "FOUNDRY_FUZZ_RUNS": "100",
    "FOUNDRY_INVARIANT_RUNS": "20",
}
LONGEST = 900
# Between the two words stands why, and for an invariant also the calls that led there, on lines of their own.
FAILED = re.compile(r"\[FAIL.*?\b((?:test|invariant|setUp)\w*)\(", re.DOTALL)


@dataclass(frozen=True)
class Fault:
    """One change of one source.

    Attributes:
        number: Its place in the list, from 1.
        file: Path below ``contracts/solidity``.
        text: The whole source with the fault in it.
        what: One line on what is wrong.
        equivalent: Why no test can tell it from the original, empty if one should.
    """

    number: int
    file: str
    text: str
    what: str
    equivalent: str = ""


@dataclass(frozen=True)
class Verdict:
    """What became of a fault: ``killed``, ``survived`` or ``broken``, and by which test or complaint."""

    fault: Fault
    outcome: str
    by: str
    seconds: float

    @property
    def as_it_should_be(self) -> bool:
        """Whether it was killed, or could not be."""
        return self.outcome == ("survived" if self.fault.equivalent else "killed")


class Workshop:
    """A copy of the contracts in which one fault at a time is tried."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        leave_out = shutil.ignore_patterns("node_modules", "out", "cache", "__pycache__")
        shutil.copytree(ROOT / "contracts", folder / "contracts", ignore=leave_out)
        (folder / "contracts" / "node_modules").symlink_to(ROOT / "contracts" / "node_modules")
        shutil.copytree(ROOT / ARTIFACTS[1], folder / ARTIFACTS[1])
        self.pristine = {
            path: path.read_bytes() for kind in ARTIFACTS for path in (folder / kind).glob("*.json")
        }

    def run(self, *command: str) -> tuple[int, str]:
        """Run a command in the copy's contracts folder; return its exit status and what it printed."""
        with subprocess.Popen(
            command,
            cwd=self.folder / "contracts",
            env=os.environ | QUICK,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                printed, _ = process.communicate(timeout=LONGEST)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                return 1, f"[FAIL] test_ended_within_{LONGEST}_seconds()"
        return process.returncode, printed

    def test(self) -> tuple[str, str]:
        """Return the outcome of forge's tests and the test that decided it; the quick ones come first."""
        for choice in ("--no-match-contract", "--match-contract"):
            status, printed = self.run(
                "node", "tools/forge.mjs", "test", "--fail-fast", "--threads", "1", choice, "Invariant"
            )
            if status:
                failed = FAILED.search(printed)
                return ("killed", failed[1]) if failed else ("broken", start_of(printed))
        return "survived", ""

    def try_out(self, fault: Fault) -> Verdict:
        """Seed the fault, compile what depends on it, test, and put everything back."""
        started = time.monotonic()
        source = self.folder / SOURCES / fault.file
        original = source.read_text(encoding="utf-8")
        source.write_text(fault.text, encoding="utf-8")
        status, printed = self.run("node", "compile.mjs", "--lenient", *self.dependents(fault.file))
        outcome, by = ("broken", start_of(printed)) if status else self.test()
        source.write_text(original, encoding="utf-8")
        for path, content in self.pristine.items():
            path.write_bytes(content)
        for failures in ("fuzz", "invariant"):
            shutil.rmtree(self.folder / "contracts" / "cache" / failures, ignore_errors=True)
        return Verdict(fault, outcome, by, time.monotonic() - started)

    def dependents(self, file: str) -> list[str]:
        """Return the names of the artifacts that the source is part of."""
        names = [
            path.stem
            for path, text in self.pristine.items()
            if (SOURCES / file).as_posix() in json.loads(text)["sources"]
        ]
        if not names:
            raise SystemExit(f"no artifact depends on {file}")
        return names


def start_of(printed: str) -> str:
    """Return the beginning of what a command printed as one line."""
    return " ".join(printed.split())[:150]


def read_faults() -> list[Fault]:
    """Return the list's faults; a snippet must occur exactly once in its file."""
    faults = []
    for number, entry in enumerate(tomllib.loads(FAULTS.read_text(encoding="utf-8"))["mutant"], 1):
        text = (ROOT / SOURCES / entry["file"]).read_text(encoding="utf-8")
        count = text.count(entry["original"])
        if count != 1:
            raise SystemExit(
                f"fault {number} ({entry['what']}): its original occurs {count} times in {entry['file']}"
            )
        changed = text.replace(entry["original"], entry["mutant"])
        faults.append(Fault(number, entry["file"], changed, entry["what"], entry.get("equivalent", "")))
    return faults


def swept_faults(count: int, seed: int) -> list[Fault]:
    """Return that many faults that simple operators make, drawn from all over the sources."""
    texts = {
        path.relative_to(ROOT / SOURCES).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((ROOT / SOURCES).rglob("*.sol"))
        if not re.search(r"/I[A-Z]\w+\.sol$", path.as_posix())
    }
    return [Fault(number, *fault) for number, fault in enumerate(sweep(texts, count, seed), 1)]


def try_all(faults: list[Fault], jobs: int) -> list[Verdict]:
    """Try each fault in one of several workshops at once, and print each verdict as it comes."""
    with tempfile.TemporaryDirectory() as folder:
        workshops: queue.Queue[Workshop] = queue.Queue()
        for job in range(min(jobs, len(faults))):
            workshops.put(Workshop(Path(folder) / str(job)))

        def try_one(fault: Fault) -> Verdict:
            workshop = workshops.get()
            try:
                verdict = workshop.try_out(fault)
            finally:
                workshops.put(workshop)
            show(verdict)
            return verdict

        first = workshops.get()
        outcome, by = first.test()
        if outcome != "survived":
            raise SystemExit(f"the tests fail without any fault: {by}")
        workshops.put(first)
        with ThreadPoolExecutor(jobs) as pool:
            return list(pool.map(try_one, faults))


def show(verdict: Verdict) -> None:
    """Print one line of the table."""
    fault = verdict.fault
    ending = f"equivalent: {fault.equivalent}" if fault.equivalent else verdict.by
    time_taken = f"{verdict.seconds:4.0f} s"
    print(
        f"{fault.number:3}  {verdict.outcome:8}  {time_taken}  {fault.file}: {fault.what}  [{ending}]",
        flush=True,
    )


def main() -> None:
    """Try the faults and tell which survive."""
    parser = argparse.ArgumentParser(description="Seed faults into the contract and run its tests on each.")
    parser.add_argument("--only", type=int, nargs="+", metavar="N", help="only the faults with these numbers")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="so many at once (default: 2)")
    parser.add_argument(
        "--sweep", type=int, metavar="COUNT", help="so many random faults by operators, not the list's"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="which random faults (default: 1)")
    options = parser.parse_args()
    faults = swept_faults(options.sweep, options.seed) if options.sweep else read_faults()
    faults = [fault for fault in faults if not options.only or fault.number in options.only]
    verdicts = try_all(faults, options.jobs)
    if options.sweep:  # operators also make what does not compile
        verdicts = [verdict for verdict in verdicts if verdict.outcome != "broken"]
    wrong = [verdict for verdict in verdicts if not verdict.as_it_should_be]
    killed = sum(verdict.outcome == "killed" for verdict in verdicts)
    print(f"{len(verdicts)} faults, {killed} killed, {len(verdicts) - killed - len(wrong)} equivalent")
    for verdict in wrong:
        fault = verdict.fault
        print(f"{verdict.outcome}: {fault.number} {fault.file}: {fault.what} {verdict.by}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
