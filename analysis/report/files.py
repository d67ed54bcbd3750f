"""A page that holds everything, and what lies beside it: figures as PNG and SVG, tables as CSV and LaTeX."""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from ...errors import InputError
from ...storage import write_atomically
from ..drawing import png

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Report:
    """Where a report lies.

    Attributes:
        page: The HTML page, which holds its figures and needs no other file.
        figures: The same figures as PNG files; each lies beside it as SVG too.
        tables: The page's tables, exact, as CSV files; each lies beside it in LaTeX too.
    """

    page: Path
    figures: tuple[Path, ...]
    tables: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Drawing:
    """A figure in its formats.

    Attributes:
        name: Of its files, without an ending.
        text: What it shows.
        png: The picture.
        svg: The same as lines and letters.
        task: The task that it is about; ``None`` if it is about all.
    """

    name: str
    text: str
    png: bytes
    svg: bytes
    task: str | None = None

    @property
    def shown(self) -> dict[str, Any]:
        """What the page's template shows of it."""
        data = b64encode(self.png).decode()
        return {"task": self.task, "name": f"{self.name}.png", "text": self.text, "data": data}


@dataclass(frozen=True, eq=False)
class Table:
    """A table in its formats.

    Attributes:
        name: Of its files, without an ending.
        title: What it shows, a line.
        exact: Every number as it is.
        shown: The same for people: text, rounded, with units in its headings.
    """

    name: str
    title: str
    exact: pd.DataFrame
    shown: pd.DataFrame

    @property
    def csv(self) -> bytes:
        """The exact table."""
        return self.exact.to_csv(index=False, lineterminator="\n").encode()

    @property
    def latex(self) -> bytes:
        """The shown table for a paper; it needs the package ``booktabs``."""
        words = [_is_words(self.shown[name].tolist()) for name in self.shown.columns]
        columns = "".join("l" if word else "r" for word in words)
        text = self.shown.astype(str).map(_tex).rename(columns=lambda name: _tex(str(name)))
        return text.to_latex(index=False, escape=False, column_format=columns).encode()

    @property
    def content(self) -> dict[str, Any]:
        """What the page's template shows of it."""
        words = [_is_words(self.shown[name].tolist()) for name in self.shown.columns]
        rows = [[str(value) for value in row] for row in self.shown.itertuples(index=False)]
        columns = list(zip(map(str, self.shown.columns), words, strict=True))
        return {"title": self.title, "name": f"{self.name}.csv", "columns": columns, "rows": rows}


def draw(name: str, text: str, figure: "Figure", task: str | None = None) -> Drawing:
    """Return a figure in its formats; equal figures are equal files."""
    from matplotlib import rc_context

    content = BytesIO()
    with rc_context({"svg.hashsalt": "verifuse", "svg.fonttype": "none"}):
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    return Drawing(name, text, png(figure), content.getvalue(), task)


def write_report_files(
    out: Path,
    template: str,
    content: Mapping[str, Any],
    drawings: Sequence[Drawing],
    tables: Sequence[Table],
) -> Report:
    """Write a page and all that lies beside it; each file appears whole, the page last.

    Args:
        out: The folder; made if it is not there.
        template: Of the page, in ``templates/``.
        content: What it needs beside figures.
        drawings: The figures.
        tables: The tables.
    """
    page = render(template, content, drawings)
    formats: list[tuple[str, bytes]] = []
    for drawing in drawings:
        formats += [(f"{drawing.name}.png", drawing.png), (f"{drawing.name}.svg", drawing.svg)]
    for table in tables:
        formats += [(f"{table.name}.csv", table.csv), (f"{table.name}.tex", table.latex)]
    for name, data in [*formats, ("index.html", page.encode())]:
        write_atomically(out / name, data)
    return Report(
        out / "index.html",
        tuple(out / f"{drawing.name}.png" for drawing in drawings),
        tuple(out / f"{table.name}.csv" for table in tables),
    )


def render(template: str, content: Mapping[str, Any], drawings: Sequence[Drawing]) -> str:
    """Return a page; see ``write_report_files``."""
    environment = Environment(
        loader=PackageLoader("verifuse.analysis", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    figures = [drawing.shown for drawing in drawings]
    page = environment.get_template(template).render(content, figures=figures)
    return page.replace(" %", "\N{NO-BREAK SPACE}%")  # a number and its unit stay on one line


def check_folder(out: Path) -> None:
    """Refuse a folder that cannot be one.

    Raises:
        InputError: A file is in the way.
    """
    nearest = next(path for path in (out.absolute(), *out.absolute().parents) if path.exists())
    if not nearest.is_dir():
        raise InputError("out", str(out), f"a folder; the file {nearest.name} is in the way")


def _is_words(column: Sequence[object]) -> bool:
    """Whether a shown column holds words, which stand to the left; numbers stand to the right."""
    return not all(re.fullmatch(r"[+−–]?[\d.,]*( %| ± .*| \(.*)?", str(value)) for value in column)


def _tex(text: str) -> str:
    special = {"\\": r"\textbackslash{}", "−": "$-$", "±": r"$\pm$", "–": "--", "~": r"\textasciitilde{}"}
    special |= {char: f"\\{char}" for char in "&%$#_{}"} | {
        "^": r"\textasciicircum{}",
        "\N{NO-BREAK SPACE}": "~",
    }
    return "".join(special.get(char, char) for char in text)
