"""Gas limits of the contract's calls.

Limits are explicit because estimating one runs a call many times. They lie above the worst case that a
test measures. Unused gas is not charged, but a sender must hold limit × price, and a block packs by limits.
"""

DEPLOYMENT_GAS = 5_000_000
POST_TASK = 320_000
TOP_UP = 80_000
CLOSE_TASK = 120_000
JOIN_POOL = 160_000
LEAVE_POOL = 80_000
ANNOUNCE_MODEL = 260_000
REQUEST_EVALUATIONS = 130_000
EXPIRE_MODEL = 180_000
WITHDRAW = 120_000


def draw_panel(panel_size: int) -> int:
    """Return the limit for seating a panel, even from a pool most of whose members have left."""
    return 900_000 + 45_000 * panel_size


def deliver_evaluations(rows: int) -> int:
    """Return the limit for an answer of that many rows, whatever the size of the panel."""
    return 800_000 + 80_000 * rows
