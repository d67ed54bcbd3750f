"""Gas of each TaskMarket call on py-evm, beside its budget.

``python benchmarks/gas.py`` prints the Markdown table of ``contracts/README.md``, ``--write`` writes
``contracts/gas-snapshot.json`` and ``--check`` compares with it: exit 1 with a line for each call more than
two percent dearer or cheaper. What is measured, and how, stands in ``gas_cases.py``.
"""

import argparse
import json
import re
import sys
from pathlib import Path

Measured = dict[str, dict[str, int]]

SNAPSHOT = Path(__file__).parents[1] / "contracts" / "gas-snapshot.json"
LIMIT = 0.02

BUDGETS: Measured = {
    "plain market": {
        "deployment": 4_500_000,
        "bytes of code": 20_000,
        "joinPool": 90_000,
        "postTask": 185_000,
        "announceModel, first of its task": 190_000,
        "announceModel, later": 190_000,
        "requestEvaluations": 40_000,
        "topUp": 35_000,
        "expireModel": 85_000,
        "closeTask": 65_000,
        "withdrawFor": 33_000,
        "leavePool": 30_000,
    },
    "large numbers": {"drawPanel, hash out of reach": 40_000},
    # A second answer also reads what the first one counted.
    "second query": {"requestEvaluations, again": 40_000, "__callback, the other 3 rows": 240_000},
    "sealed access": {
        "postTask, sealed": 195_000,
        "announceModel, sealed": 190_000,
        "deliverKeys, 5 seats, 81 bytes each": 50_000,
        "releaseKey": 35_000,
        "shareKey": 40_000,
    },
    "commit–reveal": {
        "postTask, commit–reveal": 190_000,
        "commitEvaluation": 65_000,
        "revealEvaluation, first of 5 seats": 130_000,
        "revealEvaluation, last of 5 seats": 115_000,
        "expireModel, decides by 5 revealed rows": 105_000,
    },
    "bonds": {
        "joinPool, with a stake": 100_000,
        "postTask, bonded": 215_000,
        "settleSeat, paid": 85_000,
        "settleSeat, silent": 75_000,
        "reclaimStake": 60_000,
    },
    "planted tests": {
        "postTask, planted": 240_000,
        "revealPlant, 5 seats, 128 plants": 80_000,
        "revealPlant, 128 seats, 128 plants": 4_100_000,
        "settleSeat, slashed": 85_000,
    },
}
"""The most that each call may cost; what grows with the panel has a budget by the seat or row instead."""

GROWING = {
    "drawPanel": (re.compile(r"drawPanel, (\d+) (?:bonded )?seats?\b"), 131_000, 25_000),
    "__callback": (
        re.compile(r"__callback, (\d+) (?:signed |committed )?rows?\b"),
        110_000,
        42_000,
    ),
}
"""How a call's label names its size, and its budget: so much, and so much for each seat or row."""


def budget(section: str, call: str) -> int:
    """Return the most that a call may cost.

    Raises:
        KeyError: Nobody gave it a budget.
    """
    for label, base, each in GROWING.values():
        match = label.match(call)
        if match:
            return base + each * int(match[1])
    return BUDGETS[section][call]


def table(measured: Measured) -> str:
    """Return the README's table."""
    lines = ["| call | gas | at most |", "|---|---:|---:|"]
    for section, calls in measured.items():
        lines.append(f"| **{section}** | | |")
        lines += [f"| {call} | {used:,} | {budget(section, call):,} |" for call, used in calls.items()]
    return "\n".join(lines)


def differences(measured: Measured, expected: Measured) -> list[str]:
    """Return a line for each call whose gas is not what the snapshot says, within the limit."""
    gas, old = flat(measured), flat(expected)
    lines = [f"{call} is not in the snapshot" for call in gas.keys() - old.keys()]
    lines += [f"{call} is no longer measured" for call in old.keys() - gas.keys()]
    for call in gas.keys() & old.keys():
        change = gas[call] / old[call] - 1
        if abs(change) > LIMIT:
            lines.append(f"{call}: {gas[call]:,} gas instead of {old[call]:,} ({change:+.1%})")
    return sorted(lines)


def flat(measured: Measured) -> dict[str, int]:
    """Return the calls of all sections."""
    return {f"{section}: {call}": used for section, calls in measured.items() for call, used in calls.items()}


def main() -> None:
    """Measure, then print, write or check."""
    # Here, so that a reader of the snapshot needs no EVM.
    from gas_cases import measure

    parser = argparse.ArgumentParser(description="Gas of each TaskMarket call on py-evm.")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--write", action="store_true", help=f"write {SNAPSHOT.name}")
    choice.add_argument("--check", action="store_true", help=f"compare with {SNAPSHOT.name}")
    options = parser.parse_args()
    measured = measure()
    if options.write:
        text = json.dumps(measured, indent=1, ensure_ascii=False)
        SNAPSHOT.write_text(text + "\n", encoding="utf-8")
    elif options.check:
        lines = differences(measured, json.loads(SNAPSHOT.read_text(encoding="utf-8")))
        for line in lines:
            print(line, file=sys.stderr)
        if lines:
            sys.exit("if this is meant: python benchmarks/gas.py --write")
        print(f"gas: {len(flat(measured))} calls within {LIMIT:.0%} of the snapshot")
    else:
        print(table(measured))


if __name__ == "__main__":
    main()
