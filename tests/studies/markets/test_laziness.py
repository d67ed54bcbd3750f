import json

import pytest

from verifuse.studies import run_study
from verifuse.studies.markets.planted_tests import strategy_of

SWEEP = """
name = "few"
scenario = "bonds"
models = false

[set]
learning = "surrogate"
initiator.plants = 0
costs.per_second = "0.1 ether"
contributors.count = 1
verifiers.panel = 3
verifiers.groups = [{ name = "crowd", count = 2 }, { name = "fifth", count = 1 }]
task.bond = 0
task.commit_reveal = false

[grid]
verifiers.groups.crowd.behaviour = ["honest", "lazy"]
verifiers.groups.fifth.behaviour = ["honest", "lazy"]
"""


@pytest.fixture(scope="module")
def sections(workbench, tmp_path_factory):
    folder = tmp_path_factory.mktemp("laziness")
    (folder / "few.toml").write_text(SWEEP, "utf-8")
    asked = ["seeds=[1,2]", f"sweep='{folder / 'few.toml'}'", "plants=''", f"records='{folder}'"]
    return run_study("laziness", asked, workbench).sections


def test_where_all_are_paid_laziness_is_dominant_and_saves_the_work(sections):
    gains, held, _ = sections
    assert "laziness is dominant" in gains.text
    cells = [cell.split() for cell in gains.table["gains, ether"]]
    saved, other = (float(mean) for mean, *_ in cells)
    # 150 images and the sample's fetching: the same work whatever the others do.
    assert saved == pytest.approx(other, abs=1e-3) and saved > 0.001
    stays = held.table.set_index("all are")["equilibrium"]
    assert dict(stays) == {"honest": "no", "lazy": "yes"}


def test_lazy_verifiers_refuse_nobody_honest(sections):
    decided = sections[2].table.set_index("all are")
    assert decided.loc["lazy", "honest refused %"].startswith("0.0")
    assert set(decided["junk paid %"]) == {"–"}, "nobody announced any"


def test_what_the_last_group_plays_is_told_from_its_settings():
    crowd = {"name": "crowd", "count": 4}
    assert strategy_of(json.dumps([crowd, {"name": "fifth", "count": 1}])) == "honest"
    lazy = {"name": "fifth", "behaviour": "lazy"}
    assert strategy_of(json.dumps([crowd, lazy])) == "lazy, says yes"
    assert strategy_of(json.dumps([crowd, {**lazy, "options": {"says": "prior"}}])) == "lazy, says prior"
