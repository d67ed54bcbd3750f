"""What a scenario holds before it runs, and how to begin one of one's own."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from .group import a_path, cli, json_option, overrides_argument, scenario_argument, seed_option, write_out

if TYPE_CHECKING:
    from ..scenarios import Scenario


@cli.command(name="list")
def list_scenarios() -> None:
    """List the scenarios that come with Verifuse."""
    from .. import display
    from ..scenarios import load, shipped

    display.show_scenarios([load(name) for name in shipped()])


@cli.command()
@scenario_argument
@overrides_argument
@seed_option
@click.option("--data", "with_data", is_flag=True, help="Show who holds how many images of which label.")
@click.option("--out", type=a_path, help="With --data: draw the same into this PNG file.")
@json_option
def show(
    scenario: str,
    overrides: tuple[str, ...],
    seed: int | None,
    with_data: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Print a scenario with its defaults filled in, as TOML; what is not set is named in comments.

    Save it under a name of your own, change it, and run it: `verifuse show paper_2 > mine.toml`; or begin
    with `verifuse new mine`, which explains every key. With --data, deal its images out instead.
    """
    from ..scenarios import load, named

    if out is not None and not with_data:
        raise click.UsageError("--out needs --data: it is for the picture of who holds what")
    if out is not None and out.suffix.lower() != ".png":
        raise click.UsageError(f"--out takes the name of a .png file, not {out}")
    wanted = load(scenario, overrides, seed=seed)
    if with_data:
        with named(scenario, overrides):
            _show_data(wanted, out, as_json=as_json)
    elif as_json:
        print(json.dumps(wanted.resolved().model_dump(mode="json"), indent=2))
    else:
        _print_settings(wanted)


@cli.command()
@click.argument("name", metavar="NAME", type=a_path)
@click.option(
    "--from",
    "source",
    default="quick",
    show_default=True,
    help="Take this scenario's values: a name or a file.",
)
def new(name: Path, source: str) -> None:
    """Write a scenario to start from: every key, with a comment on what it means and what it can be.

    The file is called NAME.toml and never overwrites another. Beside it, `verifuse.schema.json` lets editors
    complete and check what you write.
    """
    from ..scenarios import SCHEMA_FILE, json_schema, new_scenario

    path = name if name.suffix == ".toml" else name.parent / f"{name.name}.toml"
    new_scenario(path, source)
    schema = path.with_name(SCHEMA_FILE)
    schema.write_text(_as_text(json_schema()), "utf-8")
    print(f"scenario  {path}\nschema    {schema}")


@cli.command()
@click.option("--out", type=a_path, help="File to write to.  [default: print it]")
@click.option("--page", is_flag=True, help="Write the reference of all keys in Markdown instead.")
def schema(out: Path | None, page: bool) -> None:
    """Print the JSON Schema of scenario files, with which editors complete and check them.

    Editors that know Taplo, such as VS Code with Even Better TOML, look for it where a first line says
    `#:schema ./verifuse.schema.json`.
    """
    from ..scenarios import json_schema, reference_page

    text = reference_page() if page else _as_text(json_schema())
    if out is None:
        sys.stdout.write(text)
    else:
        write_out(out, text.encode())
        print(out)


@cli.command()
@click.option("--page", is_flag=True, help="Write the reference of all behaviours in Markdown instead.")
@click.option("--out", type=a_path, help="File to write to.  [default: print it]")
def behaviours(page: bool, out: Path | None) -> None:
    """List how participants can behave, honestly and not; a scenario names one as `behaviour`."""
    from ..agents.behaviours import shipped
    from ..scenarios import about, behaviours_page
    from ..scenarios.behaviours_page import ROLES

    listed = "".join(
        f"{role:<12} {name:<18} {about(role, name)}\n" for role in ROLES for name in shipped(role)
    )
    text = behaviours_page() if page else listed
    if out is None:
        sys.stdout.write(text)
    else:
        write_out(out, text.encode())
        print(out)


def _as_text(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _show_data(wanted: "Scenario", out: Path | None, *, as_json: bool) -> None:
    from .. import display
    from ..scenarios import holdings

    found = holdings(wanted)
    if out is not None:
        from ..analysis import figure_holdings
        from ..analysis.drawing import png

        write_out(out, png(figure_holdings(found)))
    if as_json:
        print(json.dumps(found.as_table(), indent=2))
    else:
        display.show_holdings(found)
        if out is not None:
            print(f"figure  {out}")


def _print_settings(wanted: "Scenario") -> None:
    from ..scenarios import to_toml

    print(to_toml(wanted).rstrip())
    own, resolved = (_tables(one.model_dump(mode="json")) for one in (wanted, wanted.resolved()))
    unset = [
        (f"{table}.{key}", resolved[table][key])
        for table, settings in own.items()
        for key, value in settings.items()
        if value is None
    ]
    print("\n# These follow from the rest unless you set them:")
    for key, value in unset:
        if value is not None:
            print(f"# {key} = {json.dumps(value)}")
    print(f"# Not set: {', '.join(key for key, value in unset if value is None)}.")
    for line in wanted.without_effect:
        print(f"# {line}.")


def _tables(settings: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return a scenario's tables by name; listed tasks, which hold all that they have in common, apart."""
    listed = {f"tasks[{place}]": task for place, task in enumerate(settings["tasks"])}
    tables = {name: one for name, one in settings.items() if isinstance(one, dict)}
    if listed:
        del tables["task"]
    return tables | listed
