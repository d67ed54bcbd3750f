"""One event clock for every Mesa that Verifuse supports.

Mesa 3.5 lets a model schedule events; Mesa 3.3, the newest for Python 3.11, has the event list but no
model that runs it. ``EventModel`` is Mesa's model with 3.5's three methods on both.
"""

from collections.abc import Callable

import mesa

if hasattr(mesa.Model, "schedule_event"):  # Mesa 3.5 and later

    class EventModel(mesa.Model):  # pyright: ignore[reportRedeclaration] - one of the two exists
        """A Mesa model that runs scheduled events in order of time."""

        def free(self) -> None:
            """Let the garbage collector have the model; Mesa 3.5 needs no help."""

else:
    from mesa.experimental.devs.eventlist import EventList, SimulationEvent

    class EventModel(mesa.Model):
        """A Mesa model that runs scheduled events in order of time."""

        def __init__(self, *, rng: int | None = None):
            super().__init__(rng=rng)
            self.time = 0.0
            self._events = EventList()

        def schedule_event(
            self, function: Callable[[], None], *, at: float | None = None, after: float | None = None
        ) -> "SimulationEvent":
            """Schedule ``function``, a bound method, at a time or after a delay, in simulated seconds.

            Raises:
                ValueError: Both or neither of ``at`` and ``after`` were given, or the time has passed.
            """
            if (at is None) == (after is None):
                raise ValueError("give exactly one of 'at' and 'after'")
            time = at if at is not None else self.time + (after or 0.0)
            if time < self.time:
                raise ValueError(f"time {time} has passed; it is {self.time}")
            event = SimulationEvent(time, function)
            self._events.add_event(event)
            return event

        def run_until(self, end_time: float) -> None:
            """Run every event up to and including ``end_time``."""
            while True:
                try:
                    event = self._events.pop_event()
                except IndexError:  # only cancelled events are left, which the list counts as events
                    break
                if event.time > end_time:
                    self._events.add_event(event)
                    break
                self.time = event.time
                event.execute()
            self.time = end_time

        def run_for(self, duration: float) -> None:
            """Run every event of the next ``duration`` seconds."""
            self.run_until(self.time + duration)

        def free(self) -> None:
            """Let the garbage collector have the model, which Mesa 3.3 keeps in a class attribute."""
            mesa.Agent._ids.pop(self, None)
