"""What every backend begins with: block 0, who owns what in it, and how its clock goes on."""

from collections.abc import Mapping
from functools import lru_cache

from eth_typing import Address
from eth_utils.address import is_address, is_checksum_address, to_canonical_address, to_checksum_address
from eth_utils.crypto import keccak

from ..errors import InputError
from .config import ChainConfig
from .intake import is_amount
from .types import Account

COINBASE = keccak(text="verifuse: fees of a simulated chain")[-20:]
"""Where priority fees go: a hash, so that nobody holds its key."""

INITIAL_BASE_FEE_WEI = 10**9
"""EIP-1559, ``INITIAL_BASE_FEE``."""


def genesis_base_fee_wei(config: ChainConfig) -> int:
    """Return the base fee of block 0; at no price is the first block closed to those who pay just that."""
    return min(INITIAL_BASE_FEE_WEI, config.gas_price)


def genesis_balances(balances: Mapping[Account | str, int]) -> dict[str, int]:
    """Return wei by checksum address.

    Raises:
        InputError: If an address or amount is impossible, or one address is named twice.
    """
    genesis: dict[str, int] = {}
    for who, wei in balances.items():
        address = who.address if isinstance(who, Account) else who
        if not is_checksum_address(address):
            raise InputError("balances", address, "give accounts or EIP-55 checksum addresses")
        if not is_amount(wei):
            raise InputError(f"balances.{address}", wei, "give whole wei from 0 to 2**128 - 1")
        if address in genesis:
            raise InputError("balances", address, "name each address once")
        genesis[address] = wei
    return genesis


def accounts_of(balances: Mapping[Account | str, int]) -> tuple[Account, ...]:
    """Return those of the owners whose keys are known."""
    return tuple(who for who in balances if isinstance(who, Account))


def check_later(timestamp: int, newest: int) -> None:
    """Refuse a block that would not be later than the one before.

    Args:
        timestamp: Unix seconds wanted.
        newest: Unix seconds of the newest block.

    Raises:
        InputError: If it is not later, or no whole number of seconds.
    """
    if type(timestamp) is not int or not newest < timestamp < 2**64:
        raise InputError("timestamp", timestamp, f"give whole Unix seconds after {newest}")


def canonical(address: str) -> Address:
    """Return an address as 20 bytes.

    Raises:
        InputError: It is none.
    """
    if not is_address(address):
        raise InputError("address", address, "give 20 bytes in hexadecimal")
    return to_canonical_address(address)


@lru_cache(maxsize=4096)
def checksummed(address: str) -> str:
    """Return an address in EIP-55 form.

    Raises:
        InputError: It is none.
    """
    return to_checksum_address(canonical(address))
