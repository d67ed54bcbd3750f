"""A visitor's market on its thread: the page's buttons and sliders, without the page."""

import time
from dataclasses import replace

import pytest

from verifuse.app.market.visit import Visit
from verifuse.app.offered import offers
from verifuse.app.shared_bench import SharedBench

PATIENCE = 180


class Page:
    """What a page does with what it is told."""

    def __init__(self, found, shared):
        self.pictures, self.statuses = [], []
        self.choices = next(iter(found.values())).choices
        self.visit = Visit(found, shared, self.pictures.append, self.statuses.append)

    @property
    def picture(self):
        return self.pictures[-1]

    @property
    def status(self):
        return self.statuses[-1]

    def until(self, condition):
        ends = time.monotonic() + PATIENCE
        while not (self.statuses and condition()):
            assert time.monotonic() < ends, f"still {self.statuses[-1:]} after {PATIENCE} s"
            time.sleep(0.01)

    def opened(self):
        self.visit.open(self.choices)
        self.until(lambda: self.status.mode == "paused")
        return self


@pytest.fixture(scope="module")
def shared(cache):
    bench = SharedBench(cache)
    yield bench
    bench.close()


@pytest.fixture(scope="module")
def found(tmp_path_factory, small):
    """One small market and one that cannot be opened, as there are too few images."""
    folder = tmp_path_factory.mktemp("scenarios")
    text = 'extends = "quick"\nname = "NAME"\n[task]\nalso_measure = []\nmafr = 0.3\n'
    text += "[contributors]\ncount = COUNT\n[fusion]\nepochs = 12\nstage_one_epochs = 4\n"
    for name, count in (("small", "2"), ("impossible", "2\ntrain = 900")):
        (folder / f"{name}.toml").write_text(text.replace("NAME", name).replace("COUNT", count))
    small_one = offers(str(folder / "small.toml"))["small"]
    return {"small": small_one, "impossible": offers(str(folder / "impossible.toml"))["impossible"]}


@pytest.fixture
def page(found, shared):
    pages = []

    def come():
        pages.append(Page(found, shared))
        return pages[-1]

    yield come
    for one in pages:
        one.visit.close()
    for one in pages:
        one.until(lambda one=one: one.visit.is_closed)
    assert shared.visitors == 0


def test_a_market_is_opened_and_stands_still(page):
    one = page().opened()
    assert one.picture.time == 0 and one.picture.block == 1
    assert [status.mode for status in one.statuses] == ["opening", "paused"]


def test_step_goes_to_the_next_block_and_reset_to_the_first(page):
    one = page().opened()
    one.visit.step()
    one.until(lambda: one.picture.block == 2 and not one.status.work.what)
    assert one.status.mode == "paused" and one.picture.escrow_wei > 0
    one.visit.reset()
    one.until(lambda: one.picture.block == 1)
    assert one.picture.escrow_wei == 0


def test_play_goes_on_to_the_end_and_pause_stops_it(page):
    one = page().opened()
    one.visit.pace(5)
    one.visit.play()
    one.until(lambda: one.picture.block >= 4)
    one.visit.pause()
    one.until(lambda: one.status.mode == "paused")
    stood = len(one.pictures)
    one.visit.play()
    one.until(lambda: one.status.mode == "over")
    assert one.picture.is_over and len(one.pictures) > stood
    one.visit.step()  # there is nothing left to step
    one.visit.reset()
    one.until(lambda: one.picture.block == 1 and one.status.mode == "paused")


def test_another_choice_while_it_plays_begins_again_and_plays_on(page):
    one = page().opened()
    one.visit.pace(5)
    one.visit.play()
    one.until(lambda: one.picture.block >= 3)
    one.visit.open(replace(one.choices, mafr=1.0))
    one.until(lambda: one.status.mode == "over")
    assert {model.state for model in one.picture.models} == {"Rejected"}


def test_many_choices_at_once_open_the_last(page):
    one = page().opened()
    for verifiers in (4, 5, 6, 7, 8):
        one.visit.open(replace(one.choices, verifiers=verifiers))
    one.until(lambda: len(one.picture.of_role("verifier")) == 8 and one.status.mode == "paused")
    assert len(one.pictures) < 5


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mafr": 7.0}, "mafr: 7.0 is not usable; a number from 0 to 1"),
        ({"scenario": "../../etc/passwd"}, "does not offer a scenario"),
        ({"scenario": "big_market"}, "does not offer a scenario"),
    ],
)
def test_what_cannot_be_opened_is_said_in_a_line_and_the_next_can(page, change, said):
    one = page().opened()
    one.visit.open(replace(one.choices, **change))
    one.until(lambda: one.status.mode == "refused")
    assert said in one.status.message and "\n" not in one.status.message
    one.visit.open(one.choices)
    one.until(lambda: one.status.mode == "paused")


def test_a_market_that_wants_more_than_there_is_is_refused(page, found):
    one = page()
    one.visit.open(found["impossible"].choices)
    one.until(lambda: one.status.mode == "refused")
    assert "contributors" in one.status.message


def test_two_visitors_do_not_disturb_each_other(page):
    one, other = page().opened(), page().opened()
    other.visit.open(replace(other.choices, seed=2, mafr=0.9))
    for visitor in (one, other):
        visitor.visit.pace(5)
        visitor.visit.play()
    one.until(lambda: one.picture.block >= 3)
    other.visit.reset()
    one.until(lambda: one.status.mode == "over")
    other.until(lambda: other.status.mode == "paused" and other.picture.block == 1)
    alone = page().opened()
    alone.visit.pace(5)
    alone.visit.play()
    alone.until(lambda: alone.status.mode == "over")
    assert alone.picture.digest == one.picture.digest != ""


def test_cancel_takes_it_back_to_its_beginning(found, tmp_path):
    shared = SharedBench(tmp_path)  # nothing is remembered here, so something has to be waited for
    one = Page(found, shared).opened()
    one.visit.play()
    one.until(lambda: one.status.work.what == "training a model")
    assert "training tiny" in [person.doing for person in one.picture.people]
    one.visit.cancel()
    one.until(lambda: one.status.message.startswith("Cancelled."))
    assert one.status.mode == "paused" and one.picture.block == 1
    one.visit.close()
    one.until(lambda: one.visit.is_closed)
    assert shared.visitors == 0 and not shared.started


def test_who_leaves_while_it_opens_leaves_nothing(found, shared):
    one = Page(found, shared)
    one.visit.open(one.choices)
    one.visit.close()
    ends = time.monotonic() + PATIENCE
    while not one.visit.is_closed:
        assert time.monotonic() < ends
        time.sleep(0.01)
    assert shared.visitors == 0
