"""Does it keep its word under faults, load and malice? Runs what asks, and writes a page with the answers.

    python benchmarks/reliability.py --out docs/explanation/reliability.md      at full size, an hour or more
    python benchmarks/reliability.py --seeds 20 --kills 2 --runs 20 --fuzz 1000       a first look

Fuzzing needs atheris (``pip install atheris``); without it the page says that it was left out. Needs Linux.
"""

import argparse
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
OUTCOMES = """
| what happens | what follows |
|---|---|
| the store loses a model, or alters it | Rejected as unreadable; later models are measured without it |
| a model cannot be fetched for a while | Rejected if it comes too late; once there, in later bases |
| a training breaks off | its contributor announces nothing |
| a training ends with weights that are no numbers | every verifier refuses the file: Rejected |
| the chain's clock jumps past a window | Void; its escrow goes back, and the next model has its turn |
| an oracle is silent, or too slow | Void at the deadline; anyone may end it |
| an oracle answers twice | every further answer is reverted |
| an oracle alters numbers | altered rows are skipped, for their signatures |
| a verifier vanishes between commit and reveal | her seat is silent, and costs her bond if there is one |
| a worker process dies | another begins its work anew; the record is the same |
| the run's process is killed | with `--checkpoint`, `verifuse resume` goes on to the same digest |
| a running node is gone | the run stops with the command that continues it; nothing is sent twice |
"""


def page(
    soak: dict[str, Any], kills: dict[str, Any], memory: dict[str, Any], fuzz: dict[str, Any] | None
) -> str:
    """Return the page in Markdown."""
    drawn = "\n".join(f"| {name} | {count:,} |" for name, count in soak["markets_with"].items())
    fuzzed = (
        "\n".join(f"| {name} | {one['executions']:,} | {one['findings']} |" for name, one in fuzz.items())
        if fuzz
        else "| left out: atheris is not installed | | |"
    )
    return f"""# Does it keep its word?

What is promised when something breaks, and what was found. `make reliability` writes this page.

## What becomes of what

Faults are a part of a scenario, `[[faults]]`; cheating and silence are behaviours. In each case the run ends,
nothing stays reserved in the contract, and every wei is accounted for:
{OUTCOMES}
## Soak

{soak["markets"]:,} small markets with drawn people, behaviours, stays and faults, {soak["blocks"]:,} blocks.
After each block: the ether of all is what there was less gas; the contract holds what it accounts for; a
closed task holds nothing that is not reserved; passes ≤ reports ≤ seats; a model settles once, and is
Rewarded only with a quorum and a majority. At the end: every wei by the record, and nothing reserved.

Violations: **{len(soak["violations"])}**. Markets that hang: **{len(soak["hanging"])}**; the slowest took
{soak["slowest_seconds"]} s. {soak["refused_draws"]:,} draws were impossible and refused in one line.

| markets with | |
|---|---|
{drawn}

## Killed and continued

{kills["kills"]} runs of `{kills["scenario"]}` with checkpoints were killed without warning at random
moments: **{kills["same_digest"]}** of them went on to the digest of the undisturbed run.

## Memory

{memory["runs"]} runs in one process: {memory["after_a_tenth_mib"]} MiB after a tenth of them,
{memory["after_all_mib"]} MiB after all, **{memory["ratio"]}** times as much.

## Fuzzing

Guided by coverage, whatever the bytes: a reader returns, or raises its named refusal in one line.

| reader | executions | findings |
|---|---|---|
{fuzzed}
"""


def _ask(script: str, *options: object) -> dict[str, Any]:
    print(f"{script} …", file=sys.stderr)
    command = [sys.executable, str(HERE / script), "--json", *map(str, options)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if not done.stdout:
        sys.exit(f"{script} failed")
    return json.loads(done.stdout)


def main() -> None:
    """Ask everything and write the page; exit 1 if a promise was not kept."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=1000, help="markets of the soak")
    parser.add_argument("--kills", type=int, default=20, help="runs that are killed")
    parser.add_argument("--runs", type=int, default=200, help="runs in one process")
    parser.add_argument("--fuzz", type=int, default=100_000, help="executions of each fuzzed reader")
    parser.add_argument("--out", type=Path, help="file of the page; absent, it is printed")
    options = parser.parse_args()
    soak = _ask("soak.py", "--seeds", options.seeds)
    kills = _ask("kills.py", "--kills", options.kills)
    memory = _ask("memory.py", "--runs", options.runs)
    has_atheris = importlib.util.find_spec("atheris") is not None
    fuzz = _ask("fuzz.py", "--runs", options.fuzz) if has_atheris else None
    text = page(soak, kills, memory, fuzz)
    if options.out is None:
        print(text)
    else:
        options.out.write_text(text, "utf-8")
    broken = soak["violations"] or soak["hanging"] or kills["kills"] != kills["same_digest"]
    sys.exit(bool(broken or (fuzz and any(one["findings"] for one in fuzz.values()))))


if __name__ == "__main__":
    main()
