"""Money is integer wei; people write and read ether."""

import re
from decimal import Decimal
from typing import Annotated, Any

from eth_utils.currency import from_wei, to_wei
from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

ETHER = 10**18
"""Wei in one ether."""

_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(wei|gwei|ether)\s*")
_ALLOWED = 'an amount such as "0.05 ether", "20 gwei", "7 wei", or a whole number of wei'


def parse_wei(amount: Any) -> int:
    """Return an amount in wei.

    Args:
        amount: A whole number of wei, or text such as ``"0.05 ether"``.

    Raises:
        ValueError: Neither of these, or a fraction of a wei.
    """
    if isinstance(amount, int) and not isinstance(amount, bool) and amount >= 0:
        return amount
    match = _AMOUNT.fullmatch(amount) if isinstance(amount, str) else None
    if match is None:
        raise ValueError(_ALLOWED)
    number, unit = match.groups()
    wei = to_wei(Decimal(number), unit)
    if from_wei(wei, unit) != Decimal(number):
        raise ValueError("an amount without fractions of a wei")
    return wei


def format_wei(wei: int) -> str:
    """Return an exact amount in the largest unit that needs no more than six decimals.

    ``parse_wei`` undoes it.
    """
    for unit, size in (("ether", 10**18), ("gwei", 10**9)):
        if wei % (size // 10**6) == 0:
            return f"{(Decimal(wei) / size).normalize():f} {unit}"
    return f"{wei} wei"


def format_ether(wei: int, decimals: int = 6) -> str:
    """Return an amount for tables: ether, rounded to ``decimals``, without its unit."""
    return f"{Decimal(wei) / 10**18:,.{decimals}f}"


Wei = Annotated[
    int,
    BeforeValidator(parse_wei),
    PlainSerializer(format_wei, return_type=str),
    WithJsonSchema({"type": ["string", "integer"], "pattern": f"^{_AMOUNT.pattern}$", "minimum": 0}),
]
"""A pydantic field that reads ``"1 ether"`` and holds wei."""
