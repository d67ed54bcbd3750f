"""From a TOML file to a sweep, or to one line that says what is wrong."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import InputError
from ..learning import NETWORK_FILES
from ..scenarios import apply_override, first_refusal, toml_text
from ..scenarios.layers import scenario_name
from ..scenarios.named_text import named_text, shipped_texts
from .plan import Plan
from .schema import Sweep

MAX_SWEEP_BYTES = 10_000_000
FILES = (".toml", ".sol", ".npz", *NETWORK_FILES)


def shipped_sweeps() -> dict[str, str]:
    """Return the text of every sweep that comes with Verifuse, those of studies last, by name."""
    return shipped_texts("verifuse.sweeps") | shipped_texts("verifuse.scenarios", "studies")


def load_sweep(
    source: str | Path, changes: Sequence[str] = (), *, seeds: int | Sequence[int] | None = None
) -> Sweep:
    """Read a sweep.

    Paths in the file are relative to it, those in ``changes`` to the current folder.

    Args:
        source: A shipped sweep's name or the path of a TOML file.
        changes: ``key=value`` texts that change the scenario of every point, such as ``data.set=digits``.
        seeds: Overrides the sweep's seeds.

    Raises:
        InputError: The file, a key or a value cannot be used, or no point makes a scenario; the message names
            it and what is allowed.
    """
    text = named_text("sweep", str(source), shipped_sweeps(), MAX_SWEEP_BYTES)
    try:
        table: dict[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError("sweep", str(source), f"it must be valid TOML: {error}") from None
    if not table:
        raise InputError("sweep", str(source), "it is empty; it names at least a scenario")
    table.setdefault("name", scenario_name(str(source)))
    table = _found(table, Path(source).parent)
    for change in changes:
        apply_override(table, f"set.{change}")
    table = _found(table, Path())
    if seeds is not None:
        table["seeds"] = seeds
        table.pop("until", None)
    try:
        sweep = Sweep.model_validate(table)
        Plan(sweep)  # which makes a point of it, or refuses
    except ValidationError as error:
        raise first_refusal(error, Sweep, "a sweep").within(str(source)) from None
    except InputError as error:
        raise error.within(str(source)) from None
    return sweep


def to_toml(sweep: Sweep) -> str:
    """Return a sweep as TOML; loading it gives the same sweep."""
    table = sweep.model_dump(exclude_none=True)
    return "".join(f"{key} = {toml_text(value)}\n" for key, value in table.items())


def _found(value: Any, folder: Path) -> Any:
    """Make the paths of scenarios, rules, networks and data absolute, so that they mean the same anywhere."""
    if isinstance(value, dict):
        return {key: _found(one, folder) for key, one in value.items()}
    if isinstance(value, list):
        return [_found(one, folder) for one in value]
    is_path = isinstance(value, str) and value.endswith(FILES) and "\n" not in value
    return str(folder.absolute() / value) if is_path else value
