"""The platform: deploys the contract, and in the end sees to what is owed to those who are gone.

Withdrawing for another and reclaiming another's stake are anybody's calls and pay nobody but her, so who
makes them need not be trusted. It waits until nothing else can happen to the tasks, so that each of those who
are gone is paid out once.
"""

from typing import TYPE_CHECKING, ClassVar

from ..contracts import Credited, Event, ModelSettled, SeatSettled, TaskClosed
from ..units import format_ether
from .participant import Hears, Participant
from .verification_contributor import STAKE_BLOCKS

if TYPE_CHECKING:
    from .market import Market


class Platform(Participant):
    """Pays out those who are gone when the tasks are over."""

    role = "platform"
    hears: ClassVar[Hears] = {
        Credited: "look_again",
        ModelSettled: "look_again",
        SeatSettled: "look_again",
        TaskClosed: "look_again",
    }

    def __init__(self, market: "Market", name: str):
        super().__init__(market, name)
        self.is_looking = False
        self.asked: set[tuple[str, int]] = set()

    def begin(self) -> None:
        """Nothing is to be done before somebody is gone."""
        self.activity = "watching"

    def look_again(self, event: Event) -> None:
        """Something was decided that may have left somebody with ether in the contract."""
        if self.market.is_concluded and any(one.is_gone for one in self.market.participants):
            self.look_after_the_gone()

    def look_after_the_gone(self) -> None:
        """Look soon: those who are here have two slots to see to their own money first."""
        if self.is_present and not self.is_looking:
            self.is_looking = True
            self.later(2 * self.market.config.chain.slot_seconds, self.pay_out)

    def pay_out(self) -> None:
        """Withdraw for everybody who is gone, and reclaim the stakes of those who left the pool."""
        self.is_looking = False
        if not self.market.is_concluded:
            return
        gone = {one.address: one.name for one in self.market.participants if one.is_gone}
        for address, name in gone.items():
            owed = self.market.web.owed.get(address, 0)
            if owed and self._asks((address, owed)):
                self.note("pays out", f"withdraws {format_ether(owed)} ether for {name}, who is gone")
                self.send(self.market.contract.withdraw_for(self.account, account=address))
        for slot, listed in self.market.web.pool.items():
            if listed.account in gone and listed.has_left and listed.stake_wei:
                self._reclaim(slot, gone[listed.account])

    def _reclaim(self, slot: int, name: str) -> None:
        chain, entry = self.market.chain, self.market.contract.pool_slot(slot)
        if entry.stake_wei == entry.locked_wei:
            return
        blocks = entry.left_block + STAKE_BLOCKS - (chain.block_number + 1)
        if blocks > 0:
            self.market.need_block(entry.left_block + STAKE_BLOCKS - 1)
            self.later(blocks * self.market.config.chain.slot_seconds, self.pay_out)
        elif self._asks((f"slot {slot}", entry.stake_wei)):
            self.note("pays out", f"reclaims the stake of {name}, who is gone")
            self.send(self.market.contract.reclaim_stake(self.account, slot=slot))

    def _asks(self, what: tuple[str, int]) -> bool:
        """Whether this was not asked for yet: a call that failed would fail again."""
        is_new = what not in self.asked
        self.asked.add(what)
        return is_new
