"""The text of a scenario or sweep: a shipped one by its name, or a file by its path."""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from ..errors import InputError
from .overrides import hint


def shipped_texts(package: str, folder: str = "library") -> dict[str, str]:
    """Return the text of every TOML file in a package's folder, by name."""
    library = resources.files(package).joinpath(folder)
    files = sorted(library.iterdir(), key=lambda entry: entry.name)
    return {entry.name[:-5]: entry.read_text("utf-8") for entry in files if entry.name.endswith(".toml")}


def named_text(kind: str, source: str, known: Mapping[str, str], most: int) -> str:
    """Return a TOML file's text.

    Args:
        kind: What it is, for messages: ``scenario`` or ``sweep``.
        source: A shipped one's name, or a path.
        known: The shipped ones' texts by name.
        most: Bytes that a file may have.

    Raises:
        InputError: There is none of that name, or the file cannot be read.
    """
    if source in known:
        return known[source]
    path, shown = Path(source), ", ".join(known)
    if path.suffix != ".toml" and len(path.parts) == 1 and not path.exists():
        raise InputError(kind, source, f"a path ending in .toml, or one of {shown}{hint(source, known)}")
    try:
        content = path.read_bytes()
        if len(content) > most:
            raise InputError(kind, source, f"a file of at most {most:,} bytes")
        return content.decode("utf-8-sig")  # Windows editors may begin a file with a mark
    except FileNotFoundError:
        raise InputError(kind, source, f"no such file; shipped are {shown}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(kind, source, f"a readable UTF-8 text file is needed ({error})") from None
