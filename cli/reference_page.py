"""The reference of the command line, ``docs/reference/command_line.md``, from the commands themselves.

``make docs`` writes it: ``python -m verifuse.cli.reference_page docs/reference/command_line.md``.
"""

import inspect
import sys
from pathlib import Path

import rich_click as click

from . import cli

INTRODUCTION = """\
# The command line

<!-- Written by `make docs` from the commands; change it there. -->

Every command answers `--help`. Results go to standard output, progress to standard error.

| exit status | meaning |
|---|---|
| 0 | done |
| 1 | the run failed |
| 2 | the input was wrong, and one line says what would be right |
| 130 | stopped by Ctrl-C |

| variable of the environment | what it says |
|---|---|
| `VERIFUSE_CACHE` | folder in which trained models, features and fusion heads are remembered |
| `VERIFUSE_CACHE_LIMIT` | how much that may take, such as `5GB` |
| `VERIFUSE_FUNDING_KEY` | key of the account that pays on a node that seals by its own clock |
"""


def command_line_page() -> str:
    """Return the page in Markdown."""
    return "\n".join([INTRODUCTION, *(_section(name, cli.commands[name]) for name in sorted(cli.commands))])


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=f"verifuse {name}")
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    rows = [
        f"| `{_cell(names)}` | {_cell(meaning)} |"
        for parameter in command.params
        if (record := parameter.get_help_record(context)) is not None
        for names, meaning in [record]
    ]
    options = "\n".join(["| option | meaning |", "|---|---|", *rows]) if rows else "No options."
    about = inspect.cleandoc(command.help or "")
    return f"## `verifuse {name}`\n\n```text\n{usage}\n```\n\n{about}\n\n{options}\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(command_line_page(), "utf-8", newline="\n")
