"""Faults that need no thought: one operator exchanged, or one statement dropped."""

import random
import re
from collections.abc import Iterator, Mapping

EXCHANGES = {
    " < ": " <= ",
    " <= ": " < ",
    " > ": " >= ",
    " >= ": " > ",
    " == ": " != ",
    " != ": " == ",
    " && ": " || ",
    " || ": " && ",
    " + ": " - ",
    " - ": " + ",
    " * ": " / ",
    " += ": " -= ",
    " -= ": " += ",
    "++": "--",
    " & ": " | ",
    " | ": " & ",
}
OPERATOR = re.compile("|".join(re.escape(operator) for operator in sorted(EXCHANGES, key=len, reverse=True)))
# A whole line that checks, writes, deletes or emits.
STATEMENT = re.compile(
    r"^ +(?:if \(.*\) revert .*;|[\w.\[\]]+ [-+|&^]?= .*;|delete .*;|emit .*;|_\w+\(.*\);)$", re.MULTILINE
)
COMMENT = re.compile(r"//.*")


def faults_of(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield each fault of one source: its line, the whole text with it, and what was done."""
    blanked = COMMENT.sub(lambda match: " " * len(match[0]), text)
    for match in OPERATOR.finditer(blanked):
        yield fault(
            text, match, EXCHANGES[match[0]], f"{match[0].strip()} became {EXCHANGES[match[0]].strip()}"
        )
    for match in STATEMENT.finditer(blanked):
        yield fault(text, match, "", f"dropped {match[0].strip()}")


def fault(text: str, match: re.Match[str], replacement: str, done: str) -> tuple[int, str, str]:
    """Return line, changed text and description of one exchange."""
    changed = text[: match.start()] + replacement + text[match.end() :]
    return text.count("\n", 0, match.start()) + 1, changed, done


def sweep(texts: Mapping[str, str], count: int, seed: int) -> list[tuple[str, str, str]]:
    """Draw faults at random: file, the whole text with the fault, and what was done at which line."""
    every = [
        (file, changed, f"line {line}: {done}")
        for file, text in texts.items()
        for line, changed, done in faults_of(text)
    ]
    return random.Random(seed).sample(every, min(count, len(every)))
