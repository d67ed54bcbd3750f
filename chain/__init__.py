"""The Ethereum chain under a market, behind one small interface.

``open_chain`` gives a chain, ``derive_account`` the accounts that sign on it, and ``types`` holds
what goes in and comes out. Libraries that take a second to import are loaded when a chain opens.
"""

from collections.abc import Mapping
from pathlib import Path

from ..errors import InputError
from .accounts import derive_account
from .config import ChainConfig
from .types import (
    Account,
    Block,
    CallReverted,
    Chain,
    ChainUnreachable,
    Log,
    Receipt,
    Transaction,
    TransactionRefused,
)

__all__ = [
    "Account",
    "Block",
    "CallReverted",
    "Chain",
    "ChainConfig",
    "ChainUnreachable",
    "Log",
    "Receipt",
    "Transaction",
    "TransactionRefused",
    "derive_account",
    "open_chain",
    "signing_secret",
]


def signing_secret(config: ChainConfig) -> bytes:
    """Return what keys are derived from beside the seed, where others can reach the chain; else nothing.

    Raises:
        InputError: The environment holds no proper one.
    """
    if not config.is_running_node:
        return b""
    from .running_node import funding_secret

    return funding_secret(config)


def open_chain(
    config: ChainConfig, balances: Mapping[Account | str, int], *, journal: Path | None = None
) -> Chain:
    """Return a chain on which exactly ``balances`` (wei) are owned at block 0, or a running node.

    Args:
        config: ``config.name`` picks the backend.
        balances: Wei by account or checksum address; on a running node by its own clock the least.
        journal: File in which a running node's answers are remembered; one that exists is continued.

    Raises:
        InputError: If there is no such backend on this machine, or a balance is impossible.
        ChainUnreachable: If a node did not start, or does not answer.
    """
    if config.name == "tester":
        from .tester import TesterChain

        return TesterChain(config, balances)
    if config.name == "anvil":
        from .anvil import open_anvil

        return open_anvil(config, balances)
    if not config.name.lower().startswith(("http://", "https://")) and not Path(config.name).exists():
        allowed = "choose 'tester', 'anvil', the URL of a running node, or the path of its socket"
        raise InputError("chain.name", config.name, allowed)
    from .running_node import open_running_node

    return open_running_node(config, balances, journal)
