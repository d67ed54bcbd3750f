"""Mermaid's state diagrams as tables: from which state to which, and by what.

The contract's own page draws its states in Mermaid, which repository hosts show as pictures. The handbook
works without a network and without a JavaScript library, and says the same in words.
"""

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

ARROW = re.compile(r"(\[\*\]|\w+) --> (\[\*\]|\w+)(?:: (.*))?")
NAMED = re.compile(r'state "(.*)" as (\w+)')


class StateDiagram(SphinxDirective):
    """The content of a ``mermaid`` block that begins with ``stateDiagram-v2``."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        if not self.content or self.content[0].strip() != "stateDiagram-v2":
            raise self.error("only stateDiagram-v2 can be shown")
        return [_table(("from", "to", "by"), _steps(list(self.content[1:])))]


def _steps(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    names = {"[*]": "–"}
    for line in lines:
        if named := NAMED.search(line):
            names[named[2]] = named[1]
        elif arrow := ARROW.search(line):
            yield names.get(arrow[1], arrow[1]), names.get(arrow[2], arrow[2]), arrow[3] or ""


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> nodes.table:
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=width) for width in (1, 1, 3)]
    group += nodes.thead("", _row(head))
    group += nodes.tbody("", *map(_row, rows))
    return nodes.table("", group)


def _row(cells: tuple[str, ...]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", cell)) for cell in cells))


def setup(app: Sphinx) -> dict[str, bool]:
    """Make it known to Sphinx."""
    app.add_directive("mermaid", StateDiagram)
    return {"parallel_read_safe": True}
