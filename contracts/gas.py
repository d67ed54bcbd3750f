"""Gas limits of the contract's calls.

Limits are explicit because estimating one runs a call many times. They lie above the worst case that a
test measures. Unused gas is not charged, but a sender must hold limit × price, and a block packs by limits.
"""

DEPLOYMENT_GAS = 5_000_000
POST_TASK = 400_000
TOP_UP = 80_000
CLOSE_TASK = 120_000
JOIN_POOL = 160_000
LEAVE_POOL = 80_000
RECLAIM_STAKE = 120_000
ANNOUNCE_MODEL = 300_000
RELEASE_KEY = 80_000
SHARE_KEY = 90_000
COMMIT_EVALUATION = 110_000
REQUEST_EVALUATIONS = 130_000
SETTLE_SEAT = 200_000
REVEAL_PLANT = 4_500_000
WITHDRAW = 120_000


def draw_panel(panel_size: int) -> int:
    """Return the limit for seating a panel, even from a pool most of whose members have left."""
    return 900_000 + 45_000 * panel_size


def deliver_keys(length: int) -> int:
    """Return the limit for handing a panel wrapped keys of that many bytes in all."""
    return 80_000 + 40 * length


def reveal_evaluation(panel_size: int) -> int:
    """Return the limit for counting one row on chain."""
    return 280_000 + 5_000 * panel_size


def expire_model(panel_size: int) -> int:
    """Return the limit for ending a model, even one that all of its panel was counted for on chain."""
    return 600_000 + 17_000 * panel_size


def deliver_evaluations(rows: int) -> int:
    """Return the limit for an answer of that many rows, whatever the size of the panel.

    The reward rule may use 200,000 gas and 10,000 for each counted row, and the contract insists on having
    that much at hand (EIP-150 lets a call hand on 63/64 of it).
    """
    return 1_200_000 + 95_000 * rows


def deploy_rule(code_bytes: int) -> int:
    """Return the limit for creating a reward rule whose creation code and arguments have that many bytes."""
    return 1_000_000 + 250 * code_bytes
