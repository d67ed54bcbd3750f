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
from .progress import Progress
from .query import Query, Row
from .seat import Bribe, Reading, Seat

__all__ = [
    "HONEST",
    "Behaviour",
    "Bribe",
    "NoOptions",
    "Progress",
    "Query",
    "Reading",
    "Role",
    "Row",
    "Seat",
    "behaviour",
    "behaviour_class",
    "is_own_file",
    "options_of",
    "shipped",
    "without_own_code",
]
