"""Equations 5 and 6 between their two stages."""

import numpy as np
import pytest

from verifuse.errors import InputError
from verifuse.learning import FusionHead, at_gamma

LABELS = ((0, 1), (1, 2, 3))
WIDTHS = (3, 4)
RNG = np.random.default_rng(0)
HEAD = FusionHead(
    RNG.normal(size=(7, 5)).astype(np.float32), RNG.normal(size=(5, 4)).astype(np.float32), LABELS, "II"
)


def test_at_one_it_is_the_head_and_at_nought_the_blocks_of_equations_3_and_4():
    whole, blocks = at_gamma(HEAD, WIDTHS, 1), at_gamma(HEAD, WIDTHS, 0)
    assert whole.A.tobytes() == HEAD.A.tobytes() and whole.B.tobytes() == HEAD.B.tobytes()
    assert (blocks.A[:3, :2] == HEAD.A[:3, :2]).all() and (blocks.A[3:, 2:] == HEAD.A[3:, 2:]).all()
    assert not blocks.A[:3, 2:].any() and not blocks.A[3:, :2].any()
    rows, columns = np.nonzero(blocks.B)
    assert list(zip(rows, columns, strict=True)) == [(0, 0), (1, 1), (2, 1), (3, 2), (4, 3)]


def test_between_it_is_linear_in_gamma():
    low, high, middle = (at_gamma(HEAD, WIDTHS, gamma) for gamma in (0, 1, 0.25))
    np.testing.assert_allclose(middle.A, 0.75 * low.A + 0.25 * high.A, rtol=1e-6)
    np.testing.assert_allclose(middle.B, 0.75 * low.B + 0.25 * high.B, rtol=1e-6)
    assert middle.A.dtype == np.float32 and (middle.labels, middle.strategy) == (LABELS, "II")


@pytest.mark.parametrize(("widths", "gamma"), [(WIDTHS, -0.1), (WIDTHS, 1.1), ((3, 3), 1), ((7,), 1)])
def test_what_does_not_fit_is_refused(widths, gamma):
    with pytest.raises(InputError):
        at_gamma(HEAD, widths, gamma)
