"""A class: a seed for every student, and a check of the digests that they hand in."""

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import rich_click as click

from .group import RUNS, a_path, cli, json_option, overrides_argument, stop, with_notes


@cli.command(name="hand-out")
@click.argument("names", metavar="NAMES", type=a_path)
@click.option("--out", type=a_path, default=Path("class.csv"), show_default=True, help="File of the class.")
@click.option("--course", default="", help="Name of the course: another one gives other seeds.")
def hand_out(names: Path, out: Path, course: str) -> None:
    """Give every student a seed of her own.

    NAMES is a text file with a name a line. The class is a CSV file with the columns student, seed and
    digest. Who is in it already keeps her line, so that names may be added later. Students run `verifuse run
    SCENARIO --seed N` and hand in the digest that it ends with; write it into the third column, and see
    `verifuse check-digests`.
    """
    from ..sweeps.classroom import give_seeds, read_class, read_names, write_class

    known = read_class(out) if out.exists() else ()
    students = give_seeds(read_names(names), course, known)
    write_class(out, students)
    for one in students[len(known) :]:
        print(f"{one.seed:>6}  {one.student}")
    print(f"class   {out}")


@cli.command(name="check-digests")
@click.argument("file", metavar="CLASS", type=a_path)
@click.argument("scenario", metavar="[SCENARIO]", default="quick")
@overrides_argument
@click.option("--out", type=a_path, help="Folder of the markets.  [default: runs/ and CLASS's name]")
@json_option
def check_digests(
    file: Path, scenario: str, overrides: tuple[str, ...], out: Path | None, as_json: bool
) -> None:
    """Check the digests that students have handed in, by running each one's market.

    CLASS is a CSV file with the columns student, seed and digest; SCENARIO and KEY=VALUE are what students
    were asked to run. Eight letters of a digest are enough. Markets that were run before are not run again,
    so late hand-ins take no time.

    Digests agree on machines of one type with the same versions of libraries. Ask for `learning=surrogate`
    where they differ: then no network is computed, which is what depends on the machine most.
    """
    import pandas as pd

    from .. import display
    from ..sweeps.classroom import check_digests as check
    from ..sweeps.classroom import read_class

    if "=" in scenario:  # no scenario was named
        scenario, overrides = "quick", (scenario, *overrides)
    students = read_class(file)
    try:
        checked = check(students, scenario, overrides, out=out or RUNS / file.stem)
    except KeyboardInterrupt as error:
        stop(with_notes("stopped; finished markets are kept, and the same command goes on", error), 130)
    if as_json:
        print(json.dumps([asdict(one) for one in checked], indent=2, ensure_ascii=False))
        return
    display.show_texts("Digests", pd.DataFrame([asdict(one) | {"digest": one.digest[:8]} for one in checked]))
    counts = Counter(one.verdict for one in checked)
    print(", ".join(f"{number} {verdict}" for verdict, number in counts.items()))
