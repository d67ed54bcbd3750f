"""The reference of the contract, ``docs/reference/contract.md``, from the NatSpec of its shipped interfaces.

``make docs`` writes it: ``python -m verifuse.contracts.reference_page docs/reference/contract.md``.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

INTRODUCTION = """\
# The contract, call by call

<!-- Written by `make docs` from the NatSpec of the Solidity interfaces; change it there. -->

This is the interface of `TaskMarket`, and of the reward rules that it asks, in the words of their sources.
[How the parts fit](../explanation/contract.md) has states, windows, who may call what, gas, and what each
known attack meets. `verifuse.contracts` has each call as a method; events, structs and errors are classes
of the same names.
"""

FILES = ("ITaskMarket.sol", "IRewardRule.sol")
HEADINGS = {
    "function": "Calls",
    "event": "Events",
    "error": "Errors",
    "struct": "Structs",
    "enum": "Enums",
    "constant": "Constants",
}

_DECLARED = re.compile(
    r"^ *((?:function|event|error)\s[^;]*;|(?:struct|enum)\s[^}]*\}|interface\s+\w+|\w+ constant [^;]*;)",
    re.M,
)
_NAMED = re.compile(r"(function|event|error|struct|enum|interface|constant)\s+(\w+)")
_TAG = re.compile(r"@(title|notice|dev|param|return)\s")
_COLUMNS = re.compile(r"\S {3,}\S")
_FIELD = re.compile(r"^((?:\w+, )*\w+)\s+(.*)", re.S)


@dataclass(frozen=True)
class Declaration:
    """Something that an interface declares.

    Attributes:
        kind: ``function``, ``event``, ``error``, ``struct``, ``enum``, ``constant`` or ``interface``.
        name: Its name.
        code: The declaration as it stands in the source.
        told: What NatSpec says, as pairs of a tag and a text in Markdown.
    """

    kind: str
    name: str
    code: str
    told: tuple[tuple[str, str], ...]

    def texts(self, *tags: str) -> list[str]:
        """Return the texts under these tags, tag by tag."""
        return [text for wanted in tags for tag, text in self.told if tag == wanted]


def declarations(source: str) -> Iterator[Declaration]:
    """Give what a Solidity interface declares, in its order."""
    for found in _DECLARED.finditer(source):
        named = _NAMED.search(found[1])
        assert named is not None  # the one pattern asks for what the other looks for
        yield Declaration(named[1], named[2], _dedented(found[1]), tuple(_natspec(source[: found.start()])))


def contract_page() -> str:
    """Return the page in Markdown."""
    parts = [INTRODUCTION]
    for file in FILES:
        source = (resources.files("verifuse.contracts") / "solidity" / file).read_text("utf-8")
        found = list(declarations(source))
        parts.append(f"## `{file}`\n")
        parts += [_told(one) for one in found if one.kind == "interface"]
        for kind, heading in HEADINGS.items():
            of_kind = [one for one in found if one.kind == kind]
            if of_kind:
                parts.append(f"### {heading} of `{file.removesuffix('.sol')}`\n")
                parts += [_errors(of_kind)] if kind == "error" else map(_section, of_kind)
    return "\n".join(parts)


def _section(one: Declaration) -> str:
    return f"#### `{one.name}`\n\n```solidity\n{one.code}\n```\n\n{_told(one)}".rstrip() + "\n"


def _errors(errors: list[Declaration]) -> str:
    """Return errors as one block: their names and arguments say it all, few have NatSpec."""
    lines = [
        line for one in errors for line in (*(f"/// {text}" for text in one.texts("notice", "dev")), one.code)
    ]
    return "```solidity\n" + "\n".join(lines) + "\n```\n"


def _told(one: Declaration) -> str:
    paragraphs = one.texts("title", "notice", "dev")
    rows = [_row("", text) for text in one.texts("param")] + [
        _row("returns ", text) for text in one.texts("return")
    ]
    if rows:
        paragraphs.append("\n".join(["| name | meaning |", "|---|---|", *rows]))
    return "\n\n".join(paragraphs) + "\n" if paragraphs else ""


def _row(before: str, text: str) -> str:
    name, meaning = _FIELD.findall(text)[0]
    return f"| {before}`{name}` | {' '.join(meaning.split())} |"


def _natspec(before: str) -> Iterator[tuple[str, str]]:
    """Give tags and texts of the comment that ends a text."""
    lines: list[str] = []
    for line in map(str.strip, reversed(before.rstrip().splitlines())):
        if not line.startswith("//"):
            break
        if line.startswith("///"):
            lines.insert(0, line.removeprefix("///"))
    _, *tagged = _TAG.split("\n".join(lines))
    for tag, text in zip(tagged[::2], tagged[1::2], strict=True):
        yield tag, "\n\n".join(map(_paragraph, re.split(r"\n\s*\n", text.strip("\n"))))


def _paragraph(text: str) -> str:
    """Return a paragraph of a comment without its indent; items of lists and columns keep their lines."""
    lines = [line.strip() for line in text.splitlines()]
    columns = [line for line in lines if _COLUMNS.search(line)]
    if columns:
        told = " ".join(line for line in lines if line not in columns).strip()
        return f"{told}\n\n```text\n" + "\n".join(columns) + "\n```"
    told, *items = re.split(r"(?:^| )- ", " ".join(lines))
    return "\n\n".join(filter(None, [told.strip(), "\n".join(f"- {item}" for item in items)]))


def _dedented(code: str) -> str:
    """Return a declaration without the indent of the interface around it."""
    first, *rest = code.splitlines()
    indent = min((len(line) - len(line.lstrip()) for line in rest), default=0)
    return "\n".join([first, *(line[indent:] for line in rest)])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(contract_page(), "utf-8", newline="\n")
