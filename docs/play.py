"""Plays a page of the handbook: writes its files, runs its commands in order, and reads what they print.

``python docs/play.py PAGE...`` plays each page in an empty folder and puts what was printed beneath its
commands. The tests play the same pages and compare.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(
    r"(?:Save this as `(?P<file>[^`]+)`:\n\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.S | re.M
)
TOKEN = re.compile(r"\d[\d,]*(?:\.\d+)?|[^\s\d]+")
OPAQUE = re.compile(r"[0-9a-f]{64}|Qm\w{44}|baf\w{50,}|\bin [\d.:]+ s\b")


@dataclass(frozen=True)
class Step:
    """What a reader does next.

    Attributes:
        file: A file to save, if it is one.
        text: Its content; or commands, a line each.
        shown: What the commands print by the page, if it says so.
        place: Where that stands in the page.
    """

    file: str | None
    text: str
    shown: str | None = None
    place: tuple[int, int] = (0, 0)


def steps(page: str) -> Iterator[Step]:
    """Give the steps of a page: blocks to save, and blocks of ``sh`` with the ``text`` behind them."""
    blocks = list(BLOCK.finditer(page))
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if block["file"]:
            yield Step(block["file"], block["text"])
        elif block["kind"] == "sh":
            shown = following if following and following["kind"] == "text" else None
            if shown is None:
                yield Step(None, block["text"])
            else:
                yield Step(None, block["text"], shown["text"], shown.span("text"))


def take(step: Step, folder: Path, cache: Path | None = None) -> str:
    """Take a step in a folder, and return what it printed.

    Raises:
        RuntimeError: A command failed; it says how.
    """
    if step.file is not None:
        (folder / step.file).write_text(step.text, "utf-8")
        return ""
    environment = {**os.environ, "COLUMNS": "120", "PYTHONUTF8": "1"}
    if cache is not None:
        environment["VERIFUSE_CACHE"] = str(cache)
    printed = []
    options = {"cwd": folder, "env": environment, "capture_output": True, "encoding": "utf-8"}
    for line in step.text.splitlines():
        program, *arguments = shlex.split(line, comments=True)
        start = {"verifuse": [sys.executable, "-m", "verifuse"], "python": [sys.executable]}[program]
        done = subprocess.run([*start, *arguments], **options, check=False)
        if done.returncode:
            raise RuntimeError(f"{line}\n{done.stdout}{done.stderr}")
        printed.append(done.stdout)
    return "".join(line.rstrip() + "\n" for line in "".join(printed).splitlines())


def difference(shown: str, printed: str) -> str:
    """Return the first thing in which two outputs differ by more than another machine may; nothing if none.

    The last bit of a weight differs between processors, and with it every CID and block hash, so the order of
    seats and of votes. So words have to be the same in any order, and numbers within 5 %; digests, CIDs and
    the time that it took are nobody's to compare.
    """
    (words, numbers), (other_words, other_numbers) = map(_parts, (shown, printed))
    for word in sorted((words | other_words).keys()):
        if words[word] != other_words[word]:
            return f"{word!r} is shown {words[word]} times, and was printed {other_words[word]} times"
    for one, other in zip(numbers, other_numbers, strict=False):
        if abs(one - other) > 0.05 * max(abs(one), abs(other)):
            return f"{one} is shown, {other} was printed"
    counts = len(numbers), len(other_numbers)
    return "" if counts[0] == counts[1] else f"{counts[0]} numbers are shown, {counts[1]} were printed"


def _parts(text: str) -> tuple[Counter[str], list[float]]:
    tokens = TOKEN.findall(OPAQUE.sub("…", text))
    numbers = sorted(float(token.replace(",", "")) for token in tokens if token[0].isdecimal())
    return Counter(token for token in tokens if not token[0].isdecimal()), numbers


def refresh(path: Path) -> None:
    """Play a page and write what was printed into it."""
    page = path.read_text("utf-8")
    renewed, end = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for step in steps(page):
            printed = take(step, Path(folder))
            if step.shown is not None:
                renewed += [page[end : step.place[0]], printed]
                end = step.place[1]
    path.write_text("".join([*renewed, page[end:]]), "utf-8", newline="\n")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        refresh(Path(name))
