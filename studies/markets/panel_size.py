"""How large has a panel to be against a cartel of verifiers?

A cartel that holds k of N verifiers decides a panel of n alone if it is drawn for more than half of the
seats: P(X > n/2) with X hypergeometric, and binomial where the pool is large.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...analysis.frames import where
from ...analysis.incentives import capture_limit, captures, mean_payoffs, mistakes
from ...learning import Workbench
from ..findings import Findings, Section
from ..wording import ether, interval
from .lines import Dot, lines_figure
from .running import Markets, MarketSettings, run_markets

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANEL = "verifiers.panel"


class Settings(MarketSettings):
    """The sweep ``panel_size``."""


def study(settings: Settings, bench: Workbench, tell: Callable[[str], None]) -> Findings:
    """Answer the question."""
    markets = run_markets("panel_size", settings, bench, tell)
    return Findings(
        title="How large has a panel to be against a cartel?",
        command="verifuse study panel_size",
        sections=(_captured(markets), _paid(markets)),
    )


def _captured(markets: Markets) -> Section:
    found = captures(markets.books.panels, [PANEL])
    share = float(np.mean(markets.books.panels["cartel"] / markets.books.panels["pool"]))
    rows = found.to_dict("records")
    small, large = rows[0], rows[-1]
    table = pd.DataFrame(
        {
            "seats": [row[PANEL] for row in rows],
            "panels": [row["panels"] for row in rows],
            "captured %": [interval(row["rate"], row["low"], row["high"]) for row in rows],
            "closed form %": [f"{100 * row['chance']:.1f}" for row in rows],
            "large pool %": [f"{100 * capture_limit(share, row[PANEL]):.1f}" for row in rows],
        }
    )
    text = f"""
{markets.setting}

The cartel is {100 * share:.0f} % of who can be drawn. It had the majority of
{interval(small["rate"], small["low"], small["high"])} % of the panels of {small[PANEL]} and of
{interval(large["rate"], large["low"], large["high"])} % of those of {large[PANEL]} (intervals are Wilson's,
over panels). The closed form is the hypergeometric tail for the very pool of each draw; its limit for a large
pool is the binomial one. Captured means that the cartel can decide alone; a panel in which it lacks the
majority still decides by the others' votes.
"""
    return Section("How often the cartel has the majority", text, table, ("captured", _figure(rows, share)))


def _figure(rows: list[dict], share: float) -> "Figure":
    return lines_figure(
        f"A cartel of {100 * share:.0f} % of the pool",
        ("seats of the panel", "panels with its majority (%)"),
        {
            "in the markets": [
                Dot(row[PANEL], 100 * row["rate"], 100 * row["low"], 100 * row["high"]) for row in rows
            ]
        },
        closed_forms={"hypergeometric": [Dot(row[PANEL], 100 * row["chance"]) for row in rows]},
    )


def _paid(markets: Markets) -> Section:
    wrong = mistakes(markets.books.decisions, by=[PANEL])
    net = mean_payoffs(markets.books.payoffs)
    net = where(net, ~net["role"].isin(["oracle", "platform"]))
    rows = []
    for row in wrong.to_dict("records"):
        own = where(net, net[PANEL] == row[PANEL])
        rows.append(
            {
                "seats": row[PANEL],
                "junk paid %": interval(
                    row["false_accept"], row["false_accept_low"], row["false_accept_high"]
                ),
                "honest refused %": interval(
                    row["false_reject"], row["false_reject_low"], row["false_reject_high"]
                ),
                **{
                    f"{behaviour} {role}": _ether(own, role, behaviour)
                    for role, behaviour in dict.fromkeys(zip(own["role"], own["behaviour"], strict=True))
                },
            }
        )
    text = """
What the vote came to with the honest members' own errors, and what each kind of participant gained, in ether
net of gas. The initiator pays for every seat, so that what a larger panel saves in junk is to be set beside
its fees.
"""
    return Section("What is paid for", text, pd.DataFrame(rows))


def _ether(means: pd.DataFrame, role: str, behaviour: str) -> str:
    row = where(means, (means["role"] == role) & (means["behaviour"] == behaviour)).iloc[0]
    return ether(row["mean_wei"], row["low_wei"], row["high_wei"])
