"""The page that tells a sweep: what was asked, what came out with intervals, and how to repeat it."""

import shlex
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from ...errors import InputError
from ...scenarios import RunRecord, read_record
from ...sweeps import Sweep, load_sweep, shipped_sweeps
from ...sweeps.folder import RESULTS, RUNS
from ..frames import groups, keys_of
from ..incentives import (
    Books,
    attack_accounts,
    captures,
    equilibria,
    gains_of_deviation,
    individual_rationality,
    keep_books,
    mean_payoffs,
    mistakes,
    point_results,
    pure_equilibria,
    replicator,
)
from ..incentives.budget import Budget
from ..incentives.decisions import Decision
from ..series import NOT_TRAINED
from ..sweep_figures import (
    figure_accuracy,
    figure_deviations,
    figure_drift,
    figure_margins,
    figure_money,
    figure_payoffs,
    figure_price,
)
from .asked import asked
from .files import Drawing, Report, Table, check_folder, draw, write_report_files
from .shown import shown
from .words import EARNERS, behaviour_keys, findings, games, some

MOST_FINDINGS = 24


def write_sweep_report(folder: Path, out: Path) -> Report:
    """Write a sweep's page with its figures and tables; an earlier one there is replaced.

    Args:
        folder: The sweep's, gathered.
        out: Where to.

    Raises:
        InputError: The sweep has no finished run or was not gathered, a record is damaged, or ``out`` cannot
            be a folder.
    """
    check_folder(out)
    sweep, books = load_sweep(folder / "sweep.toml"), keep_books(folder)
    runs = pq.read_table(folder / RESULTS).to_pandas()
    if books.payoffs.empty:
        raise InputError("sweep", str(folder), f"a sweep with a finished run; all {len(runs)} failed")
    first = read_record(folder / RUNS / books.welfare["run"].tolist()[0])
    tables = _tables(books)
    content = _content(sweep, folder, runs, first, books) | {"tables": [table.content for table in tables]}
    return write_report_files(out, "sweep.html", content, _drawings(sweep.name, books), tables)


def _content(
    sweep: Sweep, folder: Path, runs: pd.DataFrame, first: RunRecord, books: Books
) -> dict[str, Any]:
    failed = [row for row in runs.to_dict("records") if row["status"] == "failed"]
    lines = [NOT_TRAINED + "."] if first.scenario.learning == "surrogate" else []
    return {
        "name": sweep.name,
        "description": " ".join(sweep.description.split()),
        "scenario": first.scenario.title or first.scenario.name,
        "count": len(runs),
        "points": len(set(runs["point"])),
        "seeds": _seeds(runs),
        "findings": [*lines, *some(findings(books), MOST_FINDINGS)],
        "keys": [(key, _values(runs[key].tolist())) for key in sweep.keys],
        "fixed": [(key, _value(value)) for key, value in sweep.set.items()],
        "asked": asked(first.of_task()),
        "failed": [f"{row['run']}: {row['stage']}, {row['error']}" for row in failed[:10]],
        "failures": len(failed),
        "commands": _commands(sweep, folder),
        "digests": len(set(runs["digest"])),
        "libraries": sorted(first.manifest["libraries"].items()),
        "python": first.manifest["python"],
        "machine": first.manifest["machine"],
    }


def _drawings(name: str, books: Books) -> list[Drawing]:
    about = f"Sweep {name}"
    means, results = mean_payoffs(books.payoffs), point_results(books.welfare)
    drawn = [
        draw(f"payoff_{role}", f"What each {role} gains by taking part", figure_payoffs(means, role, about))
        for role in EARNERS
        if role in set(means["role"])
    ]
    for key in behaviour_keys(books.payoffs):
        gains = gains_of_deviation(books.payoffs, key)
        if len(gains):
            figure = figure_deviations(gains, key, about)
            drawn.append(draw(f"deviations_{key}", f"What it gains to deviate by {key}", figure))
    for number, (_, role, game) in enumerate(games(books.payoffs), start=1):
        figure = figure_drift(replicator(game), f"{about}, {role}s")
        drawn.append(draw(f"drift_{number}", f"Which behaviours spread among {role}s", figure))
    if any(one == one and one is not None for one in results["accuracy"]):
        drawn += [
            draw("accuracy", "Accuracy of the initiator's integrated model", figure_accuracy(results, about)),
            draw("price", "What a percentage point costs the initiator", figure_price(results, about)),
        ]
    drawn.append(draw("money", "Where the initiator's deposit went", figure_money(books.budgets, about)))
    if len(books.evaluations):
        text = "How near to the threshold verifiers measured"
        drawn.append(draw("margins", text, figure_margins(books.evaluations, about)))
    return drawn


def _tables(books: Books) -> list[Table]:
    payoffs = books.payoffs
    frames = {
        "points": ("What each point came to", point_results(books.welfare)),
        "payoffs": ("Mean net payoff by role and behaviour", mean_payoffs(payoffs)),
        "rationality": ("Does who is honest gain by taking part?", individual_rationality(payoffs)),
        "budget": ("Where deposits went, sums over the runs of a point", _budget(books.budgets)),
    }
    for key in behaviour_keys(payoffs):
        frames[f"deviations_{key}"] = (f"Gain of deviating by {key}", gains_of_deviation(payoffs, key))
        frames[f"attacks_{key}"] = (f"Cost and profit of {key}, all together", attack_accounts(payoffs, key))
    for number, (_, role, game) in enumerate(games(payoffs), start=1):
        frames[f"equilibria_{number}"] = (f"Everybody alike: the game between {role}s", pure_equilibria(game))
        frames[f"mixed_{number}"] = (f"Symmetric equilibria of the game between {role}s", equilibria(game))
    if len(books.decisions) and not all(books.decisions["honest"]):
        apart = [*keys_of(books.decisions, Decision), "behaviour"]
        frames["mistakes"] = ("Models paid for and not, by behaviour", mistakes(books.decisions, by=apart))
    if len(books.panels):
        frames["captures"] = (
            "Panels with a majority that is not honest",
            captures(books.panels, ["pool", "cartel", "seats"]),
        )
    return [Table(name, title, frame, shown(frame)) for name, (title, frame) in frames.items()]


def _budget(budgets: pd.DataFrame) -> pd.DataFrame:
    """Return exact sums by point."""
    amounts = [name for name in budgets.columns if str(name).endswith("_wei")]
    rows = [
        {**keys, "runs": len(set(own["run"])), **{name: sum(own[name]) for name in amounts}}
        for keys, own in groups(budgets, keys_of(budgets, Budget))
    ]
    return pd.DataFrame(rows, dtype=object)


def _commands(sweep: Sweep, folder: Path) -> list[str]:
    shipped = sweep.name in shipped_sweeps() and load_sweep(sweep.name) == sweep
    if shipped:
        return [f"verifuse sweep {sweep.name}", f"verifuse report runs/{sweep.name}"]
    again = f"{folder.resolve().name}-again"
    source = f"{folder.resolve().name}/sweep.toml"
    return [
        shlex.join(["verifuse", "sweep", source, "--out", again]),
        shlex.join(["verifuse", "report", again]),
    ]


def _seeds(runs: pd.DataFrame) -> str:
    seeds, counts = sorted(set(runs["seed"])), set(Counter(runs["point"]).values())
    often = str(*counts) if len(counts) == 1 else f"{min(counts)} to {max(counts)}"
    told = ", ".join(map(str, seeds)) if len(seeds) <= 10 else f"{seeds[0]} … {seeds[-1]}"
    return f"{often} seed{'' if often == '1' else 's'} each ({told})"


def _values(values: list[Any]) -> str:
    return ", ".join(map(_value, dict.fromkeys(values)))


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
