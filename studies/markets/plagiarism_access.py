"""What does a plagiarist gain, whom does she harm, and which answer of the market ends it?

Who announces another's model has no cost but gas, so that whatever the vote lets through is profit. Answers
are fingerprints, by which verifiers know copies, and sealed access, under which nobody has the model but its
panel.
"""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from ...analysis.frames import groups, keys_of, where
from ...analysis.incentives import gains_of_deviation
from ...analysis.incentives.deviations import by_seed
from ...analysis.incentives.payoffs import Payoff
from ...analysis.series import Estimate, estimate
from ...learning import Workbench
from ...units import ETHER
from ..findings import Findings, Section
from ..wording import estimated_ether, signed_ether
from .lines import Dot, bars_figure, in_ether
from .plagiarism_noise import noise_section
from .running import Markets, MarketSettings, run_markets

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ACCESS, COPIES, GROUPS = "task.access", "task.report_copies", "contributors.groups"
WITHOUT = "no thief"
THEFTS = ("same CID", "noise", "same CID, front-running", "noise, front-running")


class Settings(MarketSettings):
    """The sweep ``plagiarism_access``.

    Attributes:
        sweep: The sweep's name, or the path of one of one's own: groups of contributors of which the last is
            the thief, over ``task.access`` and ``task.report_copies``.
        noise: Another with models that are trained, over how much noise she puts on them, such as
            ``plagiarism_noise``; empty for none.
    """

    sweep: str = "plagiarism_access"
    noise: str = ""


def study(settings: Settings, bench: Workbench, tell: Callable[[str], None]) -> Findings:
    """Answer the question."""
    markets = run_markets(settings.sweep, settings, bench, tell)
    payoffs = told_by_theft(markets.books.payoffs)
    sections = [_profits(markets, payoffs), _victims(payoffs)]
    if settings.noise:
        sections.append(noise_section(run_markets(settings.noise, settings, bench, tell)))
    return Findings(
        title="What does a plagiarist gain, and what ends it?",
        command="verifuse study plagiarism_access",
        sections=tuple(sections),
    )


def told_by_theft(payoffs: pd.DataFrame) -> pd.DataFrame:
    """Return payoffs with the columns ``theft`` and ``answer`` in place of the keys that they stand for."""
    thefts = [theft_of(told) for told in payoffs[GROUPS]]
    answers = [answer_of(*told) for told in zip(payoffs[ACCESS], payoffs[COPIES], strict=True)]
    return payoffs.assign(theft=thefts, answer=answers).drop(columns=[GROUPS, ACCESS, COPIES])


def theft_of(told: str) -> str:
    """Return what the last of some groups, in JSON, does, in words."""
    last = json.loads(told)[-1]
    options = last.get("options") or {}
    if last.get("behaviour") != "plagiarist":
        return WITHOUT
    how = "noise" if options.get("how") == "perturbed" else "same CID"
    return f"{how}, front-running" if options.get("front_runs") else how


def answer_of(access: str, copies: bool) -> str:
    """Return what a market does against copies, in words."""
    read = "public" if access == "public" else "sealed"
    return f"{read}, fingerprints" if copies else read


def _profits(markets: Markets, payoffs: pd.DataFrame) -> Section:
    gains = gains_of_deviation(payoffs, "theft", WITHOUT)
    answers = list(dict.fromkeys(gains["answer"]))
    thefts = [theft for theft in THEFTS if theft in set(gains["value"])]
    cells = {(row["answer"], row["value"]): row for row in gains.to_dict("records")}
    table = pd.DataFrame(
        {
            "theft": thefts,
            **{
                answer: [
                    signed_ether(row["gain_wei"], row["low_wei"], row["high_wei"])
                    for row in (cells[answer, theft] for theft in thefts)
                ]
                for answer in answers
            },
        }
    )
    text = f"""
{_headline(cells, answers, thefts)}

{markets.setting}

The table has the thief's profit in ether: what she gains over staying away, net of gas, with the same seeds;
honest work would have brought the same reward less what training costs. *Fingerprints* means that verifiers
compare a model's features with those of earlier ones and call what is too near a copy. In these runs a copy's
fingerprint is its original's by construction, however much noise there is; what real noise does,
`verifuse study plagiarism_access noise=plagiarism_noise` asks of trained models besides.

Sealing keeps the model from her but not its CID, so that all she can announce again is the ciphertext.
Announced before its owner's it has no key; after it, whoever sat on the owner's panel still holds the key,
and here the pool is the panel. Where all seeds have the same outcome an interval is as wide as the
differences of gas.
"""
    return Section("What theft brings", text, table, ("profit", _figure(cells, answers, thefts)))


def _headline(cells: dict, answers: list[str], thefts: list[str]) -> str:
    told = []
    for answer in answers:
        paying = [theft for theft in thefts if cells[answer, theft]["verdict"] == "profitable"]
        best = max(thefts, key=lambda theft, at=answer: cells[at, theft]["gain_wei"])
        row = cells[answer, best]
        gain = signed_ether(row["gain_wei"], row["low_wei"], row["high_wei"])
        if paying:
            told.append(f"- *{answer}*: {'; '.join(paying)}. The best brings {gain} ether.")
        else:
            told.append(f"- *{answer}*: none is shown to. The best brings {gain} ether.")
    ends = [
        answer
        for answer in answers
        if all(cells[answer, theft]["verdict"] != "profitable" for theft in thefts)
    ]
    opening = (
        f"Of the answers *{'* and *'.join(ends)}* {'end' if len(ends) > 1 else 'ends'} all thefts tried."
        if ends
        else "None of the answers ends all of the thefts tried."
    )
    return f"{opening} Which thefts pay:\n\n" + "\n".join(told)


def _figure(cells: dict, answers: list[str], thefts: list[str]) -> "Figure":
    bars = {}
    for answer in answers:
        rows = [cells[answer, theft] for theft in thefts]
        bars[answer] = [
            Dot(theft, row["gain_wei"] / ETHER, in_ether(row["low_wei"]), in_ether(row["high_wei"]))
            for theft, row in zip(thefts, rows, strict=True)
        ]
    return bars_figure("A thief's profit", "profit (ether)", bars)


def changes(payoffs: pd.DataFrame, role: str, group: str | None = None) -> dict[tuple[str, str], Estimate]:
    """Return by answer and theft how much members of a role have more than without a thief, seed by seed."""
    own = where(payoffs, payoffs["role"] == role)
    if group is not None:
        own = where(own, own["group"] == group)
    found = {}
    others = [key for key in keys_of(own, Payoff) if key != "theft"]
    for told, rows in groups(own, others):
        before = where(rows, rows["theft"] == WITHOUT)
        for theft in set(rows["theft"]) - {WITHOUT}:
            paired = where(rows, rows["theft"] == theft).merge(
                before, on=["seed", "name"], suffixes=("", "_0")
            )
            differences = paired["net_wei"] - paired["net_wei_0"]
            found[told["answer"], theft] = estimate(by_seed(paired, differences))
    return found


def _victims(payoffs: pd.DataFrame) -> Section:
    owners, initiator = changes(payoffs, "contributor", "owner"), changes(payoffs, "initiator")
    number = len(set(where(payoffs, payoffs["group"] == "owner")["name"]))
    rows = []
    for answer in dict.fromkeys(payoffs["answer"]):
        for theft in THEFTS:
            if (answer, theft) not in owners:
                continue
            rows.append(
                {
                    "answer": answer,
                    "theft": theft,
                    "all owners, ether": estimated_ether(owners[answer, theft], number),
                    "the initiator, ether": estimated_ether(initiator[answer, theft]),
                }
            )
    worst = min(owners, key=lambda key: owners[key].mean)
    dearest = min(initiator, key=lambda key: initiator[key].mean)
    harmed = owners[worst].verdict("gain", "lose") == "lose"
    robbed = (
        f"The {number} owners together lose most with *{worst[0]}* from *{worst[1]}*: "
        f"{estimated_ether(owners[worst], number)} ether."
        if harmed
        else f"The {number} owners are not shown to lose anything in any of these markets."
    )
    text = f"""
{robbed} The initiator loses most with *{dearest[0]}* from *{dearest[1]}*:
{estimated_ether(initiator[dearest])} ether, in fees for one panel more, and
the reward where the copy is paid besides the original. Changes are
against the market without a thief, seed by seed; all owners together, and the initiator.
"""
    return Section("Who loses by it", text, pd.DataFrame(rows))
