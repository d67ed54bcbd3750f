"""Runs slither's every detector over the shipped Solidity sources; exit 1 if anything is found.

A finding is either repaired or suppressed on the spot, by a line above it that names the detector and says
why: ``// slither-disable-next-line timestamp: windows last minutes``. A suppression without a reason, of all
detectors at once, or of what is not found any more, fails too.
"""

# slither lives in an environment of its own.
# pyright: reportMissingImports=false

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from crytic_compile import CompilationUnit, CryticCompile
from crytic_compile.compiler.compiler import CompilerVersion
from crytic_compile.platform.solc_standard_json import SolcStandardJson, parse_standard_json_output
from slither import Slither
from slither.__main__ import get_detectors_and_printers

CONTRACTS = Path(__file__).resolve().parents[1]
SUPPRESSION = re.compile(r"\s*//\s*slither-disable-(?!end)")
EXPLAINED = re.compile(r"\s*//\s*slither-disable-(next-line|start) (?!all\b)[a-z0-9,-]+: \w+\W+\w+")


class SyntaxTrees(SolcStandardJson):
    """Gives slither what it reads, the syntax trees, and leaves out the slow part, the bytecode."""

    def compile(self, crytic_compile: CryticCompile, **kwargs: Any) -> None:  # noqa: D102
        output = solc("--standard-json", input=json.dumps(self.to_dict()))
        answer = json.loads(output)
        errors = [error for error in answer.get("errors", []) if error["severity"] == "error"]
        if errors:
            sys.exit("\n".join(error["formattedMessage"] for error in errors))
        nothing = {"object": "", "sourceMap": ""}
        for contracts in answer["contracts"].values():
            for contract in contracts.values():
                contract["evm"] = {"bytecode": nothing, "deployedBytecode": nothing}
        unit = CompilationUnit(crytic_compile, "sources")
        version = re.search(r"Version: (\d+\.\d+\.\d+)", solc("--version"))
        assert version
        unit.compiler_version = CompilerVersion("solc", version[1], optimized=True)
        parse_standard_json_output(answer, unit)


def solc(*arguments: str, input: str | None = None) -> str:
    """Return what the compiler prints."""
    command = ["node", str(CONTRACTS / "tools" / "solc.mjs"), *arguments]
    done = subprocess.run(command, input=input, cwd=CONTRACTS, capture_output=True, text=True, check=True)
    return done.stdout


def unexplained(path: Path) -> list[str]:
    """Return a line for each suppression without a reason."""
    wanted = "write it // slither-disable-next-line DETECTOR: reason"
    return [
        f"{path.relative_to(CONTRACTS)}:{number}: a suppression without its reason; {wanted}"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if SUPPRESSION.match(line) and not EXPLAINED.match(line)
    ]


def main() -> None:
    """Print the findings, one paragraph each."""
    paths = sorted(CONTRACTS.glob("solidity/**/*.sol"))
    complaints = [line for path in paths for line in unexplained(path)]
    platform = SyntaxTrees(
        {
            "sources": {str(path.relative_to(CONTRACTS)): {"urls": [str(path)]} for path in paths},
            "settings": {"outputSelection": {"*": {"*": ["abi", "devdoc", "userdoc"], "": ["ast"]}}},
        }
    )
    slither = Slither(CryticCompile(platform))
    slither.warn_unused_ignores = True
    detectors, _ = get_detectors_and_printers()
    for detector in detectors:
        slither.register_detector(detector)
    findings = [finding for results in slither.run_detectors() for finding in results]
    complaints += [
        f"{finding['check']} ({finding['impact']}): {finding['description']}" for finding in findings
    ]
    unused = slither.get_unused_ignore_comments()
    complaints += sorted(
        {
            f"{ignore['file']}:{ignore['line']}: no {ignore['unused_detectors']} to suppress"
            for ignore in unused
        }
    )
    for complaint in complaints:
        print(complaint)
    print(f"slither: {len(detectors)} detectors over {len(paths)} files, {len(complaints)} complaints")
    sys.exit(bool(complaints))


if __name__ == "__main__":
    main()
