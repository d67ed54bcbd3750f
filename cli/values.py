"""What each model of a run is worth, whoever voted for it."""

import json
import sys
from pathlib import Path

import rich_click as click

from .group import a_path, cli, json_option, workers_option


@cli.command()
@click.argument("run", metavar="RUN", type=a_path)
@click.option("--task", help="The models of this task.  [default: the first task]")
@click.option(
    "--models",
    type=click.Choice(["announced", "rewarded"]),
    default="announced",
    show_default=True,
    help="Who plays: all announced models, or the rewarded ones alone.",
)
@click.option(
    "--utility",
    type=click.Choice(["accuracy", "log_loss"]),
    default="accuracy",
    show_default=True,
    help="What a coalition is worth: the share it tells right, or minus its cross-entropy in nats.",
)
@click.option(
    "--empty",
    type=click.Choice(["uniform", "commonest"]),
    default="uniform",
    show_default=True,
    help="What no model at all is worth: all labels equally likely, or their shares known.",
)
@click.option(
    "--permutations",
    type=int,
    metavar="N",
    help="Estimate from N random orders of arrival.  [default: none up to 12 models, 100 beyond]",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    help="Cut an order off once it is as near to what all are worth.  [default: never]",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the orders.")
@click.option(
    "--heads",
    type=click.IntRange(1, 100),
    default=1,
    show_default=True,
    help="Fusion heads of each coalition, whose mean counts.",
)
@click.option("--csv", type=a_path, metavar="FILE", help="Write the table there as well.")
@workers_option
@json_option
def values(
    run: Path,
    task: str | None,
    models: str,
    utility: str,
    empty: str,
    permutations: int | None,
    tolerance: float | None,
    seed: int,
    heads: int,
    csv: Path | None,
    workers: int | None,
    as_json: bool,
) -> None:
    """Tell what each model is worth, independently of the votes: Shapley, Banzhaf and simpler values.

    RUN is a run's folder. Every coalition of its models is fused and measured on images that nobody trained
    or voted on: 31 fusions of 5 models, 1,023 of 10. Heads that are remembered are not fitted again.
    """
    from .. import display
    from ..analysis import values as values_of
    from ..learning import Workbench
    from ..scenarios import read_record

    with Workbench(workers) as bench:
        frame = values_of(
            read_record(run),
            task=task,
            models=models,  # pyright: ignore[reportArgumentType]
            utility=utility,  # pyright: ignore[reportArgumentType]
            empty=empty,  # pyright: ignore[reportArgumentType]
            permutations=permutations,
            tolerance=tolerance,
            seed=seed,
            heads=heads,
            workbench=bench,
            tell=lambda line: print(line, file=sys.stderr, flush=True),
        )
    if csv is not None:
        frame.to_csv(csv, index=False, lineterminator="\n")
    if as_json:
        rows = frame.astype(object).where(frame.notna(), None).to_dict(orient="records")
        print(json.dumps({**frame.attrs, "models": rows}, indent=2))
    else:
        display.show_values(frame)
        if csv is not None:
            print(f"table  {csv}")
