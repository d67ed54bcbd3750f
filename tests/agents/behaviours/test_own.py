"""Behaviours by name in a scenario: refusals, inheritance, and classes of one's own in a record."""

import shutil
from pathlib import Path

import pytest

from verifuse.errors import InputError
from verifuse.scenarios import load, read_record, run_scenario

MINE = """from pathlib import Path

from verifuse.agents.behaviours.contributors import Honest

Path(__file__).with_name("was-run").touch()


class Picky(Honest):
    def takes_up(self, offer):
        return offer.rewarded >= 1
"""

SCENARIO = """
extends = "quick"
learning = "surrogate"

[task]
mafr = 0.2

[contributors]
behaviour = "low_effort"
options = {epochs = 3}
train = 50
test = 20
verification = 20

[[contributors.groups]]
name = "first"
count = 1
behaviour = "honest"

[[contributors.groups]]
name = "picky"
count = 1
behaviour = "mine.py:Picky"

[[contributors.groups]]
name = "lazy"
count = 1
"""


@pytest.fixture
def scenario(tmp_path):
    """Write a scenario with a behaviour of its own beside it; return its path."""
    (tmp_path / "mine.py").write_text(MINE, "utf-8")
    path = tmp_path / "own.toml"
    path.write_text(SCENARIO, "utf-8")
    return path


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("contributors.groups.lazy.behaviour=low_efort", "groups[2].behaviour.*did you mean 'low_effort'"),
        ("contributors.options.epochs=0", "groups[2].options.epochs: 0"),
        ("contributors.groups.lazy.options={epoch=2}", "groups[2].options.epoch.*did you mean 'epochs'"),
        ("contributors.groups.first.options={epochs=2}", "groups[0].options.epochs.*'honest' has no options"),
        ("contributors.groups.picky.behaviour=mine.py:Absent", "groups[1].behaviour.*derives from"),
        ("contributors.behaviour=nowhere:Mine", "groups[2].behaviour.*No module named 'nowhere'"),
        ("contributors.groups.lazy.behaviour=backdoor", "groups[2].behaviour.*learning = 'surrogate'"),
        ("contributors.behaviour=label_flip contributors.options.how=pairs", "options.pairs.*such as"),
    ],
)
def test_what_cannot_be_is_refused_by_its_place(scenario, monkeypatch, override, told):
    monkeypatch.chdir(scenario.parent)
    with pytest.raises(InputError, match=told.replace("[", r"\[").replace("]", r"\]")):
        load(scenario, override.split())


def test_a_group_has_options_only_together_with_the_behaviour(scenario):
    found = load(scenario).resolved()
    assert [group.options for group in found.contributors.groups] == [None, None, {"epochs": 3}]
    again = load(scenario, ["contributors.behaviour=peeker"]).resolved()
    assert [group.behaviour for group in again.contributors.groups][2] == "peeker"
    assert again.contributors.options is None


def test_a_file_that_builds_on_another_takes_no_options_of_a_behaviour_that_it_replaces(scenario):
    nearer = scenario.with_name("nearer.toml")
    nearer.write_text('extends = "own.toml"\n[contributors]\nbehaviour = "sybil"\n', "utf-8")
    assert load(nearer).resolved().contributors.options == {"noise": 0.01}


def test_a_record_holds_a_behaviour_of_ones_own_and_runs_it_only_when_it_is_run(scenario, tmp_path_factory):
    record = run_scenario(load(scenario), scenario.with_name("record"))
    models = record.table("models").set_index("contributor")
    behaviours = record.table("participants").set_index("name")["behaviour"]
    assert behaviours["picky-1"] == "mine.py:Picky" and behaviours["lazy-1"] == "low_effort"
    assert models.loc["picky-1", "training_started"] > models.loc["first-1", "settled_time"] - 1
    assert models.loc["lazy-1", "epochs"] == 3
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "copy"
    shutil.copytree(record.path, elsewhere)
    shutil.rmtree(scenario.parent)
    found = read_record(elsewhere)
    assert found.scenario.contributors.groups[1].behaviour.endswith("mine.py:Picky")
    mark = elsewhere / "behaviours" / "was-run"
    assert (elsewhere / "behaviours" / "mine.py").read_text("utf-8") == MINE and not mark.exists()
    again = run_scenario(load(elsewhere / "scenario.toml"), elsewhere.with_name("again"))
    assert mark.exists() and again.manifest["digest"] == record.manifest["digest"]
    assert str(Path("again")) not in (again.path / "scenario.toml").read_text("utf-8")
