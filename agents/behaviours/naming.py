"""Behaviours by name: the shipped ones, and classes of one's own."""

import difflib
import hashlib
import importlib
import importlib.util
import inspect
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from ..config.base import Settings, refusal

if TYPE_CHECKING:
    from .base import Behaviour

Role = Literal["contributor", "verifier", "oracle", "initiator"]
HONEST = "honest"

_RUNS_OWN_CODE: ContextVar[bool] = ContextVar("_RUNS_OWN_CODE", default=True)


def is_own(name: str) -> bool:
    """Whether a name is that of a user's own class."""
    return ":" in name


def is_own_file(name: str) -> bool:
    """Whether a name is that of a class in a file of the user's own."""
    return name.rpartition(":")[0].endswith(".py")


def runs_own_code() -> bool:
    """Whether behaviours of one's own are looked at, which runs their code."""
    return _RUNS_OWN_CODE.get()


@contextmanager
def without_own_code() -> Iterator[None]:
    """Leave behaviours of one's own unlooked at: reading a stranger's record must not run her code."""
    before = _RUNS_OWN_CODE.set(False)
    try:
        yield
    finally:
        _RUNS_OWN_CODE.reset(before)


def shipped(role: Role) -> tuple[str, ...]:
    """Return the names of a role's shipped behaviours."""
    folder = importlib.import_module(f".{role}s", __package__)
    return tuple(sorted(found.name for found in pkgutil.iter_modules(folder.__path__)))


def behaviour_class(role: Role, name: str) -> "type[Behaviour]":
    """Return the class of a behaviour.

    Args:
        role: Whose behaviour it is.
        name: A shipped one's, or ``module:Class`` or ``path/to/file.py:Class`` of one's own; its code is run.

    Raises:
        PydanticCustomError: There is none of that name, or it is no behaviour of this role.
    """
    if not is_own(name):
        return _shipped_class(role, name)
    honest = _shipped_class(role, HONEST)
    source, _, attribute = name.rpartition(":")
    found = getattr(_own_module(source, name), attribute, None)
    if not inspect.isclass(found) or not issubclass(found, honest):
        allowed = f"a class in {source} that derives from {honest.__module__}.{honest.__name__}"
        raise refusal("behaviour", name, allowed)
    return found


def options_of(role: Role, name: str, options: Mapping[str, Any]) -> Settings:
    """Return a behaviour's options, checked.

    Raises:
        PydanticCustomError: An option that the behaviour does not know, or a value that it cannot have.
    """
    kind = behaviour_class(role, name).Options
    try:
        return kind(**options)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        value: object = first["input"]
        if first["type"] == "refused":
            said = first.get("ctx", {})
            key = ".".join(filter(None, (key, said["field"])))
            value, allowed = said["value"], said["allowed"]
        elif first["type"] == "extra_forbidden":
            allowed = f"{name!r} has {_listed(kind)}{_near(key, kind.model_fields)}"
        else:
            allowed = first["msg"][:1].lower() + first["msg"][1:]
        raise refusal(f"options.{key}", value, allowed) from None


def behaviour(
    role: Role, name: str, options: Mapping[str, Any] | None, *, seed: int = 0, who: str = "", place: int = 0
) -> "Behaviour":
    """Return a behaviour for one participant.

    Args:
        role: Whose behaviour it is.
        name: The behaviour's.
        options: What the scenario says.
        seed: The run's.
        who: The participant's name.
        place: Hers in her group, from 0.
    """
    kind = behaviour_class(role, name)
    return kind(options_of(role, name, options or {}), seed=seed, who=who, place=place)


def _shipped_class(role: Role, name: str) -> "type[Behaviour]":
    known = shipped(role)
    if name not in known:
        allowed = f"one of {', '.join(known)}, or module:Class of your own{_near(name, known)}"
        raise refusal("behaviour", name, allowed)
    module = importlib.import_module(f".{role}s.{name}", __package__)
    return getattr(module, "".join(word.capitalize() for word in name.split("_")))


def _own_module(source: str, name: str) -> ModuleType:
    try:
        if not source.endswith(".py"):
            return importlib.import_module(source)
        path = Path(source).resolve()
        digest = hashlib.sha256(str(path).encode() + path.read_bytes()).hexdigest()
        known = f"verifuse_behaviour_{path.stem}_{digest[:16]}"
        if known in sys.modules:  # so that all of a group have one class
            return sys.modules[known]
        spec = importlib.util.spec_from_file_location(known, path)
        assert spec is not None and spec.loader is not None, "Python knows how to load what ends in .py"
        module = importlib.util.module_from_spec(spec)
        # Pydantic and pickle look classes up by their module's name.
        sys.modules[known] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[known]
            raise
        return module
    except Exception as error:  # a stranger's code may raise anything
        allowed = f"a module that can be imported: {type(error).__name__}: {error}"
        raise refusal("behaviour", name, allowed) from error


def _listed(kind: type[Settings]) -> str:
    return f"the options {', '.join(kind.model_fields)}" if kind.model_fields else "no options"


def _near(word: str, known: Any) -> str:
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
