"""How participants decide, honestly and not: one file a behaviour, one folder a role."""

from .base import Behaviour, NoOptions
from .naming import (
    HONEST,
    Role,
    behaviour,
    behaviour_class,
    is_own_file,
    options_of,
    shipped,
    without_own_code,
)

__all__ = [
    "HONEST",
    "Behaviour",
    "NoOptions",
    "Role",
    "behaviour",
    "behaviour_class",
    "is_own_file",
    "options_of",
    "shipped",
    "without_own_code",
]
