import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, ttest_rel

from verifuse.studies.learning.paired import images_needed, paired_difference


def told(pattern):
    return np.array([letter == "x" for letter in pattern])


def test_the_error_of_a_difference_of_rights_is_mcnemars():
    later, earlier = told("xxxxx..x.xxx"), told("x..xxxx..xx.")
    found = paired_difference(later, earlier)
    gained, lost = (later & ~earlier).sum(), (earlier & ~later).sum()
    assert (gained, lost) == (4, 2)
    variance = ((gained + lost) - (gained - lost) ** 2 / 12) / 11
    assert found.mean == pytest.approx((gained - lost) / 12)
    assert found.standard_error == pytest.approx(math.sqrt(variance / 12))


def test_z_is_the_paired_t_statistic():
    draws = np.random.default_rng(1)
    earlier = draws.exponential(size=200)
    later = earlier + draws.normal(0.01, 0.2, 200)
    assert paired_difference(later, earlier).z == pytest.approx(ttest_rel(later, earlier).statistic)


def test_where_nothing_differs_z_is_0():
    same = told("xx.x")
    assert paired_difference(same, same).z == 0
    assert paired_difference(~told("...."), told("....")).z == math.inf


@given(gain=st.floats(1e-4, 0.2), deviation=st.floats(0.01, 1), power=st.sampled_from([0.5, 0.8, 0.95]))
def test_so_many_images_give_the_power_and_one_fewer_does_not(gain, deviation, power):
    def reached(images):
        return norm.cdf(gain * math.sqrt(images) / deviation - norm.ppf(0.975))

    needed = images_needed(gain, deviation, power=power)
    assert reached(needed) >= power - 1e-9
    assert reached(needed - 1) < power + 1e-9


def test_images_needed_is_the_textbooks_formula():
    assert images_needed(0.0009, 0.079) == math.ceil(((1.959964 + 0.841621) * 0.079 / 0.0009) ** 2)
