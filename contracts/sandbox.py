"""A market's contract on an EVM of one's own, to be called by hand: in notebooks, lessons and experiments."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..chain import Account, Block, Chain, ChainConfig, Log, derive_account, open_chain
from ..errors import InputError
from ..units import ETHER
from .artifact import task_market_artifact
from .events import Event, decode_event
from .market import TaskMarket, deploy_task_market
from .reverts import failure
from .rules import deploy_rule, shipped_rule

DEPLOYER = "deployer"
"""Who put the contracts on the chain, and pays for it; the contracts give her no rights."""

GAS = 2_000_000
"""Gas limit of every call: more than any of the contract's needs for a panel of a few."""


@dataclass(frozen=True)
class Sandbox:
    """A fresh contract and people with ether.

    Nothing happens by itself: transactions wait until ``wait`` seals a block, and time passes in no other
    way.

    Attributes:
        chain: The chain, with its blocks and balances.
        market: The contract's Python face, as agents call it.
        rule: Address of the reward rule ``flat``, the paper's majority.
        people: Accounts by name.
    """

    chain: Chain
    market: TaskMarket
    rule: str
    people: Mapping[str, Account]

    @property
    def w3(self) -> Any:
        """An ordinary ``web3.Web3`` on the chain; it signs for all people."""
        return self.chain.w3

    @cached_property
    def contract(self) -> Any:
        """The contract as web3 calls it, by its ABI."""
        return self.w3.eth.contract(address=self.market.address, abi=list(task_market_artifact().abi))

    def address(self, name: str) -> str:
        """Return a person's address.

        Raises:
            InputError: Nobody is called so.
        """
        if name not in self.people:
            raise InputError("name", name, f"one of {', '.join(self.people)}")
        return self.people[name].address

    def ether(self, name: str) -> float:
        """Return what is in a person's wallet, in ether and rounded as floats are."""
        return self.chain.balance(self.address(name)) / ETHER

    def wait(self, seconds: int = 12) -> Block:
        """Let time pass and seal a block with what was sent meanwhile; a block is at least a second long."""
        return self.chain.mine(self.chain.timestamp + max(1, int(seconds)))

    def send(self, call: Any, who: str, *, ether: float = 0, seconds: int = 12) -> Any:
        """Have somebody send one call of the contract, seal the next block, and return web3's receipt.

        Args:
            call: As web3 writes it: ``box.contract.functions.joinPool(b"")``.
            who: Who signs it and pays the gas.
            ether: What is sent along.
            seconds: How long after the block before.

        Raises:
            InputError: Nobody is called so.
            ContractError: The contract has refused the call, which is in a block and has cost gas.
        """
        value = self.w3.to_wei(str(ether), "ether")
        sent = bytes(call.transact({"from": self.address(who), "value": value, "gas": GAS}))
        block = self.wait(seconds)
        refusal = next(failure(receipt) for receipt in block.receipts if receipt.tx_hash == sent)
        if refusal is not None:
            raise refusal
        return self.w3.eth.get_transaction_receipt(sent)

    def events(self, receipt: Any) -> tuple[Event, ...]:
        """Return what the contract told in a transaction, from web3's receipt."""
        return tuple(
            decode_event(Log(log["address"], tuple(map(bytes, log["topics"])), bytes(log["data"])))
            for log in receipt["logs"]
            if log["address"] == self.market.address
        )

    def close(self) -> None:
        """Give the chain back."""
        self.chain.close()


def open_sandbox(*names: str, ether: int = 100, seed: int = 0) -> Sandbox:
    """Return a chain inside this process with a fresh contract on it.

    Args:
        names: The people, who own ``ether`` each.
        ether: Whole ether in each wallet.
        seed: Of everybody's keys; the same seed gives the same addresses.

    Raises:
        InputError: A name is given twice, or is the deployer's.
    """
    if len({DEPLOYER, *names}) != len(names) + 1:
        raise InputError("names", list(names), f"each name once, and none {DEPLOYER!r}")
    accounts = {name: derive_account(seed, name) for name in (*names, DEPLOYER)}
    config = ChainConfig()
    chain = open_chain(config, dict.fromkeys(accounts.values(), ether * ETHER))
    deployer = accounts[DEPLOYER]
    market = deploy_task_market(chain, deployer, config.genesis_time + config.slot_seconds)
    rule = deploy_rule(chain, deployer, chain.timestamp + config.slot_seconds, shipped_rule("flat"))
    return Sandbox(chain, market, rule.address, accounts)
