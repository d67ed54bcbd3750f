"""What all settings have in common."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

from ..units import Wei


def refusal(field: str, value: object, allowed: str) -> PydanticCustomError:
    """Return the error of a rule that spans several keys; ``field`` is relative to the validated table."""
    return PydanticCustomError("refused", "{allowed}", {"field": field, "value": value, "allowed": allowed})


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
