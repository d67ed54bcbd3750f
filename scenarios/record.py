"""The run record on disk: written whole or not at all, readable by later versions.

A folder with ``scenario.toml`` (resolved), ``manifest.json``, ``summary.json``, one Parquet file a table,
``store/``, where the models and the verification sample lie under their CIDs, and, where the scenario names
files of one's own, ``rule/`` with a reward rule's Solidity sources and ``networks/`` with networks'
descriptions. The manifest holds each file's SHA-256, so that a change is noticed.
"""

import hashlib
import json
import platform
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic_core import from_json

from ..agents import ContributorKeys
from ..contracts import rule_sources
from ..errors import InputError
from ..learning import is_own_network, network_name, read_description
from ..storage import ModelStore
from .later_keys import rows_that_count, settings_that_count, summary_that_counts
from .load import load
from .schema import Scenario, to_toml
from .tables import SCHEMAS, plain

SCHEMA_VERSION = 2
YOUNGER = {"presence": 2}
"""Tables that came with a later version of the format; in an older record they are empty."""
RULE = "rule"
NETWORKS = "networks"
SUMMARY_KEYS = {
    "finished",
    "simulated_seconds",
    "blocks",
    "transactions",
    "models",
    "initiator_cost_wei",
    "fees_wei",
    "contract_balance_end_wei",
    "contract",
    "integrated_model",
}
LIBRARIES = ("verifuse", "mesa", "jax", "jaxlib", "keras", "numpy", "py-evm", "eth-tester", "web3", "pyarrow")


def keep_files(folder: Path, scenario: Scenario) -> None:
    """Copy rule and networks of one's own into ``folder``, so that the record can be run anywhere.

    Raises:
        InputError: They cannot be read.
    """
    for path in scenario.own_networks:
        (folder / _kept(path)).parent.mkdir(exist_ok=True)
        (folder / _kept(path)).write_text(read_description(Path(path)), "utf-8", newline="\n")
    if not scenario.task.has_own_rule:
        return
    (folder / RULE).mkdir()
    for name, text in rule_sources(Path(scenario.task.rule)).items():
        (folder / RULE / name).write_text(text, "utf-8", newline="\n")


def digest_of(
    scenario: Scenario, tables: dict[str, pa.Table], summary: dict[str, Any], files: dict[str, str]
) -> str:
    """Return SHA-256 over everything that a run's seed decides: settings, rows, and the summary.

    Wall-clock times, versions of libraries and paths are not in it; the texts of one's own files are.
    """
    hasher = hashlib.sha256()
    for part in (settings_that_count(scenario), summary_that_counts(summary), *([files] if files else [])):
        hasher.update(_canonical(part))
    for name, rows in rows_that_count(tables):
        hasher.update(name.encode())
        for row in rows:
            hasher.update(_canonical({key: plain(value) for key, value in row.items()}))
    return hasher.hexdigest()


def write_record(
    folder: Path,
    scenario: Scenario,
    tables: dict[str, pa.Table],
    summary: dict[str, Any],
    *,
    wall_seconds: float,
    cpu_seconds: float = 0.0,
) -> None:
    """Write the rest into a ``folder`` with store and kept files; the caller renames it when it is whole.

    ``cpu_seconds`` are this process's own, without those of its learning workers.
    """
    if scenario.task.has_own_rule:
        task = scenario.task.model_copy(update={"rule": f"{RULE}/{Path(scenario.task.rule).name}"})
        scenario = scenario.model_copy(update={"task": task})
    scenario = _with_kept_networks(scenario)
    files = {path.name: path.read_text("utf-8") for path in sorted((folder / RULE).glob("*.sol"))}
    files |= {_kept(path): (folder / _kept(path)).read_text("utf-8") for path in scenario.own_networks}
    (folder / "scenario.toml").write_text(to_toml(scenario), "utf-8")
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", "utf-8")
    manifest = {
        "schema_version": SCHEMA_VERSION,
        "scenario": scenario.name,
        "seed": scenario.seed,
        "digest": digest_of(scenario, tables, summary, files),
        "finished": summary["finished"],
        "wall_seconds": round(wall_seconds, 3),
        "cpu_seconds": round(cpu_seconds, 3),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "libraries": {name: _version(name) for name in LIBRARIES},
        "files": {
            path.relative_to(folder).as_posix(): _sha256(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and folder / "store" not in path.parents
        },
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")


def _kept(network: str) -> str:
    """Return where a record keeps a network of one's own; a name stays as it is."""
    return f"{NETWORKS}/{network_name(network)}.json" if is_own_network(network) else network


def _with_kept_networks(scenario: Scenario) -> Scenario:
    if not scenario.own_networks:
        return scenario
    task, people = scenario.task, scenario.contributors
    network = None if task.network is None else _kept(task.network)
    groups = tuple(group.model_copy(update=_kept_by(group)) for group in people.groups)
    update = {
        "task": task.model_copy(update={"network": network}),
        "contributors": people.model_copy(update={**_kept_by(people), "groups": groups}),
    }
    return scenario.model_copy(update=update)


def _kept_by(people: ContributorKeys) -> dict[str, tuple[str, ...]]:
    return {"networks": tuple(_kept(one) for one in people.networks)}


@dataclass(frozen=True)
class RunRecord:
    """A run record on disk.

    Attributes:
        path: Its folder.
        manifest: ``digest``, ``seed``, ``schema_version``, versions and durations.
        summary: Headline figures.
    """

    path: Path
    manifest: dict[str, Any]
    summary: dict[str, Any]

    @cached_property
    def scenario(self) -> Scenario:
        """The resolved scenario that was run."""
        try:
            return load(self.path / "scenario.toml")
        except InputError as error:
            raise InputError("record", str(self.path), f"a whole record ({error})") from None

    @property
    def store(self) -> ModelStore:
        """The store that the run used."""
        return ModelStore(self.path / "store")

    def table(self, name: str) -> pd.DataFrame:
        """Return one of the tables.

        Args:
            name: ``participants``, ``models``, ``evaluations``, ``payments``, ``transactions``, ``events``,
                ``presence`` or ``timeline``.

        Raises:
            InputError: There is no such table, or its file is missing or damaged.
        """
        if name not in SCHEMAS:
            raise InputError("table", name, f"one of {', '.join(SCHEMAS)}")
        path = self.path / f"{name}.parquet"
        if self.manifest["schema_version"] < YOUNGER.get(name, 1):
            return pa.Table.from_pylist([], schema=pa.schema(list(SCHEMAS[name].items()))).to_pandas()
        if not path.exists():
            raise InputError("record", str(self.path), f"a whole record; {path.name} is missing")
        try:
            return pq.read_table(path).to_pandas()
        except (OSError, pa.ArrowException) as error:
            raise InputError(
                "record", str(path), f"a whole Parquet file ({str(error).splitlines()[0]})"
            ) from None


def read_record(folder: str | Path) -> RunRecord:
    """Open a run record.

    Raises:
        InputError: The folder is no run record, is damaged or changed, or was written by a newer Verifuse.
    """
    path = Path(folder)
    if not path.is_dir():
        raise InputError("record", str(folder), "the folder of a run, as printed by verifuse run")
    try:
        manifest, summary = (
            from_json((path / name).read_bytes()) for name in ("manifest.json", "summary.json")
        )
        written_by = manifest["schema_version"]
        missing = {"digest", "seed", "wall_seconds"} - manifest.keys() | SUMMARY_KEYS - summary.keys()
    except FileNotFoundError as error:
        raise InputError(
            "record", str(folder), f"a run's folder; it has no {Path(error.filename).name}"
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InputError("record", str(folder), "a run's folder; its manifest is damaged") from None
    if written_by <= SCHEMA_VERSION and missing:
        allowed = f"a run's folder; manifest and summary lack {', '.join(sorted(missing))}"
        raise InputError("record", str(folder), allowed)
    if written_by > SCHEMA_VERSION:
        allowed = (
            f"record format {written_by} is newer than this Verifuse, which reads up to {SCHEMA_VERSION}"
        )
        raise InputError("record", str(folder), allowed)
    for name, expected in manifest.get("files", {}).items():
        if not (path / name).is_file():
            raise InputError("record", str(folder), f"a whole record; {name} is missing")
        if _sha256(path / name) != expected:
            raise InputError("record", str(folder), f"a record as its run left it; {name} was changed later")
    return RunRecord(path, manifest, summary)


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"
