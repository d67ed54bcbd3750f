"""Every notebook runs from its first cell to its last, solutions too, and is kept without what it printed."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

HERE = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(HERE.glob("*.ipynb"))
SOLUTIONS = [HERE / "teachers" / f"{path.stem}_solutions.ipynb" for path in NOTEBOOKS]
MOST_LINES = 45
"""Of a cell; a longer one holds more than one idea."""


def read(path):
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    return book


def text_of(path):
    """Return what is there to read, without the code."""
    return "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")


def test_there_are_six_each_with_solutions():
    assert [path.name[0] for path in NOTEBOOKS] == ["1", "2", "3", "4", "5", "6"]
    assert sorted((HERE / "teachers").glob("*.ipynb")) == SOLUTIONS


@pytest.mark.parametrize("path", [*NOTEBOOKS, *SOLUTIONS], ids=lambda path: path.stem)
def test_it_is_kept_without_what_it_printed(path):
    book = read(path)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert code and not any(cell.outputs or cell.execution_count for cell in code)
    assert not any(cell.metadata for cell in book.cells)
    assert (book.nbformat, book.nbformat_minor, book.metadata.kernelspec.name) == (4, 5, "python3")
    ids = [cell.id for cell in book.cells]
    assert len(set(ids)) == len(ids)
    assert max(len(cell.source.splitlines()) for cell in book.cells) <= MOST_LINES


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_ends_with_three_exercises_that_are_solved(path):
    last = read(path).cells[-1]
    assert last.cell_type == "markdown" and last.source.startswith("## Exercises")
    exercises = re.findall(r"^(\d)\. \*\*(.+?)[.?]\*\*", last.source, re.M)
    assert [number for number, _ in exercises] == ["1", "2", "3"]
    solved = re.findall(r"^## (\d) (.+?)\??$", text_of(SOLUTIONS[NOTEBOOKS.index(path)]), re.M)
    assert solved == exercises


@pytest.mark.parametrize("path", [*NOTEBOOKS, *SOLUTIONS], ids=lambda path: path.stem)
def test_its_links_resolve(path):
    for target in re.findall(r"\]\((?!http)([^)#]+)", text_of(path)):
        assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", [*NOTEBOOKS, *SOLUTIONS], ids=lambda path: path.stem)
def test_it_runs(path, cache, tmp_path, monkeypatch):
    monkeypatch.setenv("VERIFUSE_CACHE", str(cache))
    book = read(path)
    NotebookClient(book, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    complaints = [
        output.text
        for cell in book.cells
        if cell.id != "ray"  # which says on its own account how its clusters are guarded
        for output in cell.get("outputs", [])
        if output.get("name") == "stderr"
    ]
    assert not complaints
    figures = sum("figure_" in cell.source.splitlines()[-1] for cell in book.cells if cell.source)
    assert sum("image/png" in one.get("data", {}) for one in shown) >= figures
