"""One visitor's market on a thread of its own: opened, played, stepped and reset; the page never waits."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ...errors import VerifuseError
from ..live import LiveMarket
from ..offers import Choices, Offer
from ..picture import Picture
from ..shared_bench import Cancelled, SharedBench, Work

MOST_VISITORS = 40
PAUSES = {1: 3.0, 2: 1.6, 3: 0.8, 4: 0.3, 5: 0.0}
"""Seconds between one block and the next, by speed."""

Mode = Literal["opening", "paused", "playing", "over", "refused"]

NOTHING = Work()

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Status:
    """How a visit stands.

    Attributes:
        mode: ``opening`` until there is a first picture; ``refused`` if there will be none.
        work: What the market waits for, if for anything.
        message: What there is to tell, such as why it was refused.
    """

    mode: Mode = "opening"
    work: Work = NOTHING
    message: str = ""


class Visit:
    """A visitor's market and the thread that it runs on.

    All methods return at once. What comes of them is told by the two calls, from the thread.

    Args:
        offers: What may be opened, by name.
        shared: Where models are trained and fused.
        show: Is given every new picture.
        say: Is given every new status.
    """

    def __init__(
        self,
        offers: Mapping[str, Offer],
        shared: SharedBench,
        show: Callable[[Picture], None],
        say: Callable[[Status], None],
    ):
        self._offers = offers
        self._shared = shared
        self._show = show
        self._say = say
        self._change = threading.Condition()
        self._market: LiveMarket | None = None
        self._chosen: Choices | None = None
        self._wanted: Choices | None = None
        self._message = ""
        self._steps = 0
        self._playing = False
        self._speed = 3
        self._due = 0.0
        self._closing = False
        self._thread = threading.Thread(target=self._run, daemon=True, name="verifuse market")
        self._thread.start()

    @property
    def is_closed(self) -> bool:
        """Whether its thread has ended and its market is freed."""
        return not self._thread.is_alive()

    def open(self, chosen: Choices) -> None:
        """Begin with another market; what the last one waits for is given up."""
        with self._change:
            self._want(chosen)

    def reset(self, message: str = "") -> None:
        """Begin again with the same choices, and stand still."""
        with self._change:
            self._playing, self._message = False, message
            if self._chosen is not None:
                self._want(self._chosen)

    def cancel(self) -> None:
        """Give up what the market waits for, which takes it back to its beginning."""
        self.reset("Cancelled. The market is back at its beginning; what was trained so far is remembered.")

    def play(self) -> None:
        """Go on from block to block until there is no more."""
        with self._change:
            self._playing, self._due = True, 0.0
            self._change.notify()
        self._tell_mode()

    def pause(self) -> None:
        """Stand still after the block at hand."""
        with self._change:
            self._playing = False
            self._change.notify()
        self._tell_mode()

    def step(self) -> None:
        """Go on to the next block, and stand still."""
        with self._change:
            self._playing, self._steps = False, 1
            self._change.notify()

    def pace(self, speed: int) -> None:
        """Set how fast it plays, from 1 to 5."""
        with self._change:
            self._speed = speed if speed in PAUSES else 3
            self._due = 0.0
            self._change.notify()

    def close(self) -> None:
        """Free the market; the thread does so as soon as it can."""
        with self._change:
            self._closing = True
            if self._market is not None:
                self._market.cancel()
            self._change.notify()

    def _want(self, chosen: Choices) -> None:
        self._wanted, self._steps = chosen, 0
        if self._market is not None:
            self._market.cancel()
        self._change.notify()

    # On the thread.

    def _run(self) -> None:
        try:
            while (task := self._next()) is not None:
                task()
        finally:
            self._free()

    def _next(self) -> Callable[[], None] | None:
        """Wait for something to do and return it; nothing when the visit is over."""
        with self._change:
            while not self._closing:
                if self._wanted is not None:
                    self._chosen, self._wanted = self._wanted, None
                    return self._open
                if self._market is not None and not self._market.is_over:
                    left = self._due - time.monotonic()
                    if self._steps or (self._playing and left <= 0):
                        self._steps = 0
                        return self._step
                    self._change.wait(left if self._playing else None)
                else:
                    self._change.wait()
            return None

    def _open(self) -> None:
        chosen, message = self._chosen, self._message
        assert chosen is not None, "it was just taken"
        self._message = ""
        self._free()
        self._tell(Status("opening"))
        try:
            offer = self._offers.get(chosen.scenario)
            if offer is None:
                raise VerifuseError(f"the page does not offer a scenario {chosen.scenario!r}")
            if self._shared.visitors >= MOST_VISITORS:
                raise VerifuseError("there are as many visitors as the server can take; come back in a while")
            market = LiveMarket(offer.scenario(chosen), self._shared, self._wait_for)
        except Exception as error:
            self._refuse(error)
            return
        with self._change:
            self._market, self._due = market, time.monotonic() + PAUSES[self._speed]
            if self._closing or self._wanted is not None:
                return
        self._publish(self._show, market.picture)
        self._tell(Status(self._mode(), message=message))

    def _step(self) -> None:
        market = self._market
        assert market is not None, "there is one to step"
        try:
            picture = market.step()
        except Cancelled:
            return  # for another market, or for none
        except Exception as error:
            self._refuse(error)
            return
        with self._change:
            self._due = time.monotonic() + PAUSES[self._speed]
            if self._closing or self._wanted is not None:
                return
            self._playing = self._playing and not picture.is_over
        self._publish(self._show, picture)
        self._tell(Status(self._mode()))

    def _wait_for(self, work: Work) -> None:
        """Show who does what while a training or fusion is awaited."""
        market = self._market
        if market is not None and not self._closing and self._wanted is None:
            if work.what:
                self._publish(self._show, market.glance())
            self._tell(Status(self._mode(), work))

    def _refuse(self, error: Exception) -> None:
        if not isinstance(error, VerifuseError):
            log.error("a market failed", exc_info=error)
        self._free()
        self._playing = False
        text = str(error) if isinstance(error, VerifuseError) else f"The market failed: {error}"
        self._tell(Status("refused", message=text))

    def _free(self) -> None:
        market, self._market = self._market, None
        if market is not None:
            market.close()

    def _mode(self) -> Mode:
        market = self._market
        if market is None:
            return "opening"
        if market.is_over:
            return "over"
        return "playing" if self._playing else "paused"

    def _tell_mode(self) -> None:
        """Tell that it plays or stands still, outside the lock: who is told may wait for the thread."""
        mode = self._mode()
        if mode in ("playing", "paused"):
            self._tell(Status(mode))

    def _tell(self, status: Status) -> None:
        self._publish(self._say, status)

    def _publish(self, tell: Callable[[Any], None], news: object) -> None:
        """Tell, unless nobody is there any more, or goes in this moment."""
        if self._closing:
            return
        try:
            tell(news)
        except Exception:  # Solara raises anything for a page that has just gone
            if not self._closing:
                raise
