import json

import pytest

from verifuse.studies import run_study
from verifuse.studies.markets.plagiarism_access import WITHOUT, answer_of, theft_of

OWNER = '{ name = "owner", count = 1, labels = [[0, 1, 2, 3, 4]] }'
THIEF = 'name = "thief", count = 1, starts = [0]'
SWEEP = f"""
name = "few"
scenario = "plagiarism"
models = false

[set]
learning = "surrogate"
verifiers.count = 1
verifiers.panel = 1

[[list]]
contributors.groups = [{OWNER}, {{ {THIEF}, behaviour = "leaver", options = {{ stage = "training" }} }}]

[[list]]
contributors.groups = [{OWNER}, {{ {THIEF}, behaviour = "plagiarist" }}]

[grid]
task.access = ["public"]
task.report_copies = [false, true]
"""


@pytest.fixture(scope="module")
def sections(workbench, tmp_path_factory):
    folder = tmp_path_factory.mktemp("plagiarism")
    (folder / "few.toml").write_text(SWEEP, "utf-8")
    asked = ["seeds=[1,2]", f"sweep='{folder / 'few.toml'}'", "noise=''", f"records='{folder}'"]
    return run_study("plagiarism_access", asked, workbench).sections


def test_a_copy_earns_the_reward_unless_fingerprints_are_compared(sections):
    (row,) = sections[0].table.to_dict("records")
    assert row["theft"] == "same CID"
    assert 0.98 < float(row["public"].split()[0]) < 1, "the reward less gas"
    assert -0.02 < float(row["public, fingerprints"].split()[0]) < 0, "gas alone"
    assert "*public, fingerprints* ends all" in sections[0].text


def test_who_is_copied_behind_her_back_loses_nothing_but_the_initiator_does(sections):
    table = sections[1].table.set_index("answer")
    assert abs(float(table.loc["public", "all owners, ether"].split()[0])) < 0.001
    # One model more: its reward, a fee, and the oracle's.
    assert float(table.loc["public", "the initiator, ether"].split()[0]) == pytest.approx(-1.07, abs=0.002)


def test_markets_and_thefts_have_names_that_people_read():
    thief = {"name": "thief", "behaviour": "plagiarist", "options": {"how": "perturbed", "front_runs": True}}
    assert theft_of(json.dumps([{"name": "owner"}, thief])) == "noise, front-running"
    assert theft_of(json.dumps([{"name": "owner"}, {"name": "thief", "behaviour": "leaver"}])) == WITHOUT
    assert answer_of("sealed_for_rewarded", True) == "sealed, fingerprints"
