"""The run record on disk: written whole or not at all, readable by later versions.

A folder with ``scenario.toml`` (resolved), ``manifest.json``, ``summary.json``, one Parquet file a table,
``store/``, where the models and the verification sample lie under their CIDs, and, where the scenario names
files of one's own, ``rule/`` with a reward rule's Solidity sources, ``networks/`` with networks'
descriptions, and ``behaviours/`` with behaviours' Python files. The manifest holds each file's SHA-256, so
that a change is noticed.
"""

import hashlib
import json
import platform
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic_core import from_json

from ..agents import BehaviourKeys, ContributorKeys, TaskSettings, each_with_behaviour
from ..agents.behaviours import is_own_file, without_own_code
from ..contracts import rule_sources
from ..errors import InputError
from ..learning import is_own_network, network_name, read_description
from ..storage import ModelStore
from .columns import SCHEMAS
from .later_keys import rows_that_count, settings_that_count, summary_that_counts
from .layers import PARTIES
from .load import load
from .older import tasks_of_one
from .schema import Scenario, to_toml
from .tables import plain

SCHEMA_VERSION = 3
YOUNGER = {"presence": 2, "tasks": 3}
"""Tables that came with a later version of the format; in an older record they are empty, but ``tasks``."""
T = TypeVar("T", bound=TaskSettings)
K = TypeVar("K", bound=BehaviourKeys)
RULE = "rule"
NETWORKS = "networks"
BEHAVIOURS = "behaviours"
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
    """Copy rule, networks and behaviours of one's own into ``folder``, to let the record be run anywhere.

    A behaviour that is named by a module, not by a file, has to be installed there.

    Raises:
        InputError: They cannot be read.
    """
    for path in scenario.own_networks:
        (folder / _kept(path)).parent.mkdir(exist_ok=True)
        (folder / _kept(path)).write_text(read_description(Path(path)), "utf-8", newline="\n")
    for name, kept in _kept_behaviours(scenario).items():
        (folder / kept).parent.mkdir(parents=True, exist_ok=True)
        source = Path(name.rpartition(":")[0])
        (folder / kept).write_text(_read_text(source), "utf-8", newline="\n")
    for path, kept in _kept_rules(scenario).items():
        (folder / kept).parent.mkdir()
        for name, text in rule_sources(Path(path)).items():
            (folder / kept).with_name(name).write_text(text, "utf-8", newline="\n")


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
    rules = {Path(kept).parent for kept in _kept_rules(scenario).values()}
    files = {path.name: path.read_text("utf-8") for path in sorted((folder / RULE).glob("*.sol"))}
    for rule in sorted(rules - {Path(RULE)}):
        files |= {
            f"{rule}/{path.name}": path.read_text("utf-8") for path in sorted((folder / rule).glob("*.sol"))
        }
    for kept in _kept_behaviours(scenario).values():
        files[kept] = (folder / kept).read_text("utf-8")
    scenario = _with_kept_files(scenario)
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


def _kept_behaviours(scenario: Scenario) -> dict[str, str]:
    """Return where a record keeps the files of behaviours of one's own, by ``path:Class``.

    Files of the same name lie in folders of their own: ``behaviours/``, ``behaviours-2/``.
    """
    names = dict.fromkeys(keys.behaviour for _, keys in each_with_behaviour(scenario))
    own = [name for name in names if is_own_file(name)]
    paths: dict[str, list[str]] = {}
    for name in own:
        path = name.rpartition(":")[0]
        alike = paths.setdefault(Path(path).name, [])
        if path not in alike:
            alike.append(path)
    kept = {}
    for name in own:
        path = name.rpartition(":")[0]
        number = paths[Path(path).name].index(path) + 1
        kept[name] = f"{BEHAVIOURS if number == 1 else f'{BEHAVIOURS}-{number}'}/{Path(path).name}"
    return kept


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("behaviour", str(path), f"a readable UTF-8 text file ({error})") from None


def _kept_rules(scenario: Scenario) -> dict[str, str]:
    """Return where a record keeps the reward rules of one's own: ``rule/``, ``rule-2/``, by their paths."""
    paths = dict.fromkeys(task.rule for task in scenario.task_list if task.has_own_rule)
    folders = (RULE if number == 1 else f"{RULE}-{number}" for number in count(1))
    return {path: f"{folder}/{Path(path).name}" for path, folder in zip(paths, folders, strict=False)}


def _with_kept_files(scenario: Scenario) -> Scenario:
    """Return a scenario that names the record's copies of rules and networks of one's own."""
    rules = _kept_rules(scenario)

    def kept(task: T) -> T:
        update: dict[str, object] = {}
        if task.network is not None and is_own_network(task.network):
            update["network"] = _kept(task.network)
        if task.has_own_rule:  # one that every task replaces by another has no copy
            update["rule"] = rules.get(task.rule, Path(task.rule).name)
        return task.model_copy(update=update) if update else task

    files = _kept_behaviours(scenario)

    def deciding(keys: K) -> K:
        update: dict[str, object] = {}
        if isinstance(keys, ContributorKeys):
            update["networks"] = tuple(_kept(one) for one in keys.networks)
        if is_own_file(keys.behaviour):  # a table's own, where every group has another, has no copy
            path, _, attribute = keys.behaviour.rpartition(":")
            update["behaviour"] = f"{files.get(keys.behaviour, Path(path).name)}:{attribute}"
        if groups := getattr(keys, "groups", ()):
            update["groups"] = tuple(map(deciding, groups))
        return keys.model_copy(update=update) if update else keys

    update: dict[str, object] = {"task": kept(scenario.task), "tasks": tuple(map(kept, scenario.tasks))}
    for party in PARTIES:
        update[party] = deciding(getattr(scenario, party))
    return scenario.model_copy(update=update)


@dataclass(frozen=True)
class RunRecord:
    """A run record on disk.

    Attributes:
        path: Its folder.
        manifest: ``digest``, ``seed``, ``schema_version``, versions and durations.
        summary: Headline figures.
        task: The task that it was narrowed down to by ``of_task``, if it was.
    """

    path: Path
    manifest: dict[str, Any]
    summary: dict[str, Any]
    task: str | None = None

    @cached_property
    def scenario(self) -> Scenario:
        """The resolved scenario that was run; of one task alone, its terms are under ``task``.

        Behaviours of one's own in it are not looked at: to read a record runs none of its code.
        """
        try:
            with without_own_code():
                whole = load(self.path / "scenario.toml")
        except InputError as error:
            raise InputError("record", str(self.path), f"a whole record ({error})") from None
        if self.task is None:
            return whole
        entry = next(entry for entry in whole.task_list if entry.name == self.task)
        return whole.model_copy(update={"task": entry, "tasks": ()})

    @property
    def task_names(self) -> tuple[str, ...]:
        """The names of the scenario's tasks in the order of posting."""
        return tuple(entry.name for entry in self.scenario.task_list)

    def of_task(self, name: str | None = None) -> "RunRecord":
        """Return the same record as if one task had been all there was; a record of one task is that already.

        Models, evaluations, payments, events and diary are the task's; participants and transactions, who
        may have had to do with several, are everybody's.

        Args:
            name: The task; absent, the first.

        Raises:
            InputError: There is no such task.
        """
        names = self.task_names
        name = name if name is not None else names[0]
        if name not in names:
            raise InputError("task", name, f"one of {', '.join(names)}")
        if len(names) == 1:
            return self
        own = next((one for one in self.summary["tasks"] if one["name"] == name), {})
        return RunRecord(self.path, self.manifest, {**self.summary, **own}, name)

    @property
    def store(self) -> ModelStore:
        """The store that the run used."""
        return ModelStore(self.path / "store")

    def table(self, name: str) -> pd.DataFrame:
        """Return one of the tables; of a record that was narrowed down to one task, the rows about it.

        Args:
            name: ``tasks``, ``participants``, ``models``, ``evaluations``, ``payments``, ``transactions``,
                ``events``, ``presence`` or ``timeline``.

        Raises:
            InputError: There is no such table, or its file is missing or damaged.
        """
        if name not in SCHEMAS:
            raise InputError("table", name, f"one of {', '.join(SCHEMAS)}")
        frame = self._whole_table(name)
        return frame if self.task is None else frame.loc[self._own_rows(name, frame)].reset_index(drop=True)

    def _own_rows(self, name: str, frame: pd.DataFrame) -> list[bool]:
        """Say of each row whether it is about the task that the record is narrowed down to, or about none."""
        if name not in ("tasks", "models", "evaluations", "payments", "events", "timeline"):
            return [True] * len(frame)
        listed, models = self._whole_table("tasks"), self._whole_table("models")
        own = dict(zip(listed["name"].tolist(), listed["task_id"].tolist(), strict=True)).get(self.task)
        task_of = dict(zip(models["model_id"].tolist(), models["task_id"].tolist(), strict=True))
        absent = [None] * len(frame)
        tasks, about = (
            frame[key].tolist() if key in frame.columns else absent for key in ("task_id", "model_id")
        )
        # Only models that were announced have a number; what names neither is about no task.
        named = [task_of.get(model, task) for model, task in zip(about, tasks, strict=True)]
        return [task == own or not task or task != task for task in named]

    def _whole_table(self, name: str) -> pd.DataFrame:
        path = self.path / f"{name}.parquet"
        if self.manifest["schema_version"] < YOUNGER.get(name, 1):
            if name == "tasks":
                return tasks_of_one(self)
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
