import pytest

from verifuse.studies import run_study
from verifuse.studies.markets.mafr import cliff

SWEEP = """
name = "few"
scenario = "quick"
models = false

[set]
learning = "surrogate"
task.also_measure = []
verifiers.count = 3
verifiers.panel = 3

[grid]
task.base = ["announced", "accepted"]
contributors.count = [2]
task.mafr = [0.1, 0.85]
"""


@pytest.fixture(scope="module")
def sections(workbench, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mafr")
    (folder / "few.toml").write_text(SWEEP, "utf-8")
    few = folder / "few.toml"
    asked = ["seeds=[1,2]", f"sweep='{few}'", f"beside='{few}'", f"records='{folder}'"]
    return run_study("mafr", asked, workbench).sections


def test_a_market_of_narrow_models_never_starts_where_only_accepted_ones_are_fused(sections):
    paid = sections[0].table.set_index("MAFR")
    # Five labels alone reach 0.6 on these digits, both models together 0.9.
    assert [cell.split()[0] for cell in paid.loc["0.85"]] == ["50.0", "0.0"]
    assert [cell.split()[0] for cell in paid.loc["0.10"]] == ["100.0", "100.0"]
    assert "MAFR of 0.85" in sections[0].text and "none of 4 in 2 runs" in sections[0].text


def test_a_base_of_accepted_models_is_empty_beyond_the_cliff(sections):
    places = sections[1].table.set_index("place")
    alone, second = ([float(cell.split()[0]) for cell in row] for row in places.to_numpy())
    assert alone[0] == alone[1] < second[0], "the first model is alone on either base"
    assert second[1] < 85 < second[0]
    assert "–" in sections[2].table["accepted: accuracy, %"].iloc[-1], "nothing was bought"


def test_the_sweep_beside_is_read_alike(sections):
    own, beside = sections[0].table, sections[3].table
    assert list(beside["fused with the accepted: paid, %"]) == list(own["2, accepted"])


def test_a_cliff_is_where_nobody_is_paid_any_more():
    found = {("accepted", 0.7): [0.0, 0.0], ("accepted", 0.8): [0.5, 0.0], ("accepted", 0.9): [0.0, 0.0]}
    assert cliff(found, ("accepted",)) == 0.9
    assert cliff({("accepted", 0.7): [1.0]}, ("accepted",)) is None
