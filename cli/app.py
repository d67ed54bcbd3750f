"""Serve the teaching page."""

import sys

import rich_click as click

from .group import cli


@cli.command()
@click.argument("scenario", metavar="[SCENARIO]", required=False)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--port", default=8765, show_default=True, type=int, help="Port to listen at; 0 takes a free one."
)
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
def app(scenario: str | None, host: str, port: int, no_browser: bool) -> None:
    """Open a page on which to watch a market, change it, and take a verifier's seat.

    SCENARIO is what the page begins with: a shipped name (see `verifuse list`) or the path of a TOML file. It
    needs the extra `app`: `pip install 'verifuse[app]'`. The page works without internet and listens on this
    machine alone unless --host says otherwise.
    """
    from ..app.serve import serve

    serve(
        scenario,
        host=host,
        port=port,
        browser=not no_browser,
        say=lambda line: print(f"verifuse: {line}", file=sys.stderr, flush=True),
    )
