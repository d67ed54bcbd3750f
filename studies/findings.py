"""What a study found: words, a table and a figure to each of its questions."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Section:
    """The answer to one question.

    Attributes:
        heading: The question or subject, a line.
        text: The answer in words: Markdown paragraphs. Every number in them is computed.
        table: What the words rest on. Cells are shown as they are, so percentages come as text.
        figure: File name without its ending, and the picture.
    """

    heading: str
    text: str = ""
    table: "pd.DataFrame | None" = None
    figure: "tuple[str, Figure] | None" = None


@dataclass(frozen=True, eq=False)
class Findings:
    """All that a study found.

    Attributes:
        title: Of its page.
        command: The command that prints it again.
        sections: The answers in order; the first one may have no heading of its own.
    """

    title: str
    command: str
    sections: tuple[Section, ...]

    def __post_init__(self):
        headings = [section.heading for section in self.sections]
        if len(set(headings)) != len(headings):
            raise InputError("sections", headings, "every section needs a heading of its own")
