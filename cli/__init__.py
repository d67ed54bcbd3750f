"""The command line: what to do stands here, a file for each kind of task; ``display`` says how it looks.

Each command imports what it needs when it runs, so that ``--help`` answers at once.
"""

import sys

import rich_click as click
from click.exceptions import NoArgsIsHelpError

from ..errors import InputError, VerifuseError
from . import (  # noqa: F401  # each adds its commands to the group
    app,
    cache,
    classroom,
    results,
    run,
    scenario,
    study,
    sweep,
    values,
)
from .group import cli, stop, with_notes

__all__ = ["cli", "main"]


def main() -> None:
    """Run the command line: exit status 0 done, 1 the run failed, 2 the input was wrong."""
    try:
        cli(standalone_mode=False)
    except NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        sys.exit(2)
    except click.ClickException as error:
        stop(error.format_message(), 2)
    except InputError as error:
        stop(str(error), 2)
    except (click.Abort, KeyboardInterrupt) as error:
        stop(with_notes("stopped; no record was written", error), 130)
    except VerifuseError as error:
        stop(with_notes(str(error), error), 1)
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:
        stop(f"{error.strerror}: {error.filename or 'output'}", 1)
