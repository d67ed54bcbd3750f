"""How the contract that a market stands on comes onto its chain."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ..chain import Receipt
from ..contracts import (
    SHIPPED_RULES,
    RuleArtifact,
    TaskMarket,
    compile_rule,
    deployed,
    deployed_rule,
    deployment,
    rule_deployment,
    shipped_rule,
)
from ..contracts.paper_market import paper_deployed, paper_deployment
from ..errors import InputError
from .config import MarketConfig
from .paper_contract import NO_RULE, PaperContract
from .population import PLATFORM

if TYPE_CHECKING:
    from .market import Market


@dataclass(frozen=True)
class Founded:
    """A contract on the chain.

    Attributes:
        contract: What the agents trade on. The paper's contract stands in for ``TaskMarket`` though it
            lacks some calls: nobody makes them there, because no event gives a reason to.
        rule: Address of the reward rule, zero where the contract has its own.
        receipts: Of the deployments.
    """

    contract: TaskMarket
    rule: str
    receipts: tuple[Receipt, ...]


def founding_of(config: MarketConfig) -> Callable[["Market"], Founded]:
    """Return what puts the contract that the settings ask for onto a market's chain.

    Raises:
        InputError: The reward rule is not known, or does not compile.
    """
    if config.is_paper:
        return found_paper_contract
    return partial(found_task_market, rule=reward_rule(config.task.rule))


def found_task_market(market: "Market", rule: RuleArtifact) -> Founded:
    """Deploy ``TaskMarket`` and its reward rule in the chain's first block."""
    platform = market.accounts[PLATFORM]
    market.chain.submit(deployment(platform))
    market.chain.submit(rule_deployment(platform, rule, market.config.task.full_margin_bps))
    receipts = market.chain.mine(market.timestamp_at(0)).receipts
    contract, deployed_at = deployed(market.chain, receipts[0]), deployed_rule(market.chain, receipts[1])
    return Founded(contract, deployed_at.address, receipts)


def found_paper_contract(market: "Market") -> Founded:
    """Deploy ``PaperMarket`` in the chain's first block."""
    market.chain.submit(paper_deployment(market.accounts[PLATFORM]))
    receipts = market.chain.mine(market.timestamp_at(0)).receipts
    contract = PaperContract(
        market.chain,
        paper_deployed(market.chain, receipts[0]).address,
        market.web,
        market.config,
        market.timestamp_at(market.config.deadline),
    )
    return Founded(cast(TaskMarket, contract), NO_RULE, receipts)


def reward_rule(name: str) -> RuleArtifact:
    """Return a shipped rule by its name, or compile the Solidity file at that path.

    Raises:
        InputError: It is neither, or does not compile.
    """
    if name in SHIPPED_RULES:
        return shipped_rule(name)
    if not name.endswith(".sol"):
        known = ", ".join(SHIPPED_RULES)
        raise InputError("task.rule", name, f"one of {known}, or the path of a Solidity file ending in .sol")
    return compile_rule(Path(name))
