"""What all settings have in common."""

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


def refusal(field: str, value: object, allowed: str) -> PydanticCustomError:
    """Return the error of a rule that spans several keys; ``field`` is relative to the validated table."""
    return PydanticCustomError("refused", "{allowed}", {"field": field, "value": value, "allowed": allowed})


class Settings(BaseModel):
    """Base of all settings: they never change after they were read, and know no other keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
