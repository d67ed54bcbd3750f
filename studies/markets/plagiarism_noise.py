"""How much noise on the weights hides that a model is a copy, and what is left of it then?"""

import pandas as pd

from ...analysis.frames import where
from ...analysis.incentives import mistakes
from ...analysis.incentives.deviations import by_seed
from ...analysis.series import estimate
from ..findings import Section
from ..wording import estimated_ether, interval
from .lines import Dot, lines_figure
from .running import Markets

NOISE = "contributors.groups.thief.options.noise"


def noise_section(markets: Markets) -> Section:
    """Return how many copies with how much noise are known for what they are, and are paid."""
    decisions = where(markets.books.decisions, markets.books.decisions["behaviour"] == "plagiarist")
    paid = mistakes(decisions, by=[NOISE]).to_dict("records")
    rows = markets.books.evaluations
    rows = where(rows, rows["contributor_behaviour"] == "plagiarist")
    seen = {
        noise: _called_copies(where(decisions, decisions[NOISE] == noise), rows)
        for noise in _levels(decisions)
    }
    net = where(markets.books.payoffs, markets.books.payoffs["behaviour"] == "plagiarist")
    table = pd.DataFrame(
        {
            "noise": [row[NOISE] for row in paid],
            "models": [row["undeserving"] for row in paid],
            "called a copy": [seen[row[NOISE]] for row in paid],
            "paid %": [
                interval(row["false_accept"], row["false_accept_low"], row["false_accept_high"])
                for row in paid
            ],
            "profit, ether": [
                estimated_ether(estimate(by_seed(own, own["net_wei"])))
                for own in (where(net, net[NOISE] == row[NOISE]) for row in paid)
            ],
        }
    )
    hidden = [row for row in paid if seen[row[NOISE]] < row["undeserving"]]
    gone = (
        f"From noise of {hidden[0][NOISE]:g} of the weights' own deviation on, some copies are not known "
        "for what they are."
        if hidden
        else "Every copy is known for what it is, at any noise tried."
    )
    last = paid[-1]
    share = interval(last["false_accept"], last["false_accept_low"], last["false_accept_high"])
    left = (
        "such a model no longer is the one that was taken, and is paid as whatever passes the vote"
        if last["paid"]
        else "the noise has taken what there was to steal, or the verifiers have noticed"
    )
    text = f"""
{gone} At {last[NOISE]:g} the vote pays for {share} % of them: {left}.

{markets.setting}
"""
    figure = lines_figure(
        "Copies with noise, trained models",
        ("noise, as a share of the weights' own deviation", "copies (%)"),
        {
            "paid": [
                Dot(
                    f"{row[NOISE]:g}",
                    *(100 * row[end] for end in ("false_accept", "false_accept_low", "false_accept_high")),
                )
                for row in paid
            ],
            "called a copy": [
                Dot(f"{row[NOISE]:g}", 100 * seen[row[NOISE]] / row["undeserving"]) for row in paid
            ],
        },
    )
    return Section("How much noise hides a copy", text, table, ("noise", figure))


def _levels(decisions: pd.DataFrame) -> list[float]:
    return sorted(set(decisions[NOISE]))


def _called_copies(decisions: pd.DataFrame, measured: pd.DataFrame) -> int:
    """Return how many models nobody measured: evaluations that call a model a copy have no measurement."""
    told = set(zip(measured["run"], measured["model_id"], strict=True))
    return sum(key not in told for key in zip(decisions["run"], decisions["model_id"], strict=True))
