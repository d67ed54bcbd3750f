import numpy as np
import pytest

from verifuse.analysis.worth import Game, shapley
from verifuse.studies.markets.contribution import BACK, FORTH, agreement, by_order, misdirected, shares

GLOVES = Game.of(("left", "right 1", "right 2"), lambda s: float("left" in s and len(s) > 1))


def test_who_comes_last_is_paid_for_all_that_others_made_possible():
    assert by_order(GLOVES, FORTH).tolist() == [0, 1, 0]
    assert by_order(GLOVES, BACK).tolist() == [1, 0, 0]


def test_the_order_of_arrival_moves_all_of_the_pay_of_gloves():
    forth, back = (shares(by_order(GLOVES, order)) for order in (FORTH, BACK))
    assert misdirected(forth, back) == 1
    assert misdirected(forth, shares(shapley(GLOVES))) == pytest.approx(5 / 6)
    assert misdirected(forth, forth) == 0


def test_pay_that_is_the_same_for_all_ranks_nobody():
    assert agreement([1, 1, 1], shapley(GLOVES)) is None
    assert agreement([1, 2, 3], [10, 20, 30]) == 1
    assert agreement([3, 2, 1], [10, 20, 30]) == -1


def test_shares_of_nothing_are_equal():
    assert shares([0, 0]).tolist() == [0.5, 0.5]
    assert np.isclose(shares([2 * 10**18, 10**18]).sum(), 1)
