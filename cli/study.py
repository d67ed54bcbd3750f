"""Studies: questions that take many markets or trainings."""

import sys
from pathlib import Path

import rich_click as click

from .group import RUNS, a_path, cli, overrides_argument, workers_option


@cli.command()
@click.argument("name", metavar="[NAME]", default="")
@overrides_argument
@click.option("--out", type=a_path, default=RUNS / "studies", show_default=True, help="Folder of the page.")
@click.option("--settings", is_flag=True, help="List the study's settings and their defaults.")
@workers_option
def study(name: str, overrides: tuple[str, ...], out: Path, settings: bool, workers: int | None) -> None:
    """Answer a question that takes many markets or trainings, on a page with tables and figures.

    Without a NAME, list the studies. KEY=VALUE changes a study's settings, such as `seeds=[1,2,3]`. What was
    trained before is remembered, so that a study that was stopped goes on where it was.
    """
    from .. import display
    from ..learning import Workbench
    from ..studies import STUDIES, run_study, settings_of, write_page

    if not name:
        display.show_studies(STUDIES)
        return
    if settings:
        display.show_settings(settings_of(name))
        return
    with Workbench(workers) as bench:
        findings = run_study(name, overrides, bench, lambda line: print(line, file=sys.stderr, flush=True))
    for path in write_page(findings, out, name):
        print(path)
