"""Closed forms against enumeration, simulation and their own limits."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifuse.analysis import incentives
from verifuse.errors import InputError


@settings(deadline=None)  # the first one imports scipy
@given(st.integers(1, 9).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_capture_is_the_share_of_all_panels(case):
    pool, cartel, seats = case
    panels = list(combinations(range(pool), seats))
    taken = sum(2 * sum(one < cartel for one in panel) > seats for panel in panels)
    assert len(panels) == comb(pool, seats)
    assert incentives.capture_chance(pool, cartel, seats) == pytest.approx(taken / len(panels))


@pytest.mark.parametrize(("seats", "percent"), [(3, 21.6), (5, 16.3), (9, 9.9), (15, 5.0), (31, 1.0)])
def test_a_large_pool_comes_to_the_binomial_law(seats, percent):
    limit = incentives.capture_limit(0.3, seats)
    assert round(100 * limit, 1) == percent
    assert incentives.capture_chance(300_000, 90_000, seats) == pytest.approx(limit, rel=1e-3)
    assert incentives.capture_chance(100, 30, seats) < limit  # without replacement a minority has it harder


def test_an_impossible_cartel_is_refused():
    for case in ((3, 4, 1), (3, -1, 1), (0, 0, 1), (3, 1, 0)):
        with pytest.raises(InputError):
            incentives.capture_chance(*case)
    assert incentives.capture_chance(3, 2, 5) == 1.0  # all of a small pool sit on the panel


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**20), min_size=1, max_size=12), st.integers(1, 1000))
def test_ginis_coefficient_is_the_mean_difference_of_two(amounts, times):
    found = incentives.gini(amounts)
    if not any(amounts):
        assert found is None
        return
    pairs = [abs(one - other) for one in amounts for other in amounts]
    assert found == pytest.approx(sum(pairs) / len(pairs) / (2 * sum(amounts) / len(amounts)), abs=1e-9)
    assert incentives.gini([times * one for one in amounts]) == pytest.approx(found, abs=1e-9)
    assert 0 <= found <= 1 - 1 / len(amounts) + 1e-12


def test_the_power_of_mcnemars_test_is_what_simulation_finds():
    gain, discordance, images = 0.01, 0.05, 2_000
    draws = np.random.default_rng(1).multinomial(
        images, [(discordance + gain) / 2, (discordance - gain) / 2, 1 - discordance], size=20_000
    )
    won, lost = draws[:, 0], draws[:, 1]
    rejects = np.abs(won - lost) / np.sqrt(won + lost) > 1.959964
    assert incentives.mcnemar_power(gain, discordance, images) == pytest.approx(rejects.mean(), abs=0.01)


def test_as_many_images_as_needed_give_the_power():
    for gain, discordance in ((0.0009, 0.006), (0.02, 0.1), (-0.01, 0.03)):
        images = incentives.images_needed(gain, discordance)
        assert incentives.mcnemar_power(gain, discordance, images) >= 0.8
        assert incentives.mcnemar_power(gain, discordance, images - 1) < 0.8
    # A tenth of a point takes tens of thousands of images, as measured on an honest fifth model.
    assert 50_000 < incentives.images_needed(0.0009, 0.006) < 60_000
    for gain, discordance in ((0.1, 0.05), (0.0, 0.0), (0.0, 0.1)):
        with pytest.raises(InputError):
            incentives.images_needed(gain, discordance)


@settings(max_examples=30, deadline=None)
@given(st.floats(-0.02, 0.02), st.integers(50, 5_000), st.sampled_from([1, 3, 5, 9, 31]))
def test_a_panel_on_the_same_images_is_no_better_than_one(gain, images, panel):
    one = incentives.majority_chance(gain, 0.05, images, 1)
    assert incentives.majority_chance(gain, 0.05, images, panel) == pytest.approx(one)
    apart = incentives.majority_chance(gain, 0.05, images, panel, shared=False)
    assert abs(apart - 0.5) >= abs(one - 0.5) - 1e-9  # with images of their own, many are surer than one


def test_between_shared_and_own_images_simulation_agrees():
    rng, gain, discordance, images, panel, head = np.random.default_rng(2), 0.004, 0.05, 1_000, 5, 0.006
    common = rng.normal(0, np.sqrt((discordance - gain**2) / images), (200_000, 1))
    votes = gain + common + rng.normal(0, head, (200_000, panel)) > 0.002
    found = incentives.majority_chance(gain, discordance, images, panel, threshold=0.002, head_deviation=head)
    assert found == pytest.approx((votes.sum(axis=1) > panel / 2).mean(), abs=0.005)


def test_the_table_shows_what_images_and_members_are_worth():
    table = incentives.power_table(0.002, 0.02, images=(500, 5_000), panels=(1, 9))
    assert len(table) == 8
    apart = table[~table["shared"]].set_index(["images", "panel"])["majority"]
    assert apart[5_000, 9] > apart[5_000, 1] > apart[500, 1] > 0.5
