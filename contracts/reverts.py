"""From the bytes of a failed call to the exception that they stand for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from ..chain.types import Receipt
from .abi import Entry, error_entries
from .refusals import CUSTOM_ERRORS, ContractError


@dataclass(unsafe_hash=True)
class RevertedWithReason(ContractError):
    """Solidity's ``Error(string)``: a ``require`` with a message failed."""

    reason: str


@dataclass(unsafe_hash=True)
class Panicked(ContractError):
    """Solidity's ``Panic(uint256)``: an assertion, overflow or bad index; the code is Solidity's."""

    code: int


@dataclass(unsafe_hash=True)
class RevertedWithoutReason(ContractError):
    """The call failed with nothing that can be read: out of gas, malformed call data, no such function."""

    data: bytes


_KINDS = (RevertedWithReason, Panicked, RevertedWithoutReason)
_BUILT_IN: dict[bytes, tuple[type[ContractError], str]] = {
    bytes.fromhex("08c379a0"): (RevertedWithReason, "string"),
    bytes.fromhex("4e487b71"): (Panicked, "uint256"),
}


def decode_error(
    data: bytes,
    entries: Mapping[bytes, Entry] | None = None,
    classes: Mapping[str, type[ContractError]] = CUSTOM_ERRORS,
) -> ContractError:
    """Turn the bytes that a failed call returned into the exception that they stand for.

    Args:
        data: What the call returned.
        entries: The contract's custom errors by selector; those of ``TaskMarket`` if not given.
        classes: Their exceptions by Solidity name.
    """
    entries = error_entries() if entries is None else entries
    selector, arguments = data[:4], data[4:]
    try:
        if selector in _BUILT_IN:
            built_in, kind = _BUILT_IN[selector]
            return built_in(*decode([kind], arguments))
        if selector in entries:
            entry = entries[selector]
            return classes[entry.name](*entry.decode_arguments(arguments))
    except (DecodingError, IndexError, UnicodeDecodeError):
        pass
    return RevertedWithoutReason(data)


def explain(said: str) -> str:
    """Return what the text of a refusal means: what its class says of itself, with the arguments put in.

    Args:
        said: Text such as ``BondNeedsTime(bond=0.1 ether, minimum=60)``, as in a run record.
    """
    known = {kind.__name__: kind for kind in (*CUSTOM_ERRORS.values(), *_KINDS)}.get(said.partition("(")[0])
    if known is None:
        return f"The contract says: {said}."

    def argument(name: re.Match[str]) -> str:
        found = re.search(rf"\b{re.escape(name[1])}=([^,)]*)", said)
        return found[1] if found else name[1]

    return f"{re.sub('``(.+?)``', argument, known.__doc__ or '')} [{said}]"


def failure(receipt: Receipt) -> ContractError | None:
    """Return why a transaction failed, or ``None`` if it did not."""
    return None if receipt.succeeded else decode_error(receipt.revert_data)
