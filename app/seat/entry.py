"""What a visitor types as her evaluation."""

import re

from ...errors import InputError

FULL_BPS = 10_000
LONGEST = 40

_PER_CENT = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]{1,2}))?\s*%?")


def parse_evaluation(text: str) -> int:
    """Return an evaluation in basis points, as the contract counts.

    Args:
        text: A number of per cent, such as ``"93.33"``, ``"93,33 %"`` or ``"100"``.

    Raises:
        InputError: It is no number between 0 and 100, or has more than two decimals.
    """
    match = _PER_CENT.fullmatch(text.strip()) if len(text) <= LONGEST else None
    whole, decimals = match.groups() if match else ("", None)
    bps = int(whole) * 100 + int((decimals or "").ljust(2, "0")) if match else FULL_BPS + 1
    if bps > FULL_BPS:
        raise InputError("evaluation", text, "type a number between 0 and 100 %, with at most two decimals")
    return bps


def per_cent(bps: int) -> str:
    """Return basis points as people read them, such as ``"93.33 %"``; ``parse_evaluation`` undoes it."""
    return f"{bps / 100:.2f} %"
