"""What does it cost that nobody has to be trusted?

The bookkeeper to whom the contract is compared is arithmetic over the records of the very same markets:
the same models, panels and votes, counted by somebody whom all pay nothing and all have to trust. No gas,
no oracle, no blocks. She is honest, keeps a share of all that she should pay out, or pays those who
trained nothing as well.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
from pydantic import Field

from ...analysis.frames import groups, where
from ...analysis.incentives import mean_payoffs, samples
from ...analysis.incentives.payoffs import HONEST
from ...analysis.series import Estimate, estimate
from ...learning import Workbench
from ...units import ETHER, Wei, parse_wei
from ..findings import Findings, Section
from ..wording import number, percent
from .latency import latency_section, waits_of
from .lines import Dot, lines_figure
from .running import Markets, MarketSettings, run_markets

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REWARD = "task.reward"
TRADERS = ("initiator", "contributor", "verifier")


class Settings(MarketSettings):
    """The sweep ``trustlessness``; the markets' own gas price is its ``chain.gas_price``.

    Attributes:
        gas_prices: Gas prices at which fees are reckoned again; how much gas is used does not depend on it.
        kept: Share of all payments that the dishonest bookkeeper keeps.
    """

    gas_prices: Annotated[tuple[Wei, ...], Field(min_length=1)] = (
        10**9,
        3 * 10**9,
        10**10,
        3 * 10**10,
        10**11,
    )
    kept: float = Field(default=0.1, ge=0, le=1)


def study(settings: Settings, bench: Workbench, tell: Callable[[str], None]) -> Findings:
    """Answer the question."""
    markets = run_markets("trustlessness", settings, bench, tell)
    waits: list[dict[str, float]] = []
    price = slot = 0
    for sample in samples(Path(settings.records) / markets.sweep.name):
        chain = sample.record.scenario.chain
        price, slot = chain.gas_price, chain.slot_seconds
        waits += waits_of(sample)
    prices = tuple(sorted({price, *settings.gas_prices}))
    accounts = _accounts(markets)
    return Findings(
        title="What does it cost that nobody has to be trusted?",
        command="verifuse study trustlessness",
        sections=(
            _price(markets, accounts, price, prices),
            _payoffs(markets, settings.kept, price),
            latency_section(waits, slot),
        ),
    )


@dataclass(frozen=True)
class Account:
    """What a market's contract took and paid, in wei.

    Attributes:
        reward: The most that a model is paid, as the scenario says it.
        gas: Of initiator, contributors and verifiers.
        initiator_gas: Of that, the initiator's.
        oracle_gas: The oracle's.
        oracle_fees: What the initiator paid it.
        deployment: Gas of the contract's creation.
        paid: Rewards and verifiers' fees.
        models: How many were announced.
    """

    reward: str
    gas: int
    initiator_gas: int
    oracle_gas: int
    oracle_fees: int
    deployment: int
    paid: int
    models: int

    def break_even(self, times: float = 1.0, *, deployed: bool = False) -> float:
        """Return which share of the payments the contract costs who trade, at a multiple of the gas price.

        Args:
            times: That multiple.
            deployed: Whether they bear the contract's creation as well.
        """
        gas = self.gas + (self.deployment if deployed else 0)
        return (times * gas + self.oracle_fees) / self.paid


def _accounts(markets: Markets) -> list[Account]:
    found = []
    oracle_fees = dict(zip(markets.books.budgets["run"], markets.books.budgets["oracle_wei"], strict=True))
    for keys, own in groups(markets.books.payoffs, ["run", REWARD]):
        gas = {role: sum(one["gas_wei"]) for role, one in own.groupby("role")}
        traders = where(own, own["role"].isin(TRADERS))
        found.append(
            Account(
                reward=str(keys[REWARD]),
                gas=sum(traders["gas_wei"]),
                initiator_gas=gas["initiator"],
                oracle_gas=gas["oracle"],
                oracle_fees=oracle_fees[keys["run"]],
                deployment=gas["platform"],
                paid=sum(traders["earned_wei"]),
                models=sum(traders["announced"]),
            )
        )
    return found


def _price(markets: Markets, accounts: list[Account], price: int, prices: tuple[int, ...]) -> Section:
    rewards = list(dict.fromkeys(one.reward for one in accounts))
    by = {reward: [one for one in accounts if one.reward == reward] for reward in rewards}
    shares = {reward: [one.break_even() for one in by[reward]] for reward in rewards}
    first, last = rewards[0], rewards[-1]
    gas_of_first = [one.gas / one.paid for one in by[first]]
    deployed = [one.break_even(deployed=True) for one in by[first]]
    rows = []
    for wei in prices:
        row: dict[str, Any] = {"gas price (gwei)": f"{wei / 10**9:g}"}
        for reward in rewards:
            row[f"{reward} a model, %"] = percent([one.break_even(wei / price) for one in by[reward]])
        serves = [reward for reward in rewards if _oracle_gains(by[reward], wei / price)]
        row["oracle's fee covers its gas at"] = ", ".join(serves) or "none of them"
        rows.append(row)
    poor = [reward for reward in rewards if fmean(shares[reward]) >= 1]
    beyond = (
        f" At {' and '.join(poor)} a model it costs more than everything that it pays out."
        if poor
        else f" Even at {last} a model it costs less than what it pays out."
    )
    friends = [(one.initiator_gas + one.oracle_fees) / parse_wei(first) for one in by[first]]
    text = f"""
**At a gas price of {price / 10**9:g} gwei and {first} a model, the contract costs initiator, contributors
and verifiers together {percent(shares[first])} % of what it pays them, and at {last} a model
{percent(shares[last])} %. That is the break-even: a bookkeeper who keeps less than this share of all
payments is cheaper than a contract that nobody has to trust; one who keeps more is dearer.**{beyond}

{markets.setting}

The cost is the gas of all three and the fees of the oracle, which stands between the votes and the
contract. Of the {percent(shares[first])} % at {first}, gas is {percent(gas_of_first)}; the rest is the
oracle's fees, which the scenario sets in proportion to the reward. Gas does not fall with what is at
stake, so the contract is for markets whose models are worth much. The contract's creation,
{fmean(one.deployment for one in by[first]) / ETHER:.4f} ether of gas, is left out, as one contract serves
many tasks; borne by this market alone, it makes the first figure {percent(deployed)} %.

Against a bookkeeper who steals nothing but pays for her friends' models out of the initiator's escrow, the
initiator breaks even at {number(friends, 3)} such models a market of {first} each: what the contract costs
her is less than {_models(friends)}.

In ether: for each model that is announced, those three use {_each(by[first], "gas")} of gas and the oracle
{_each(by[first], "oracle_gas")}. The gas price is an input, not a forecast. The table says the break-even
at other prices; a fee is gas times price, so no market has to be run again. Intervals are narrow: between
seeds differ who is drawn and how many bytes of a call are zero, hardly how much work the contract has.
"""
    return Section(
        "How much embezzlement a contract has to prevent",
        text,
        pd.DataFrame(rows),
        ("break_even", _figure(by, price, prices)),
    )


def _oracle_gains(accounts: list[Account], times: float) -> bool:
    return fmean(one.oracle_fees - times * one.oracle_gas for one in accounts) > 0


def _each(accounts: list[Account], what: str) -> str:
    return f"{number([getattr(one, what) / one.models / ETHER for one in accounts], 5)} ether"


def _models(values: list[float]) -> str:
    whole = int(fmean(values)) + 1
    return "one of them" if whole == 1 else f"{whole} of them"


def _figure(by: dict[str, list[Account]], price: int, prices: tuple[int, ...]) -> "Figure":
    lines: dict[str, list[Dot]] = {}
    for reward, accounts in by.items():
        lines[f"{reward} a model"] = [
            _dot(f"{wei / 10**9:g}", estimate([100 * one.break_even(wei / price) for one in accounts]))
            for wei in prices
        ]
    figure = lines_figure(
        "What the contract costs those who trade",
        ("gas price (gwei)", "share of what it pays out (%)"),
        lines,
    )
    axes = figure.axes[0]
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.axhline(100, color="black", linewidth=0.8, linestyle=":")
    axes.annotate("all that is paid", (0, 100), xytext=(0, 3), textcoords="offset points", fontsize=8)
    return figure


def _dot(x: float | str, found: Estimate) -> Dot:
    return Dot(x, found.mean, *found.ends)


def _payoffs(markets: Markets, kept: float, price: int) -> Section:
    frames = dict(_arrangements(markets, kept))
    means = {name: mean_payoffs(frame, keys=[REWARD]) for name, frame in frames.items()}
    first = next(iter(means.values()))
    rows: list[dict[str, Any]] = []
    for row in first.to_dict("records"):
        if row["role"] not in TRADERS:
            continue
        told: dict[str, Any] = {"reward": row[REWARD], "who": f"{row['behaviour']} {row['role']}"}
        for name, frame in means.items():
            told[name] = _in_rewards(frame, row)
        rows.append(told)
    contract = markets.books.payoffs
    honest = where(
        contract,
        (contract["role"] == "contributor") & (contract["behaviour"] == HONEST) & (contract["rewarded"] > 0),
    )
    eaten = [
        f"{percent([_share(own) for _, own in groups(group, ['run'])])} % at {keys[REWARD]}"
        for keys, group in groups(honest, [REWARD])
    ]
    losing = _losing(means["contract"])
    text = f"""
What everybody gains from one market under each arrangement, in per cent of the reward of one model. The
bookkeeper is arithmetic over the same records: the honest one pays what the contract paid, and nobody pays
gas or an oracle; the one who keeps {100 * kept:g} % pays contributors and verifiers that much less; the
one with friends counts votes as they are but pays also for the models of those who trained nothing,
whatever the panel said. What a bookkeeper herself costs, and that people may behave otherwise when they
have to trust her, is not in it.

Gas eats of the reward of an honest contributor who is paid, on average,
{"; ".join(eaten)}, at {price / 10**9:g} gwei: she alone would rather
have a bookkeeper who keeps less than that. {losing}
"""
    return Section("Who would be better off with a bookkeeper", text, pd.DataFrame(rows))


def _share(own: pd.DataFrame) -> float:
    return sum(own["gas_wei"]) / sum(own["earned_wei"])


def _losing(means: pd.DataFrame) -> str:
    honest = where(
        means, (means["behaviour"] == HONEST) & means["role"].isin(["contributor", "verifier", "oracle"])
    )
    out = [
        f"an honest {row['role']} at {row[REWARD]}"
        for row in honest.to_dict("records")
        if row["mean_wei"] < 0
    ]
    if not out:
        return (
            "Every honest contributor, verifier and oracle gains by taking part, on average, at every reward."
        )
    return f"On the contract these pay more gas than they earn, on average: {', '.join(out)}."


def _arrangements(markets: Markets, kept: float) -> Iterator[tuple[str, pd.DataFrame]]:
    own = markets.books.payoffs
    fees = dict(zip(markets.books.budgets["run"], markets.books.budgets["oracle_wei"], strict=True))
    spared = pd.Series([fees[run] for run in own["run"]], index=own.index, dtype=object)
    initiator, earns = own["role"] == "initiator", own["role"].isin(["contributor", "verifier"])
    trusted = own["net_wei"] + own["gas_wei"] + spared.where(initiator, 0)
    stolen = own["earned_wei"].map(lambda wei: round(kept * wei)).where(earns, 0)
    friend = (own["role"] == "contributor") & (own["behaviour"] != HONEST)
    reward = own[REWARD].map(lambda text: parse_wei(str(text)))
    favours = ((own["announced"] - own["rewarded"]) * reward).where(friend, 0)
    per_run = favours.groupby(own["run"]).transform("sum")
    yield "contract", own
    yield "honest bookkeeper", own.assign(net_wei=trusted)
    yield f"one who keeps {100 * kept:g} %", own.assign(net_wei=trusted - stolen)
    yield "one with friends", own.assign(net_wei=trusted + favours - per_run.where(initiator, 0))


def _in_rewards(frame: pd.DataFrame, like: dict[str, Any]) -> str:
    there = where(
        frame,
        (frame[REWARD] == like[REWARD])
        & (frame["role"] == like["role"])
        & (frame["behaviour"] == like["behaviour"]),
    )
    row, reward = there.iloc[0], parse_wei(str(like[REWARD]))
    shown = f"{100 * row['mean_wei'] / reward:.1f}"
    if row["low_wei"] is None:
        return shown
    return f"{shown} ± {50 * (row['high_wei'] - row['low_wei']) / reward:.1f}"
