"""The event clock keeps time the same way on every Mesa."""

import gc
import weakref

import pytest

from verifuse.agents.clock import EventModel


class Diary(EventModel):
    def __init__(self):
        super().__init__(rng=1)
        self.lines = []

    def write(self):
        self.lines.append(self.time)

    def write_and_go_on(self):
        self.write()
        if self.time < 3:
            self.schedule_event(self.write_and_go_on, after=1)


def test_events_happen_in_order_of_time_and_the_clock_shows_theirs():
    diary = Diary()
    for at in (5.0, 1.5, 3.0):
        diary.schedule_event(diary.write, at=at)
    diary.run_until(4)
    assert diary.lines == [1.5, 3.0]
    assert diary.time == 4
    diary.run_for(2)
    assert diary.lines == [1.5, 3.0, 5.0]
    assert diary.time == 6


def test_an_event_may_schedule_the_next():
    diary = Diary()
    diary.schedule_event(diary.write_and_go_on, after=0)
    diary.run_until(10)
    assert diary.lines == [0, 1, 2, 3]


def test_a_cancelled_event_does_not_happen():
    diary = Diary()
    event = diary.schedule_event(diary.write, at=1)
    event.cancel()
    diary.run_until(2)
    assert diary.lines == []


def test_the_past_cannot_be_scheduled():
    diary = Diary()
    diary.run_until(5)
    with pytest.raises(ValueError):
        diary.schedule_event(diary.write, at=4)
    with pytest.raises(ValueError):
        diary.schedule_event(diary.write)


def test_a_freed_model_is_collected():
    diary = Diary()
    gone = weakref.ref(diary)
    diary.free()
    del diary
    gc.collect()
    assert gone() is None
