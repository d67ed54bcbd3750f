"""The reference of all frames, ``docs/reference/analysis.md``; ``make docs`` writes it."""

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import comparison, fusing, incentives, tables
from .frames import OfRun, meanings
from .incentives.attacks import Attack
from .incentives.budget import Budget
from .incentives.cartel import Capture, Panel
from .incentives.decisions import Decision, Mistakes
from .incentives.deviations import Deviation
from .incentives.equilibria import Drift, Equilibrium, PureEquilibrium
from .incentives.game import Cell
from .incentives.inequality import Inequality
from .incentives.margins import Bin, Evaluation
from .incentives.means import Mean
from .incentives.participation import Crowd
from .incentives.payoffs import Payoff
from .incentives.power import Power
from .incentives.rationality import Participation
from .incentives.results import PointResult
from .incentives.welfare import Welfare

INTRODUCTION = """\
# Analysis: every frame, column by column

<!-- Written by `make docs` from the docstrings; change it there. -->

`verifuse report DIR` and `verifuse compare A B …` write pages from run records and sweeps; what they show can
be computed and taken further from Python:

```python
from verifuse.analysis import incentives

books = incentives.keep_books("runs/contributors_vs_mafr")  # a sweep's folder, a run's, or several records
print(incentives.mean_payoffs(books.payoffs))
print(incentives.individual_rationality(books.payoffs))
print(incentives.gini([1, 2, 4]))
```

All functions return pandas frames. Runs are read one after the other, so that a sweep may be larger than
memory. Columns that end in `_wei` are whole wei as Python integers; means and ends of intervals are floats.
Rates are fractions. Keys of the scenario that differ between runs, such as `task.mafr`, are columns of their
own: behind `seed` where a row is about a run, in front where it is about many. Intervals are Student's t at
95 % over seeds, a run counting once, unless a column says otherwise; what is compared is paired by seed.

`verifuse.analysis.shown(frame)` makes any of them readable: wei become ether, fractions per cent, a mean and
its interval one cell. `figure_payoffs`, `figure_deviations`, `figure_drift`, `figure_accuracy`,
`figure_price`, `figure_money` and `figure_margins` draw them; a notebook shows what they return. `notebooks/`
has them at work.
"""

FRAMES: tuple[tuple[str, tuple[tuple[Callable[..., Any], type], ...]], ...] = (
    (
        "One row for something in a run",
        (
            (incentives.payoffs, Payoff),
            (incentives.budgets, Budget),
            (incentives.welfare, Welfare),
            (incentives.decisions, Decision),
            (incentives.evaluations, Evaluation),
            (incentives.panels, Panel),
            (incentives.inequality, Inequality),
        ),
    ),
    (
        "Over runs",
        (
            (incentives.mean_payoffs, Mean),
            (incentives.point_results, PointResult),
            (incentives.individual_rationality, Participation),
            (incentives.equilibrium_participation, Crowd),
            (incentives.gains_of_deviation, Deviation),
            (incentives.attack_accounts, Attack),
            (incentives.mistakes, Mistakes),
            (incentives.captures, Capture),
            (incentives.histogram, Bin),
            (comparison.compare, comparison.Difference),
        ),
    ),
    (
        "The empirical game",
        (
            (incentives.game_table, Cell),
            (incentives.pure_equilibria, PureEquilibrium),
            (incentives.equilibria, Equilibrium),
            (incentives.replicator, Drift),
        ),
    ),
    ("Closed forms", ((incentives.power_table, Power),)),
    ("Models of a run, fused anew", ((fusing.along_gamma, fusing.AtGamma),)),
)

FORMULAS = (
    incentives.symmetric_game,
    incentives.capture_chance,
    incentives.capture_limit,
    incentives.mcnemar_power,
    incentives.images_needed,
    incentives.majority_chance,
    incentives.gini,
)
OF_A_RECORD = (tables.tasks, tables.contributors, tables.verifiers, tables.accounts, tables.votes)


def frames_page() -> str:
    """Return the page in Markdown."""
    parts = [INTRODUCTION, "Rows about a run begin with these columns:\n", _columns(OfRun, ())]
    own = tuple(meanings(OfRun))
    for heading, frames in FRAMES:
        parts.append(f"## {heading}\n")
        for function, kind in frames:
            parts.append(f"### `{function.__name__}`\n\n{_text(function)}\n")
            about = _text(kind)
            if about:
                parts.append(f"{about}\n")
            parts.append(_columns(kind, own if issubclass(kind, OfRun) else ()))
    parts.append("## Formulas\n")
    parts += [f"### `{function.__name__}`\n\n{_text(function)}\n" for function in FORMULAS]
    parts.append("## Tables of one run\n\nBy `verifuse.analysis`, from a record:\n")
    parts += [f"### `{function.__name__}`\n\n{_text(function)}\n" for function in OF_A_RECORD]
    return "\n".join(parts)


def _columns(kind: type, without: tuple[str, ...]) -> str:
    lines = ["| column | meaning |", "|---|---|"]
    for name, meaning in meanings(kind).items():
        if name not in without:
            lines.append(f"| `{name}` | {meaning.replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"


def _text(one: Callable[..., Any] | type) -> str:
    """Return a docstring without its sections."""
    text = inspect.cleandoc(one.__doc__ or "")
    for section in ("Args", "Attributes", "Returns", "Raises"):
        text = text.partition(f"\n{section}:\n")[0]
    return text.strip().replace("``", "`")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(frames_page(), "utf-8", newline="\n")
