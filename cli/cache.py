"""See what is remembered between runs, and forget some of it."""

import json

import rich_click as click

from ..errors import InputError
from .group import cli, json_option


@cli.command()
@click.option(
    "--prune", metavar="SIZE", help="Delete what was used longest ago until SIZE is left, such as 5GB."
)
@click.option("--clear", is_flag=True, help="Delete everything.")
@json_option
def cache(prune: str | None, clear: bool, as_json: bool) -> None:
    """Show the trained models, features and fusion heads that are remembered between runs.

    They lie in the user's cache folder, or where VERIFUSE_CACHE says. VERIFUSE_CACHE_LIMIT bounds them, 20GB
    by default: beyond it, what was used longest ago goes. Deleted results are computed again when needed.
    """
    from ..learning import cache_limit, parse_bytes, usage
    from ..learning import prune as make_room
    from ..storage import cache_folder

    if prune is not None and clear:
        raise InputError("--clear", True, "either --prune or --clear")
    folder, gone = cache_folder(), None
    if prune is not None or clear:
        gone = make_room(folder, 0 if clear or prune is None else parse_bytes(prune, "--prune"))
    held, limit = usage(folder), cache_limit()
    if as_json:
        kinds = {one.kind: {"entries": one.entries, "bytes": one.bytes} for one in held}
        deleted = {"deleted": {"entries": gone.entries, "bytes": gone.bytes}} if gone else {}
        print(json.dumps({"folder": str(folder), "limit_bytes": limit, "kinds": kinds, **deleted}, indent=2))
        return
    print(folder)
    for one in held:
        print(f"  {one.kind:<30} {one.entries:>9,}  {_size(one.bytes):>10}")
    total = sum(one.bytes for one in held)
    print(f"  {'in all':<30} {sum(one.entries for one in held):>9,}  {_size(total):>10}  of {_size(limit)}")
    if gone is not None:
        print(f"Deleted {gone.entries:,} entries, {_size(gone.bytes)}.")


def _size(count: int) -> str:
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} B"
