import pytest

from verifuse.analysis.incentives import capture_chance
from verifuse.errors import InputError
from verifuse.studies import run_study

FEW = ["contributors.groups.honest.count=1", "contributors.groups.friend.count=1"]


def test_captures_stand_beside_the_closed_form_of_each_pool(workbench, tmp_path):
    told = []
    asked = ["seeds=[1]", f"overrides={FEW}", f"records={tmp_path}"]
    captured, paid = run_study("panel_size", asked, workbench, told.append).sections
    assert list(captured.table["seats"]) == [3, 5, 9, 15, 31]
    assert list(captured.table["closed form %"]) == [
        f"{100 * capture_chance(90, 27, seats):.1f}" for seats in (3, 5, 9, 15, 31)
    ]
    assert set(captured.table["panels"]) == {2}
    costs = [-float(cell.split()[0]) for cell in paid.table["honest initiator"]]
    assert costs[-1] > costs[0], "every seat costs a fee"
    assert told[-1] == "panel_size: 5 of 5 runs"

    told.clear()
    again, _ = run_study("panel_size", asked, workbench, told.append).sections
    assert again.table.equals(captured.table)
    assert not told, "runs that are there are not run again"


def test_a_market_that_cannot_be_had_is_refused_before_anything_runs(workbench, tmp_path):
    with pytest.raises(InputError, match="did you mean 'mafr'"):
        run_study("panel_size", ["overrides=['task.marf=1']", f"records={tmp_path}/no"], workbench)
    assert not (tmp_path / "no").exists()
