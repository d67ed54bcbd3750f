"""The layout is the architecture: imports go down only, and everything that is needed is shipped."""

import ast
import configparser
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = {
    "learning": 1,
    "storage": 1,
    "chain": 1,
    "contracts": 2,
    "agents": 3,
    "scenarios": 4,
    "sweeps": 5,
    "analysis": 6,
    "studies": 7,
    "display": 8,
    "serving": 8,
    "app": 9,
    "cli": 10,
    "__main__": 11,
}
GROUND = {"errors", "names", "seeds", "units"}
NOT_PACKAGES = {"tests", "benchmarks", "docs", "notebooks", "build"}
PACKAGES = sorted(
    path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name not in NOT_PACKAGES
)
FOLDERS = sorted(
    path.parent.relative_to(ROOT)
    for pattern in ("*/__init__.py", "*/*/__init__.py", "*/*/*/__init__.py")
    for path in ROOT.glob(pattern)
    if path.relative_to(ROOT).parts[0] in PACKAGES
)
MODULES = [path for folder in FOLDERS for path in (ROOT / folder).glob("*.py")]
MODULES += list(ROOT.glob("*.py"))


def imported_rooms(path):
    """Yield the top-level rooms that a module of the package imports, by whatever form of import."""
    depth = len(path.relative_to(ROOT).parts)
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == depth:
            yield from [node.module.split(".")[0]] if node.module else [alias.name for alias in node.names]
        elif (
            isinstance(node, ast.ImportFrom)
            and node.level == 0
            and (node.module or "").startswith("verifuse")
        ):
            pytest.fail(f"{path.name} imports {node.module} by its absolute name; use a relative import")
        elif isinstance(node, ast.Import):
            for alias in node.names:
                assert alias.name.split(".")[0] != "verifuse", f"{path.name} imports {alias.name} absolutely"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down_only(path):
    room = path.relative_to(ROOT).parts[0].removesuffix(".py")
    for other in imported_rooms(path):
        if other == room:
            continue
        if room in GROUND or (path.name == "__init__.py" and path.parent == ROOT):
            assert other in GROUND, f"{path.name} stands below every room and must not import {other}"
        elif other not in GROUND and other != "__version__":
            sideways = room == "learning" and other == "storage"
            assert FLOORS[other] < FLOORS[room] or sideways, f"{path} reaches up to {other}"


@pytest.mark.parametrize("folder", ["tests", "benchmarks"])
def test_whoever_stands_outside_imports_the_package_by_its_name(folder):
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not {name.split(".")[0] for name in names} & set(FLOORS), f"{path} must import verifuse.…"


def test_every_package_folder_is_listed():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    listed = config["options"]["packages"].split()
    assert listed == ["verifuse", *(".".join(["verifuse", *folder.parts]) for folder in FOLDERS)]
    assert set(PACKAGES) <= set(FLOORS)


def test_importing_the_package_connects_to_nothing_and_loads_no_heavy_library():
    rooms = ", ".join(f"verifuse.{name}" for name in FLOORS if name != "__main__")
    heavy = ["eth", "eth_tester", "jax", "keras", "matplotlib", "solara", "web3"]
    code = f"import sys, {rooms}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_wheel_holds_everything_a_user_needs(tmp_path):
    source = tmp_path / "source"  # a build leaves a folder behind, with a copy of every module
    no_source = shutil.ignore_patterns(".*", "node_modules", "runs", "build", "__pycache__", "*.egg-info")
    shutil.copytree(ROOT, source, ignore=no_source)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "-q",
        "-w",
        tmp_path,
        source,
    ]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("verifuse-*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    for path in MODULES:
        assert f"verifuse/{path.relative_to(ROOT).as_posix()}" in held
    for pattern in (
        "contracts/solidity/**/*.sol",
        "contracts/package*.json",
        "contracts/artifacts/*.json",
        "scenarios/library/*.toml",
        "scenarios/studies/*.toml",
        "sweeps/library/*.toml",
        "learning/files/*.npz",
        "analysis/templates/*.html",
        "app/*.css",
        "app/*/*.css",
        "py.typed",
    ):
        files = list(ROOT.glob(pattern))
        assert files, f"nothing matches {pattern}"
        for path in files:
            assert f"verifuse/{path.relative_to(ROOT).as_posix()}" in held
    assert not [name for name in held if name.startswith("verifuse/tests")]
    assert any(name.endswith("entry_points.txt") for name in held)
