"""What a scenario holds before it runs."""

import json

from .group import cli, json_option, overrides_argument, scenario_argument, seed_option


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
@json_option
def show(scenario: str, overrides: tuple[str, ...], seed: int | None, as_json: bool) -> None:
    """Print a scenario with its defaults filled in, as TOML; what is not set is named in comments.

    Save it under a name of your own, change it, and run it: `verifuse show paper_2 > mine.toml`.
    """
    from ..scenarios import load, to_toml

    wanted = load(scenario, overrides, seed=seed)
    if as_json:
        print(json.dumps(wanted.resolved().model_dump(mode="json"), indent=2))
        return
    print(to_toml(wanted).rstrip())
    own, resolved = (one.model_dump(mode="json") for one in (wanted, wanted.resolved()))
    unset = [
        (f"{table}.{key}", resolved[table][key])
        for table, settings in own.items()
        if isinstance(settings, dict)
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
