"""Several visitors on one server: seats are given back, the house stays within its bounds."""

import threading

import pytest

from verifuse.app.seat.game import Game
from verifuse.app.seat.sitting import House, SeatTaken
from verifuse.app.seat.tasks import BONDED, PLAIN
from verifuse.app.seat.views import Phase
from verifuse.app.shared_bench import SharedBench


@pytest.fixture
def house(cache):
    bench = SharedBench(cache)
    yield House(bench, most=2)
    bench.close()


def nobody(work):
    pass


def last(snapshots):
    *_, found = snapshots
    return found


def test_two_visitors_play_at_once_and_do_not_disturb_each_other(house):
    seats = [house.sit_down(PLAIN, nobody), house.sit_down(PLAIN, nobody)]
    found = {}

    def visit(place, move):
        last(seats[place].play())
        found[place] = last(seats[place].play(move))

    moves = (lambda game: game.report(4_321), Game.stay_silent)
    threads = [threading.Thread(target=visit, args=one) for one in enumerate(moves)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.phase for one in found.values()} == {Phase.DECIDED}
    assert [found[place].results[0].said_bps for place in (0, 1)] == [4_321, None]
    assert found[0].model == found[1].model and found[0].purse.earned > found[1].purse.earned
    for seat in seats:
        seat.close()
    assert not house.games


def test_who_was_away_longest_makes_way(house):
    first, second = (house.sit_down(PLAIN, nobody) for _ in range(2))
    last(second.play())
    last(first.play())
    third = house.sit_down(BONDED, nobody)
    assert second.is_closed and not first.is_closed and house.games == 2
    with pytest.raises(SeatTaken, match="take a seat again"):
        last(second.play())
    for seat in (first, third):
        seat.close()


def test_a_seat_can_be_left_in_the_middle_of_a_move(house):
    seat = house.sit_down(PLAIN, nobody)
    with pytest.raises(SeatTaken):
        for _ in seat.play():
            seat.close()
    assert not house.games and not house.bench.visitors
