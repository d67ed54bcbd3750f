"""The platform: deploys the contract, and in the end sees to what is owed to those who are gone.

Withdrawing for another and reclaiming another's stake are anybody's calls and pay nobody but her, so who
makes them need not be trusted. It waits until nothing else can happen to the tasks, so that each of those who
are gone is paid out once.
"""

from typing import TYPE_CHECKING, ClassVar

from ..contracts import Credited, Event, ModelSettled, SeatSettled, TaskClosed, Withdrawn
from ..units import format_ether
from .participant import Hears, Participant
from .pool_member import free_block

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
        Withdrawn: "note_the_payment",
    }

    def __init__(self, market: "Market", name: str):
        super().__init__(market, name)
        self.looks_at = 0.0
        self.asked: set[str | int] = set()

    def begin(self) -> None:
        """Nothing is to be done before somebody is gone."""
        self.activity = "watching"

    def look_again(self, event: Event) -> None:
        """Something was decided that may have left somebody with ether in the contract."""
        if self.market.is_concluded and any(one.is_gone for one in self.market.participants):
            self.look_after_the_gone()

    def look_after_the_gone(self) -> None:
        """Look soon: those who are here have two slots to see to their own money first."""
        self._look_in(2)

    def _look_in(self, slots: int) -> None:
        """Look after so many slots, unless that is meant to be done by then."""
        seconds = slots * self.market.config.chain.slot_seconds
        if self.is_present and not self.market.time < self.looks_at <= self.market.time + seconds:
            self.looks_at = self.market.time + seconds
            self.later(seconds, self.pay_out)

    def pay_out(self) -> None:
        """Withdraw for everybody who is gone, and reclaim the stakes of those who left the pool."""
        if not self.market.is_concluded:
            return
        gone = {one.address: one.name for one in self.market.participants if one.is_gone}
        for address, name in gone.items():
            owed = self.market.web.owed.get(address, 0)
            if owed and self._asks(address):
                self.note("pays out", f"withdraws {format_ether(owed)} ether for {name}, who is gone")
                self.send(self.market.contract.withdraw_for(self.account, account=address))
        left = [slot for slot, one in self.market.web.pool.items() if one.account in gone and one.has_left]
        waits = [wait for slot in left if (wait := self._reclaim(slot)) > 0]
        if waits:
            self._look_in(min(waits))

    def _reclaim(self, slot: int) -> int:
        """Reclaim the stake behind a slot; return for how many blocks that cannot be done yet."""
        market = self.market
        if not market.web.pool[slot].stake_wei or slot in self.asked:
            return 0
        entry = market.contract.pool_slot(slot)
        if not entry.stake_wei or entry.locked_wei:  # settling the seat is told of
            return 0
        free_from = free_block(entry)
        wait = free_from - (market.chain.block_number + 1)
        if wait > 0:
            market.need_block(free_from - 1)
        elif self._asks(slot):
            self.note("pays out", f"reclaims the stake of {market.names[entry.account]}, who is gone")
            self.send(market.contract.reclaim_stake(self.account, slot=slot))
        return wait

    def note_the_payment(self, event: Withdrawn) -> None:
        """Somebody was paid out; should more come to be owed to her, that is asked for as well."""
        self.asked.discard(event.account)

    def _asks(self, what: str | int) -> bool:
        """Whether this was not asked for yet: a call that failed would fail again."""
        is_new = what not in self.asked
        self.asked.add(what)
        return is_new
