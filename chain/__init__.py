"""The Ethereum chain under a market, behind one small interface.

``open_chain`` gives a chain, ``derive_account`` the accounts that sign on it, and ``types`` holds
what goes in and comes out. Libraries that take a second to import are loaded when a chain opens.
"""

from collections.abc import Mapping

from ..errors import InputError
from .accounts import derive_account
from .config import ChainConfig
from .types import (
    Account,
    Block,
    CallReverted,
    Chain,
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
    "Log",
    "Receipt",
    "Transaction",
    "TransactionRefused",
    "derive_account",
    "open_chain",
]


def open_chain(config: ChainConfig, balances: Mapping[Account | str, int]) -> Chain:
    """Return a chain at block 0 on which exactly ``balances`` (wei) are owned.

    Args:
        config: ``config.name`` picks the backend; ``tester`` is py-evm inside this process.
        balances: Wei by account or checksum address.

    Raises:
        InputError: If no backend has that name, or a balance is impossible.
    """
    if config.name != "tester":
        raise InputError("chain.name", config.name, "choose 'tester'")
    from .tester import TesterChain

    return TesterChain(config, balances)
