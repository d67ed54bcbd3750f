"""What the settings say will break, breaking: in the store's files, a model's weights, a block's clock."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..learning import TrainedNetwork, TrainingResult, decode_model, encode_model
from .config.faults import Fault

if TYPE_CHECKING:
    from .market import Market


class Faults:
    """The faults of one run.

    Args:
        market: Where they happen.
        planned: What the settings say.
    """

    def __init__(self, market: "Market", planned: tuple[Fault, ...]):
        self._market = market
        self._of: dict[tuple[str, str], Fault] = {(one.kind, one.who): one for one in planned}
        self._jumps = sorted((one for one in planned if one.kind == "clock_jumps"), key=lambda one: one.at)
        self._late: list[_Late] = []

    def jump(self) -> int:
        """Return by how many seconds the clock of the block that is sealed now is ahead."""
        due = [one for one in self._jumps if one.at <= self._market.time]
        self._jumps = self._jumps[len(due) :]
        for one in due:
            self._note("chain", f"the clock jumps by {one.seconds:,.0f} s")
        return sum(int(one.seconds) for one in due)

    def breaks_training(self, who: str) -> bool:
        """Whether a contributor's training breaks off."""
        return ("training_fails", who) in self._of

    def result(self, who: str, trained: TrainingResult) -> TrainingResult:
        """Return what a training ends with, which may be no numbers."""
        if ("training_diverges", who) not in self._of:
            return trained
        network = decode_model(trained.model_file)
        weights = {name: np.full_like(array, np.nan) for name, array in network.weights.items()}
        self._note(who, "its training ends with weights that are no numbers")
        return replace(trained, model_file=encode_model(TrainedNetwork(network.spec, weights)))

    def befall(self, who: str, cid: str) -> None:
        """Let happen to a model in the store what is planned for it."""
        store = self._market.store
        if ("model_lost", who) in self._of:
            store.lose(cid)
            self._note(who, f"the store loses {cid}")
        if ("model_altered", who) in self._of:
            content = store.get(cid)
            store.replace(cid, content[:-1] + bytes([content[-1] ^ 1]))
            self._note(who, f"a byte of {cid} changes in the store")
        if late := self._of.get(("model_late", who)):
            self._late.append(_Late(self._market, who, cid, store.get(cid)))
            store.lose(cid)
            self._market.schedule_event(self._late[-1].arrive, after=late.seconds)
            self._note(who, f"{cid} cannot be fetched for {late.seconds:,.0f} s")

    def _note(self, who: str, text: str) -> None:
        note(self._market, who, text)


class _Late:
    """A model on its way into the store; Mesa's events hold their callbacks weakly, so somebody keeps it."""

    def __init__(self, market: "Market", who: str, cid: str, content: bytes):
        self._market = market
        self._who = who
        self._cid = cid
        self._content = content

    def arrive(self) -> None:
        """Be there."""
        self._market.store.put(self._content)
        note(self._market, self._who, f"{self._cid} can be fetched now")


def note(market: "Market", who: str, text: str) -> None:
    """Write a fault into the run's diary."""
    market.journal.write(market.time, market.chain.block_number, who, "fault", text, None)
