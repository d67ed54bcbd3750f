"""What all settings have in common."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from ...errors import refusal as refusal
from ...units import Wei

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
GROUP_NAME = r"^[A-Za-z][A-Za-z0-9_.-]{0,39}$"
IN_WORDS = {
    NAME: "a letter or digit, then letters, digits, '_', '.' or '-', at most 64 in all",
    GROUP_NAME: "a letter, then letters, digits, '_', '.' or '-', at most 40 in all",
}
"""What names look like, as patterns and as people are told."""


class Settings(BaseModel):
    """Base of all settings: they never change after they were read, and know no other keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _at_most(ether: int) -> AfterValidator:
    def check(wei: int) -> int:
        if wei > ether * 10**18:
            raise ValueError(f"at most {ether:,} ether")
        return wei

    return AfterValidator(check)


Amount = Annotated[Wei, _at_most(100_000_000)]
"""Ether that somebody has, promises or deposits: it fits the contract's ``uint88``."""

Fee = Annotated[Wei, _at_most(1_000_000)]
"""Ether for one evaluation or answer, which the contract keeps as ``uint80``."""
