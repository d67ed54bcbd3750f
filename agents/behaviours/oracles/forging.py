"""Forging: alters what was measured."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from ...config.base import Settings
from ..query import Query, Row
from ..seat import FULL_BPS, Reading
from .honest import Honest


class ForgingOptions(Settings):
    """What it makes of the numbers.

    Attributes:
        to: ``yes``, the best number there is, or ``no``, the worst.
        keeps: Whether rows that already say so are brought as they are.
    """

    to: Literal["yes", "no"] = "yes"
    keeps: bool = True


class Forging(Honest):
    """Brings other numbers than were signed.

    On a contract that believes its oracle, as the paper's does, it decides alone. On ``TaskMarket`` every
    row bears its verifier's EIP-712 signature (EIP-712, and EIP-2098 for its compact form): a row that was
    altered is skipped with an event, is missing for the quorum, and an answer without a quorum earns no
    fee. So all that forging does is what silence does.
    """

    Options = ForgingOptions

    def delivers(self, query: Query, rows: Sequence[Row]) -> Sequence[Row]:
        """Write other numbers into the rows."""
        wants_yes = self.options.to == "yes"
        said = Reading(FULL_BPS if wants_yes else 0)
        return [
            row if self.options.keeps and query.passes(row) == wants_yes else replace(row, said=said)
            for row in rows
        ]
