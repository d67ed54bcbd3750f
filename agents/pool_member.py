"""Membership of the pool that panels are drawn from, and the stake behind it."""

from typing import TYPE_CHECKING

from ..contracts import PoolJoined, PoolSlot, StakeReclaimed
from .config.presence import PresenceKeys
from .participant import Participant

if TYPE_CHECKING:
    from .market import Market


STAKE_BLOCKS = 256
"""Blocks for which the contract keeps a stake after its owner left: so long a draw may still seat her."""


def free_block(entry: PoolSlot) -> int:
    """Return the block from which on the stake behind a slot that was left can be reclaimed."""
    return entry.left_block + STAKE_BLOCKS


class PoolMember(Participant):
    """Joins the pool, leaves it, and comes back for the stake.

    Attributes:
        stake: Wei that she deposits on joining.
        slot: Her slot of the pool, once the contract told of it.
        is_in_pool: Whether she joined and has not left.
        left_slots: Slots that she left with a stake behind them, and the block that she waits for.
    """

    def __init__(self, market: "Market", name: str, presence: PresenceKeys, stake: int):
        super().__init__(market, name, presence)
        self.stake = stake
        self.slot: int | None = None
        self.is_in_pool = False
        self.left_slots: dict[int, int] = {}

    def join(self) -> None:
        """Join the pool, with a stake if that is asked for."""
        self.activity = "in the pool"
        self.note("joined", "joined the pool of verification contributors")
        public_key, stake = self.public_key, self.stake
        self.is_in_pool = self.send(
            self.market.contract.join_pool(self.account, public_key=public_key, value_wei=stake)
        )

    def note_the_slot(self, event: PoolJoined) -> None:
        """Remember the own slot of the pool."""
        if event.account == self.address:
            self.slot = event.slot

    def leave_the_pool(self) -> None:
        """Leave the pool, and come back for the stake when no draw can seat her any more."""
        slot, self.slot, self.is_in_pool = self.slot, None, False
        self.send(self.market.contract.leave_pool(self.account))
        if slot is not None and self.stake:
            self.left_slots[slot] = self.market.chain.block_number + 1 + STAKE_BLOCKS
            self.come_for_the_stake(slot)

    def come_for_the_stake(self, slot: int) -> None:
        """See that the block comes from which a stake is free, and reclaim it then."""
        self.market.need_block(self.left_slots[slot])
        blocks = max(0, self.left_slots[slot] + 1 - self.market.chain.block_number)
        self.later(blocks * self.market.config.chain.slot_seconds, self.reclaim, slot)

    def reclaim(self, slot: int) -> None:
        """Turn what is left of the stake into credit, once nothing of it is locked for a seat."""
        entry = self.market.contract.pool_slot(slot)
        if slot not in self.left_slots or entry.locked_wei:
            return
        del self.left_slots[slot]
        if entry.stake_wei:
            self.send(self.market.contract.reclaim_stake(self.account, slot=slot))

    def take_the_stake(self, event: StakeReclaimed) -> None:
        """Withdraw the stake."""
        if event.account == self.address:
            self.withdraw()

    def look_at_the_pool(self) -> None:
        """Learn from the lists what became of the own slots while she was away."""
        for slot, listed in self.market.web.pool.items():
            if listed.account != self.address:
                continue
            if not listed.has_left:
                self.slot = slot if self.is_in_pool else None
            elif listed.stake_wei:
                self.left_slots[slot] = free_block(self.market.contract.pool_slot(slot))
        for slot in self.left_slots:
            self.come_for_the_stake(slot)
