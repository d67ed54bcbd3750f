"""Reward rules: the small contracts that say which model is rewarded and how much it earns.

``shipped_rule`` and ``compile_rule`` give artifacts, ``deploy_rule`` puts one on a chain, and
``RewardRule.decide`` asks it what it would pay.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from eth_abi.abi import encode

from ..chain.types import Account, CallReverted, Chain, Receipt, Transaction
from ..errors import InputError, VerifuseError
from . import gas
from .abi import Entry
from .reverts import decode_error, failure

SHIPPED_RULES: Mapping[str, str] = {
    "flat": "FlatMajority",
    "proportional": "ProportionalReward",
    "median": "MedianReward",
}
"""Each shipped rule's short name and its contract."""

NO_MEASUREMENT = -(2**15)
"""What stands on the chain for an evaluation that measured nothing."""

FULL_BPS = 10_000

DECIDE = Entry(
    {
        "name": "decide",
        "inputs": [{"type": "int256"}, {"type": "uint256"}, {"type": "int256[]"}],
        "outputs": [{"type": "bool"}, {"type": "uint256"}],
    }
)
"""The one function of ``IRewardRule``."""


@dataclass(frozen=True)
class RuleArtifact:
    """A compiled reward rule.

    Attributes:
        name: Name of the contract.
        abi: Its ABI as JSON values.
        bytecode: Creation code.
        sources: SHA-256 of each source by name, hexadecimal, over LF line endings.
        compiler: Full version of solc.
    """

    name: str
    abi: tuple[Mapping[str, Any], ...]
    bytecode: bytes
    sources: Mapping[str, str]
    compiler: str

    @property
    def constructor_types(self) -> tuple[str, ...]:
        """ABI types of the constructor's parameters."""
        declared = [entry for entry in self.abi if entry["type"] == "constructor"]
        return tuple(parameter["type"] for entry in declared for parameter in entry["inputs"])

    @property
    def takes_full_margin(self) -> bool:
        """Whether its constructor wants the margin that earns the whole reward."""
        return bool(self.constructor_types)

    def to_json(self) -> str:
        """Return the artifact as ``from_json`` reads it."""
        raw = {
            "contract": self.name,
            "compiler": self.compiler,
            "sources": self.sources,
            "abi": self.abi,
            "bytecode": f"0x{self.bytecode.hex()}",
        }
        return json.dumps(raw, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "RuleArtifact":
        """Return the artifact that a shipped or cached file holds.

        Raises:
            ValueError, KeyError, TypeError: It holds none.
        """
        raw = json.loads(text)
        return cls(
            name=raw["contract"],
            abi=tuple(raw["abi"]),
            bytecode=bytes.fromhex(raw["bytecode"][2:]),
            sources=raw["sources"],
            compiler=raw["compiler"],
        )


@cache
def shipped_rule(name: str) -> RuleArtifact:
    """Return a shipped rule: ``flat``, ``proportional`` or ``median``.

    Raises:
        InputError: There is no rule of that name.
    """
    if name not in SHIPPED_RULES:
        raise InputError("rule", name, f"choose one of {', '.join(SHIPPED_RULES)}")
    file = resources.files("verifuse.contracts") / "artifacts" / f"{SHIPPED_RULES[name]}.json"
    return RuleArtifact.from_json(file.read_text(encoding="utf-8"))


def rule_deployment(
    deployer: Account, artifact: RuleArtifact, full_margin_bps: int | None = None
) -> Transaction:
    """Return the transaction that creates a rule; ``deployed_rule`` turns its receipt into the contract.

    Args:
        deployer: Who pays the gas; a shipped rule gives her no rights.
        artifact: The rule.
        full_margin_bps: The margin in basis points, 1 to 10,000, that earns the whole reward, for a rule
            whose constructor takes one; ``None`` for any other.

    Raises:
        InputError: The margin is missing, out of range, or not wanted.
    """
    arguments: list[int] = []
    if not artifact.takes_full_margin:
        if full_margin_bps is not None:
            raise InputError("full_margin_bps", full_margin_bps, f"{artifact.name} takes none: leave it out")
    elif type(full_margin_bps) is not int or not 1 <= full_margin_bps <= FULL_BPS:
        raise InputError(
            "full_margin_bps",
            full_margin_bps,
            f"{artifact.name} takes a whole number of basis points, 1 to 10000",
        )
    else:
        arguments = [full_margin_bps]
    code = artifact.bytecode + encode(artifact.constructor_types, arguments)
    return Transaction(deployer, None, code, gas=gas.deploy_rule(len(code)), function="constructor")


@dataclass(frozen=True)
class Decision:
    """What a rule answers.

    Attributes:
        rewarded: Whether the model is Rewarded rather than Rejected.
        amount_wei: What the rule would pay its contributor. The market pays at most the model reward, and
            nothing for a model that is not rewarded.
    """

    rewarded: bool
    amount_wei: int


class RuleBroken(VerifuseError):
    """A rule gave no answer that a market reads, so the market would make the model Void.

    Args:
        address: The rule's address.
        reason: What it did instead, in words.
    """

    def __init__(self, address: str, reason: str):
        self.address = address
        self.reason = reason
        super().__init__(f"reward rule {address} {reason}; a market makes the model Void")

    def __reduce__(self):
        """Let the error cross process borders with its two parts."""
        return type(self), (self.address, self.reason)


@dataclass(frozen=True)
class RewardRule:
    """A deployed reward rule.

    Attributes:
        chain: The chain that it lives on.
        address: Its checksum address.
    """

    chain: Chain
    address: str

    def decide(self, *, mafr_bps: int, model_reward_wei: int, margins: Sequence[int | None]) -> Decision:
        """Ask what it would decide, with more gas than a market gives.

        Args:
            mafr_bps: Minimum acceptable fitness rate, signed.
            model_reward_wei: What is reserved for the model's contributor.
            margins: Fitness minus reference of each evaluation in basis points; ``None`` for one that
                measured nothing (an unreadable model, or a copy).

        Raises:
            InputError: An argument does not fit its ABI type.
            RuleBroken: It reverted, or answered other than two words of which the first is 0 or 1.
        """
        words = [NO_MEASUREMENT if margin is None else margin for margin in margins]
        data = DECIDE.encode([mafr_bps, model_reward_wei, words])
        try:
            answer = self.chain.call(self.address, data)
        except CallReverted as error:
            raise RuleBroken(self.address, f"reverted: {decode_error(error.data)!r}") from None
        if len(answer) != 64:
            raise RuleBroken(self.address, f"answered {len(answer)} bytes instead of 64")
        rewarded = int.from_bytes(answer[:32], "big")
        if rewarded > 1:
            raise RuleBroken(self.address, "answered a bool that is neither 0 nor 1")
        return Decision(rewarded == 1, int.from_bytes(answer[32:], "big"))


def deployed_rule(chain: Chain, receipt: Receipt) -> RewardRule:
    """Return the rule that a ``rule_deployment`` created.

    Raises:
        ContractError: The chain undid the creation.
    """
    refusal = failure(receipt)
    if refusal is not None:
        raise refusal
    assert receipt.contract_address is not None
    return RewardRule(chain, receipt.contract_address)


def deploy_rule(
    chain: Chain,
    deployer: Account,
    timestamp: int,
    artifact: RuleArtifact,
    full_margin_bps: int | None = None,
) -> RewardRule:
    """Create a rule in a block of its own.

    Args:
        chain: Where to.
        deployer: Who pays the gas.
        timestamp: Unix time of the block.
        artifact: The rule.
        full_margin_bps: As for ``rule_deployment``.

    Raises:
        InputError: The margin is missing, out of range, or not wanted.
        ContractError: The chain undid the creation.
    """
    tx_hash = chain.submit(rule_deployment(deployer, artifact, full_margin_bps))
    receipts = chain.mine(timestamp).receipts
    return deployed_rule(chain, next(receipt for receipt in receipts if receipt.tx_hash == tx_hash))
