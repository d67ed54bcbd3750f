"""Bribes for votes: a public promise, kept or not by a plain transfer of ether once the contract has decided.

The p + epsilon attack (Buterin 2015, "The P + epsilon Attack",
https://blog.ethereum.org/2015/01/28/p-epsilon-attack, after an idea of Andrew Miller's): where those who
vote with the majority earn p, somebody promises p + epsilon to whoever votes as asked *and loses*. Then
voting as asked is everybody's dominant strategy, the vote asked for wins, and the promise costs nothing.
Its strength is that it is believed, as a contract of the briber's would make sure; here what she promises
is public, and she pays from her own account, or does not.
"""

from typing import Annotated

from ..config.base import Amount, Settings
from .base import Behaviour
from .seat import Bribe, Seat


class BribeOptions(Settings):
    """What is promised, to whom, and whether it is kept.

    Attributes:
        epsilon: Ether on top of what a vote against the majority can cost.
        covers: Whether the promise covers that cost, p: the fee, and the bond if there is one.
        if_lost: Whether it is for votes that lose only, as in the attack; else every vote as asked is paid.
        verifiers: Verifiers or groups of them to whom the promise is made; absent, everybody.
        keeps_word: Whether she pays what she owes.
    """

    epsilon: Amount = 10**16
    covers: bool = True
    if_lost: bool = True
    verifiers: Annotated[tuple[str, ...], "verifiers"] = ()
    keeps_word: bool = True


class Bribery(Behaviour):
    """What a behaviour of any role has beside its own to promise ether for votes."""

    Options = BribeOptions

    def wants(self, seat: Seat) -> bool | None:
        """Return the vote that she pays for, or ``None`` where she does not care."""
        raise NotImplementedError

    def offers(self, seat: Seat) -> Bribe | None:
        """Return what she promises the holder of a seat."""
        vote, options = self.wants(seat), self.options
        is_asked = not options.verifiers or bool({seat.holder, seat.group} & {*options.verifiers})
        if vote is None or not is_asked:
            return None
        cost = seat.fee_wei + seat.bond_wei if options.covers else 0
        return Bribe(by=self.who, vote=vote, wei=cost + options.epsilon)

    def owes(self, bribe: Bribe, vote: bool, accepted: bool) -> bool:
        """Whether a vote earned what was promised for it.

        Args:
            bribe: The promise.
            vote: Whether the verifier's evaluation was counted as a pass.
            accepted: Whether the model was rewarded.
        """
        as_asked = vote == bribe.vote
        return as_asked and not (self.options.if_lost and accepted == bribe.vote)
