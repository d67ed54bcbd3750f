"""A study's findings on disk: a Markdown page, its figures as PNG, its tables as CSV."""

from pathlib import Path

import pandas as pd

from .findings import Findings, Section


def write_page(findings: Findings, folder: Path, name: str) -> list[Path]:
    """Write ``NAME.md`` with what belongs to it into ``NAME/``, and return all paths, the page first.

    Args:
        findings: What to write.
        folder: Where; made if it is not there.
        name: Of the page.
    """
    from ..analysis.drawing import png  # matplotlib takes most of a second

    beside = folder / name
    beside.mkdir(parents=True, exist_ok=True)
    page = folder / f"{name}.md"
    written = [page]
    parts = [f"# {findings.title}", f"`{findings.command}` computes and writes this page."]
    for number, section in enumerate(findings.sections, start=1):
        parts += _section(section)
        if section.figure is not None:
            file, figure = section.figure
            path = beside / f"{file}.png"
            path.write_bytes(png(figure))
            parts.append(f"![{section.heading}]({name}/{file}.png)")
            written.append(path)
        if section.table is not None:
            path = beside / f"table_{number}.csv"
            section.table.to_csv(path, index=False, lineterminator="\n")
            written.append(path)
    page.write_text("\n\n".join(parts) + "\n", "utf-8")
    return written


def _section(section: Section) -> list[str]:
    parts = [f"## {section.heading}"]
    if section.text:
        parts.append(section.text.strip())
    if section.table is not None:
        parts.append(markdown_table(section.table))
    return parts


def markdown_table(table: pd.DataFrame) -> str:
    """Return a table in Markdown; numbers stand to the right, words to the left."""
    columns = [str(column) for column in table.columns]
    right = [pd.api.types.is_numeric_dtype(table[column]) for column in table.columns]
    rows = [[_cell(value) for value in row] for row in table.itertuples(index=False)]
    rule = ["---:" if numeric else "---" for numeric in right]
    return "\n".join(f"| {' | '.join(row)} |" for row in [columns, rule, *rows])


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
