"""A market that is watched: opened, taken from block to block, cancelled, closed; without any page."""

import tempfile
from pathlib import Path

from ..agents import Market
from ..learning import Surrogate, Workbench, curves_of
from ..scenarios import Scenario
from ..scenarios.record import digest_of
from ..scenarios.summary import summarise
from ..scenarios.tables import tabulate
from ..storage import ModelStore
from .observer import Observer
from .picture import Picture
from .shared_bench import SharedBench, Tell, VisitorBench, Work


def _tell_nobody(work: Work) -> None:
    """Nobody wants to know what is waited for."""


class LiveMarket:
    """One visitor's market, with a store of its own that goes with it; all but ``cancel`` is for one thread.

    Args:
        scenario: What is run.
        shared: Where models are trained and fused.
        tell: Is told what is waited for; also when nothing is any more.

    Attributes:
        scenario: The same, with every default filled in.
        picture: What there was to see last.

    Raises:
        InputError: The scenario asks for what cannot be had.
    """

    def __init__(self, scenario: Scenario, shared: SharedBench, tell: Tell = _tell_nobody):
        self.scenario = scenario = scenario.resolved()
        self._door = VisitorBench(shared, tell)
        self._folder = tempfile.TemporaryDirectory(prefix="verifuse-", ignore_cleanup_errors=True)
        bench: Workbench | Surrogate = self._door
        try:
            if scenario.learning == "surrogate":
                bench = Surrogate(curves_of(scenario.data.set, scenario.recipe))
            self._market = Market(
                scenario, store=ModelStore(Path(self._folder.name)), workbench=bench, title=scenario.title
            )
        except BaseException:
            self._give_back()
            raise
        self._observer = Observer(self._market)
        self._is_over = False
        self._is_closed = False
        self.picture = self._observer.look()

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to happen."""
        return self._is_over

    def glance(self) -> Picture:
        """Take a picture in the middle of a step: who does what, while the step waits for its learning."""
        self.picture = self._observer.look()
        return self.picture

    def step(self) -> Picture:
        """Go on to the next block, or to the end if there is none.

        Raises:
            Cancelled: It was cancelled meanwhile; the market can only be closed.
        """
        if self._is_over:
            return self.picture
        self._observer.turn_over()
        market = self._market
        block = market.chain.block_number
        goes_on = True
        while goes_on and market.chain.block_number == block:
            goes_on = market.advance()
        self._is_over = not goes_on
        self.picture = self._observer.look(
            is_over=self._is_over, digest=self._digest() if self._is_over else ""
        )
        return self.picture

    def cancel(self) -> None:
        """End whatever the market waits for; to be called from another thread."""
        self._door.cancelled.set()

    def close(self) -> None:
        """Give everything back; calling twice does no harm."""
        if not self._is_closed:
            self._is_closed = True
            self._market.close()
            self._give_back()

    def _give_back(self) -> None:
        self._door.close()
        self._folder.cleanup()

    def _digest(self) -> str:
        """Return the digest that a record of this run would have."""
        tables = tabulate(self._market)
        return digest_of(self.scenario, tables, summarise(self._market, tables), {})
