"""How the contract that a market stands on comes onto its chain."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ..chain import Receipt, Transaction, TransactionRefused
from ..contracts import (
    ContractError,
    RevertedWithReason,
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
from .config.task import TaskSettings
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
        rules: Address of each task's reward rule, by the task's name; zero where the contract has its own.
        receipts: Of the deployments.
    """

    contract: TaskMarket
    rules: dict[str, str]
    receipts: tuple[Receipt, ...]


def founding_of(config: MarketConfig) -> Callable[["Market"], Founded]:
    """Return what puts the contract that the settings ask for onto a market's chain.

    Raises:
        InputError: The reward rule is not known, or does not compile.
    """
    if config.is_paper:
        return found_paper_contract
    tasks = {_kind_of_rule(task): task for task in config.task_list}
    rules = {kind: (reward_rule(task), task) for kind, task in tasks.items()}
    return partial(found_task_market, rules=rules)


RuleKind = tuple[str, int | None]
"""A rule's name or path and its full margin: tasks that have both in common share one contract."""


def found_task_market(
    market: "Market", rules: Mapping[RuleKind, tuple[RuleArtifact, TaskSettings]]
) -> Founded:
    """Deploy ``TaskMarket`` and its tasks' reward rules, in the chain's first block if it holds them.

    Raises:
        InputError: A rule's constructor reverts.
    """
    platform = market.accounts[PLATFORM]
    creations = [rule_deployment(platform, rule, task.full_margin_bps) for rule, task in rules.values()]
    receipts = _mined(market, deployment(platform), *creations)
    contract = deployed(market.chain, receipts[0])
    addresses: dict[RuleKind, str] = {}
    for (kind, (_, task)), receipt in zip(rules.items(), receipts[1:], strict=True):
        try:
            addresses[kind] = deployed_rule(market.chain, receipt).address
        except ContractError as error:
            reason = error.reason if isinstance(error, RevertedWithReason) else error
            raise InputError("task.rule", task.rule_name, f"its constructor reverts: {reason}") from None
    named = {entry.name: addresses[_kind_of_rule(entry)] for entry in market.book.entries}
    return Founded(contract, named, receipts)


def _kind_of_rule(task: TaskSettings) -> RuleKind:
    return task.rule, task.full_margin_bps


def found_paper_contract(market: "Market") -> Founded:
    """Deploy ``PaperMarket`` in the chain's first block."""
    receipts = _mined(market, paper_deployment(market.accounts[PLATFORM]))
    contract = PaperContract(
        market.chain,
        paper_deployed(market.chain, receipts[0]).address,
        market.web,
        market.config,
        market.book,
        market.timestamp_at,
    )
    rules = {entry.name: NO_RULE for entry in market.book.entries}
    return Founded(cast(TaskMarket, contract), rules, receipts)


def _mined(market: "Market", *deployments: Transaction) -> tuple[Receipt, ...]:
    """Return the receipts of deployments, which may need more than one block.

    Raises:
        InputError: No block could hold one of them.
    """
    try:
        waiting = [market.chain.submit(transaction) for transaction in deployments]
    except TransactionRefused as refusal:
        limit = market.chain.config.block_gas_limit
        raise InputError(
            "chain.block_gas_limit", limit, f"enough for the contract: {refusal.reason}"
        ) from None
    found: dict[bytes, Receipt] = {}
    while not all(hash_ in found for hash_ in waiting):
        found |= {receipt.tx_hash: receipt for receipt in market.mine().receipts}
    return tuple(found[hash_] for hash_ in waiting)


def reward_rule(task: TaskSettings) -> RuleArtifact:
    """Return a task's shipped rule, or compile the Solidity file that it names.

    Raises:
        InputError: The file does not compile, or a full margin is missing or not wanted.
    """
    if not task.has_own_rule:
        return shipped_rule(task.rule)
    try:
        rule = compile_rule(Path(task.rule))
    except InputError as error:
        raise InputError("task.rule", error.value, error.allowed) from None
    wrong = task.wrong_full_margin(rule)
    if wrong is not None:
        raise InputError("task.full_margin", task.full_margin, wrong)
    return rule
