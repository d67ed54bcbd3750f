"""From a TOML file and ``key=value`` overrides to a scenario, or to one line that says what is wrong."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import InputError
from ..learning import NETWORK_FILES, RECIPES
from .overrides import apply_override, first_refusal, hint
from .schema import Scenario

MAX_SCENARIO_BYTES = 1_000_000


def shipped() -> dict[str, str]:
    """Return the text of every scenario that comes with Verifuse, by name."""
    library = resources.files("verifuse.scenarios").joinpath("library")
    files = sorted(library.iterdir(), key=lambda entry: entry.name)
    return {entry.name[:-5]: entry.read_text("utf-8") for entry in files if entry.name.endswith(".toml")}


def load(source: str | Path, overrides: Sequence[str] = (), *, seed: int | None = None) -> Scenario:
    """Read a scenario.

    The paths of a reward rule and of networks are relative to the file that names them, or to the current
    folder if an override does.

    Args:
        source: A shipped scenario's name or the path of a TOML file.
        overrides: ``key=value`` texts such as ``task.mafr=0.8``; values are written as in TOML.
        seed: Overrides the scenario's seed.

    Returns:
        The scenario; ``resolved`` fills in what follows from the rest, such as the escrow.

    Raises:
        InputError: The file, a key or a value cannot be used; the message names it and what is allowed.
    """
    table = _parse(str(source), _read(str(source)))
    _find_files(table, Path(source).parent)
    _give_way_to_another_recipe(table, overrides)
    for override in overrides:
        apply_override(table, override)
    _find_files(table, Path())
    if seed is not None:
        table["seed"] = seed
    return from_table(table)


def from_table(table: Mapping[str, Any]) -> Scenario:
    """Check a scenario given as nested tables; see ``load``."""
    try:
        return Scenario.model_validate(dict(table))
    except ValidationError as error:
        raise first_refusal(error, Scenario, "a scenario") from None


def _read(source: str) -> str:
    known = shipped()
    if source in known:
        return known[source]
    path = Path(source)
    looks_like_path = path.suffix == ".toml" or len(path.parts) > 1
    if not looks_like_path and not path.exists():
        raise InputError(
            "scenario", source, f"a path ending in .toml, or one of {', '.join(known)}{hint(source, known)}"
        )
    try:
        content = path.read_bytes()
        if len(content) > MAX_SCENARIO_BYTES:
            raise InputError("scenario", source, f"a file of at most {MAX_SCENARIO_BYTES:,} bytes")
        return content.decode("utf-8")
    except FileNotFoundError:
        raise InputError("scenario", source, f"no such file; shipped are {', '.join(known)}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("scenario", source, f"a readable UTF-8 text file is needed ({error})") from None


def _parse(source: str, text: str) -> dict[str, Any]:
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError("scenario", source, f"it must be valid TOML: {error}") from None
    if not table:
        raise InputError(
            "scenario", source, "it is empty; write at least one key, such as [task] mafr = 0.75"
        )
    table.setdefault("name", re.sub(r"[^A-Za-z0-9_.-]", "-", Path(source).stem) or "unnamed")
    return table


def _find_files(table: dict[str, Any], folder: Path) -> None:
    """Make paths of reward rules and networks absolute, so that they mean the same files from anywhere."""

    def found(value: Any, *endings: str) -> Any:
        if isinstance(value, list):
            return [found(one, *endings) for one in value]
        is_path = isinstance(value, str) and value.endswith(endings)
        return str(folder.absolute() / value) if is_path else value

    places = (
        ("task", "rule", (".sol",)),
        ("task", "network", NETWORK_FILES),
        ("contributors", "networks", NETWORK_FILES),
    )
    for name, key, endings in places:
        settings = table.get(name)
        if isinstance(settings, dict) and key in settings:
            settings[key] = found(settings[key], *endings)


def _give_way_to_another_recipe(table: dict[str, Any], overrides: Sequence[str]) -> None:
    """Forget what a file that writes everything out has from its own recipe, if an override names another."""
    changed: dict[str, Any] = {}
    for override in overrides:
        apply_override(changed, override)
    old = table.get("recipe", "plain")
    if old in RECIPES and changed.get("recipe", old) != old:
        for part in ("training", "fusion"):
            if part in table:
                table[part] = RECIPES[old].without_own(part, table[part])
