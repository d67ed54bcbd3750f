"""Many small markets in which people cheat, come and go and things break: does every invariant hold?

    python benchmarks/soak.py --seeds 1000               a table of what was run and found
    python benchmarks/soak.py --seeds 1000 --json        the same as one JSON object
    python benchmarks/soak.py --only 17                  one seed's market again, with its settings

A seed draws a market: a shipped scenario, behaviours of contributors, verifiers, oracle and initiator, stays
and faults. What is learnt is drawn from fitted curves, everything on the chain is real. After each block all
that ``verifuse.agents.Invariants`` names is checked, and at the end every wei by the record. A market that
takes longer than ``--limit`` seconds counts as hanging. Draws that the settings refuse are drawn again, and
counted.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from loky import ProcessPoolExecutor, as_completed

from verifuse.agents import Invariants, Market
from verifuse.agents.behaviours import shipped
from verifuse.agents.config.faults import Kind
from verifuse.analysis import check_conservation
from verifuse.errors import InputError, VerifuseError
from verifuse.scenarios import load, run_scenario, toml_text
from verifuse.seeds import generator

SCENARIOS = ("quick", "sealed", "bonds", "quick task.commit_reveal=true", "quick contract=paper")
STAGES = ("training", "uploading", "announcing", "announced")


@dataclass(frozen=True)
class Outcome:
    """What became of one market: its settings, draws that were refused before, blocks, and what is wrong."""

    seed: int
    settings: tuple[str, ...]
    refused: int
    blocks: int
    seconds: float
    wrong: str


def markets(seed: int) -> Iterator[tuple[str, ...]]:
    """Draw settings after settings for a seed: a scenario's name, then what changes."""
    dice = generator(seed, "soak", "market")
    while True:
        yield (*SCENARIOS[dice.integers(len(SCENARIOS))].split(), *_changes(dice))


def _changes(dice: np.random.Generator) -> Iterator[str]:
    yield "learning=surrogate"
    yield "initiator.balance=60 ether"
    yield "verifiers.balance=3 ether"
    yield from ("contributors.train=80", "contributors.test=25", "contributors.verification=25")
    groups = [{"name": "good", "count": int(dice.integers(1, 4)), "start_every": 600}]
    groups += [
        {"name": f"odd{number}", "count": 1, "first_start": 300 * number, **_odd("contributor", dice)}
        for number in range(dice.integers(0, 3))
    ]
    if dice.random() < 0.2:
        groups[0]["leaves"] = str(dice.choice(STAGES))
        groups[0]["back_after"] = 900
    yield f"contributors.groups={toml_text(groups)}"
    honest = {"name": "judge", "count": int(dice.integers(3, 6))}
    if dice.random() < 0.2:
        honest["mean_stay"] = 3000
    odd = (
        [{"name": "other", "count": int(dice.integers(1, 3)), **_odd("verifier", dice)}]
        if dice.random() < 0.6
        else []
    )
    yield f"verifiers.groups={toml_text([honest, *odd])}"
    if dice.random() < 0.4:
        yield f"oracle.behaviour={_odd('oracle', dice)['behaviour']}"
    if dice.random() < 0.3:
        yield f"initiator.behaviour={_odd('initiator', dice)['behaviour']}"
    faults = [_fault(dice) for _ in range(dice.integers(0, 3))]
    if faults:
        yield f"faults={toml_text(faults)}"


def _odd(role: Any, dice: np.random.Generator) -> dict[str, str]:
    return {"behaviour": str(dice.choice(shipped(role)))}


def _fault(dice: np.random.Generator) -> dict[str, Any]:
    kind = str(dice.choice(get_args(Kind)))
    if kind == "clock_jumps":
        return {"kind": kind, "at": int(dice.integers(0, 5000)), "seconds": int(dice.integers(60, 9000))}
    late = {"seconds": int(dice.integers(60, 9000))} if kind == "model_late" else {}
    return {"kind": kind, "who": "good-1", **late}


def run(seed: int) -> Outcome:
    """Run a seed's market and check it."""
    invariants, started = Invariants(), time.perf_counter()

    def watch(market: Market) -> None:
        market.each_slot.append(invariants)

    with tempfile.TemporaryDirectory() as folder:
        for refused, settings in enumerate(markets(seed)):
            try:
                scenario = load(settings[0], settings[1:], seed=seed)
            except InputError:
                continue
            wrong = ""
            try:
                record = run_scenario(scenario, Path(folder) / "record", on_start=watch, keep_store=False)
                wrong = "; ".join(map(str, check_conservation(record)))
                wrong = wrong or (
                    "" if record.summary["finished"] else "it did not end with nothing reserved"
                )
            except VerifuseError as error:
                wrong = str(error)
            except Exception as error:  # whatever it is, it is a finding
                wrong = f"{type(error).__name__}: {error}"
            seconds = time.perf_counter() - started
            return Outcome(seed, settings, refused, invariants.blocks, seconds, wrong)
    raise AssertionError("draws do not end")


def soak(seeds: range, workers: int, limit: float) -> tuple[list[Outcome], list[int]]:
    """Run all seeds; return what became of them, and the seeds of markets that hang."""
    found: list[Outcome] = []
    with ProcessPoolExecutor(max_workers=workers, timeout=None) as pool:
        waiting = {pool.submit(run, seed): seed for seed in seeds}
        try:
            for done in as_completed(waiting, timeout=limit * len(seeds) / workers):
                found.append(done.result())
                if sys.stderr.isatty() or len(found) % 50 == 0:
                    bad = sum(bool(one.wrong) for one in found)
                    print(
                        f"{len(found)} of {len(seeds)} markets, {bad} with something wrong", file=sys.stderr
                    )
        except TimeoutError:
            pool.shutdown(kill_workers=True)
    over = [one.seed for one in found if one.seconds > limit]
    return found, over + sorted(set(seeds) - {one.seed for one in found})


def told(found: list[Outcome], hanging: list[int]) -> dict[str, Any]:
    """Return what was run and found, in figures."""
    used: Counter[str] = Counter()
    for one in found:
        text = " ".join(one.settings)
        used.update(set(_words(text)))
    return {
        "markets": len(found),
        "blocks": sum(one.blocks for one in found),
        "refused_draws": sum(one.refused for one in found),
        "violations": [asdict(one) for one in found if one.wrong],
        "hanging": hanging,
        "slowest_seconds": round(max((one.seconds for one in found), default=0.0), 1),
        "markets_with": dict(sorted(used.items())),
    }


def _words(text: str) -> Iterator[str]:
    names = {name for role in ("contributor", "verifier", "oracle", "initiator") for name in shipped(role)}
    for name in (names | set(get_args(Kind))) - {"honest"}:
        if f'"{name}"' in text or f"={name}" in text:
            yield name


def main() -> None:
    """Run what is asked for and print what was found; exit 1 if something is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--limit", type=float, default=120.0, help="seconds after which a market hangs")
    parser.add_argument("--only", type=int, help="run one seed's market and print its settings")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.only is not None:
        print(json.dumps(asdict(run(options.only)), indent=2))
        return
    seeds = range(options.first, options.first + options.seeds)
    found = told(*soak(seeds, options.workers, options.limit))
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        print(
            f"{found['markets']:,} markets, {found['blocks']:,} blocks; "
            f"{found['refused_draws']:,} draws refused"
        )
        print(f"violations {len(found['violations'])}, hanging {len(found['hanging'])}")
        for one in found["violations"]:
            print(f"  seed {one['seed']}: {one['wrong'][:200]}")
        for name, count in found["markets_with"].items():
            print(f"  {name:<20}{count:>6}")
    sys.exit(bool(found["violations"] or found["hanging"]))


if __name__ == "__main__":
    main()
