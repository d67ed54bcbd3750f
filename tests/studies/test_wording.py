import pytest

from verifuse.studies.wording import percent, points, with_unit


def test_rates_stand_in_per_cent_with_their_interval():
    assert percent([0.5]) == "50.00"
    # Student's t with two degrees of freedom, 4.303, times the standard error 0.01 / √3.
    assert percent([0.97, 0.98, 0.99]) == "98.00 ± 2.48"
    assert percent([None, None]) == "–"
    assert points([0.01, 0.01]) == "+1.00 ± 0.00"
    assert points([-0.0125]) == "-1.25"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0 B"), (392_500, "392 kB"), (999_990, "1 MB"), (3.456e9, "3.46 GB"), (12, "12 B")],
)
def test_sizes_stand_with_three_digits(value, shown):
    assert with_unit(value, "B") == shown
