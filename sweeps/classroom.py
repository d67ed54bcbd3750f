"""A class: a seed for every student, and whether the digest that she hands in is her seed's.

The same seed gives the same digest and another seed another one, so a digest shows that its owner has run her
own market. That is promised for machines of one type with the same versions of libraries. Where learning is
drawn (``learning=surrogate``) no network is computed, which is what differs most between machines.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq
from pydantic import ValidationError

from ..errors import InputError
from ..scenarios import apply_override, first_refusal
from ..seeds import derive_seed
from ..storage import write_atomically
from .engines import Engine
from .schema import Sweep
from .sweep import run_sweep

COLUMNS: tuple[str, ...] = ("student", "seed", "digest")
SEEDS = 1_000_000
"""Seeds have six figures at most, so that they can be read out."""
MAX_STUDENTS = 10_000
LEAST_LETTERS = 8
"""How many letters of a digest have to be handed in: one in four billion is right by chance."""

Verdict = Literal["right", "wrong", "another's", "missing", "not run"]


@dataclass(frozen=True)
class Student:
    """One line of a class.

    Attributes:
        student: Her name, or what stands for it.
        seed: Hers alone.
        digest: What she has handed in: a record's digest, or its first eight letters or more; empty if
            nothing.
    """

    student: str
    seed: int
    digest: str = ""


@dataclass(frozen=True)
class Checked:
    """What became of a student's digest.

    Attributes:
        student: Her name.
        seed: Hers.
        digest: What she has handed in.
        verdict: ``right``; ``wrong``; ``another's`` where it is the digest of a classmate's seed;
            ``missing`` if she has handed in nothing; or ``not run`` if her market failed here.
        remark: Whose it is, or why it failed.
    """

    student: str
    seed: int
    digest: str
    verdict: Verdict
    remark: str = ""


def give_seeds(names: Iterable[str], course: str = "", known: Sequence[Student] = ()) -> tuple[Student, ...]:
    """Return a class in which every student has a seed of her own.

    Args:
        names: Of the students; who is known already keeps her line.
        course: Another course gives the same names other seeds.
        known: The class so far; its lines come first.

    Raises:
        InputError: A name is empty or there twice, or there are too many.
    """
    wanted = [name.strip() for name in names]
    twice = [name for name, number in Counter(wanted).items() if number > 1 or not name]
    if twice:
        raise InputError("names", twice[0], "each student once, by a name that is not empty")
    there = {one.student for one in known}
    added = [name for name in wanted if name not in there]
    if len(known) + len(added) > MAX_STUDENTS:
        raise InputError("names", len(known) + len(added), f"at most {MAX_STUDENTS:,} students")
    taken = {one.seed for one in known}
    students = list(known)
    for name in added:
        draw = 0
        while (seed := derive_seed(draw, f"student of {course}", name) % SEEDS) in taken:
            draw += 1
        taken.add(seed)
        students.append(Student(name, seed))
    return tuple(students)


def read_names(path: str | Path) -> list[str]:
    """Return the names in a text file, one a line; empty lines are passed over.

    Raises:
        InputError: The file cannot be read, or names nobody.
    """
    names = [line.strip() for line in _text_of(Path(path)).splitlines() if line.strip()]
    if not names:
        raise InputError("names", str(path), "a text file with a student's name a line; it is empty")
    return names


def read_class(path: str | Path) -> tuple[Student, ...]:
    """Return the students in a CSV file with the columns ``student``, ``seed`` and perhaps ``digest``.

    Commas or semicolons part the columns, as spreadsheets write them; other columns are passed over.

    Raises:
        InputError: The file cannot be read, a column is missing, or a line is not usable.
    """
    path = Path(path)
    text = _text_of(path)
    heading = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in heading else ",")
    missing = {"student", "seed"} - set(rows.fieldnames or ())
    if missing:
        allowed = f"a CSV file whose first line names the columns {', '.join(COLUMNS)}"
        raise InputError("class", str(path), allowed)
    students = tuple(_student(row, number, path) for number, row in enumerate(rows, start=2))
    for what in ("student", "seed"):
        twice = [one for one, times in Counter(getattr(each, what) for each in students).items() if times > 1]
        if twice:
            raise InputError("class", str(path), f"a class in which {what} {twice[0]!r} is there once")
    if not 0 < len(students) <= MAX_STUDENTS:
        raise InputError("class", str(path), f"a class of 1 to {MAX_STUDENTS:,} students")
    return students


def write_class(path: str | Path, students: Sequence[Student]) -> None:
    """Write a class as ``read_class`` reads it.

    Raises:
        InputError: The file cannot be written.
    """
    written = io.StringIO()
    rows = csv.DictWriter(written, COLUMNS, lineterminator="\n")
    rows.writeheader()
    rows.writerows(asdict(one) for one in students)
    try:
        write_atomically(Path(path), written.getvalue().encode())
    except OSError as error:
        raise InputError("out", str(path), f"a file that can be written ({error.strerror})") from None


def check_digests(
    students: Sequence[Student],
    scenario: str = "quick",
    changes: Sequence[str] = (),
    *,
    out: str | Path,
    engine: Engine | None = None,
) -> tuple[Checked, ...]:
    """Run each student's market and compare its digest with what she has handed in.

    Markets are run as a sweep over the seeds, in as many processes as there are cores; those that lie in
    ``out`` already are not run again.

    Args:
        students: The class.
        scenario: What they were asked to run: a shipped name, or a file's path.
        changes: ``key=value`` texts that they were asked to run it with.
        out: Folder of the markets.
        engine: Where they are run, in place of processes of its own.

    Raises:
        InputError: The scenario or a change cannot be used; nothing has run.
    """
    swept = run_sweep(_sweep_of(students, scenario, changes), out, engine=engine)
    rows = pq.read_table(swept.results).to_pylist()
    digests = {row["seed"]: row["digest"] for row in rows if row["status"] == "done"}
    errors = {row["seed"]: row["error"] for row in rows if row["status"] != "done"}
    names = {digests[one.seed]: one.student for one in students if one.seed in digests}
    return tuple(_checked(one, digests.get(one.seed), errors.get(one.seed), names) for one in students)


def _sweep_of(students: Sequence[Student], scenario: str, changes: Sequence[str]) -> Sweep:
    source = str(Path(scenario).absolute()) if scenario.endswith(".toml") else scenario
    seeds = [one.seed for one in students]
    table: dict[str, Any] = {"name": "class", "scenario": source, "seeds": seeds, "models": False}
    for change in changes:
        apply_override(table, f"set.{change}")
    try:
        return Sweep.model_validate(table)
    except ValidationError as error:
        raise first_refusal(error, Sweep, "a class") from None


def _checked(one: Student, digest: str | None, error: str | None, names: Mapping[str, str]) -> Checked:
    said = one.digest.strip().lower()
    if digest is None:
        return Checked(**asdict(one), verdict="not run", remark=error or "")
    if not said:
        return Checked(**asdict(one), verdict="missing")
    if len(said) < LEAST_LETTERS:
        return Checked(**asdict(one), verdict="wrong", remark=f"fewer than {LEAST_LETTERS} letters")
    if digest.startswith(said):
        return Checked(**asdict(one), verdict="right")
    owner = next((name for other, name in names.items() if other.startswith(said)), None)
    if owner is not None:
        return Checked(**asdict(one), verdict="another's", remark=f"it is the digest of {owner}'s seed")
    return Checked(**asdict(one), verdict="wrong")


def _student(row: Mapping[str, Any], number: int, path: Path) -> Student:
    name, seed = ((row[column] or "").strip() for column in ("student", "seed"))
    if not name or not seed.isascii() or not seed.isdigit() or len(seed) > 18:
        allowed = f"line {number} with a student's name and a whole number as her seed"
        raise InputError("class", str(path), allowed)
    return Student(name, int(seed), (row.get("digest") or "").strip())


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("file", str(path), "text in UTF-8") from None
    except OSError as error:
        raise InputError("file", str(path), f"a file that can be read ({error.strerror})") from None
