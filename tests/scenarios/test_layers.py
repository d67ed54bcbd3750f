"""Scenario files that build on others, and refusals that say which file to look into."""

from pathlib import Path

import pytest

from verifuse.errors import InputError
from verifuse.scenarios import load, named


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return write


def refused(*arguments, **keywords):
    with pytest.raises(InputError) as caught:
        load(*arguments, **keywords)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_tables_are_merged_key_by_key_and_all_else_is_replaced(write):
    write("mine.toml", 'extends = "paper_2"\n[task]\nmafr = 0.9\n[contributors]\nlabels = [[0, 1]]\n')
    mine, base = load("mine.toml"), load("paper_2")
    assert mine.name == "mine"
    assert mine.task == base.task.model_copy(update={"mafr": 0.9})
    assert mine.contributors == base.contributors.model_copy(update={"labels": ((0, 1),)})
    assert mine.verifiers == base.verifiers


def test_the_nearest_of_several_levels_counts_and_overrides_come_last(write):
    write("deep/one.toml", 'extends = "quick"\nseed = 7\n[task]\nmafr = 0.6\nreward = "0.5 ether"\n')
    write("two.toml", 'extends = "deep/one.toml"\n[task]\nmafr = 0.7\n')
    write("deep/three.toml", 'extends = "../two.toml"\n')
    three = load("deep/three.toml", ["task.verifier_fee=0.01 ether"])
    assert (three.name, three.seed, three.task.mafr, three.task.reward) == ("three", 7, 0.7, 5 * 10**17)
    assert three.task.verifier_fee == 10**16
    assert three.contributors == load("quick").contributors


def test_paths_are_those_of_the_file_that_names_them(write, tmp_path):
    write("base/base.toml", '[task]\nrule = "mine.sol"\n[contributors]\nnetworks = ["net.json", "tiny"]\n')
    path = write("far/far.toml", 'extends = "../base/base.toml"\n')
    found = load(path)
    assert Path(found.task.rule).resolve() == tmp_path / "base" / "mine.sol"
    assert Path(found.contributors.networks[0]).resolve() == tmp_path / "base" / "net.json"
    assert found.contributors.networks[1] == "tiny"
    changed = load(path, ["contributors.networks=['net.keras']"])
    assert changed.contributors.networks == (str(tmp_path / "net.keras"),)


def test_a_file_that_wants_another_recipe_does_not_keep_the_old_ones_numbers(write):
    write("base.toml", "[training]\nlearning_rate = 0.0001\nbatch = 25\n")
    write("mine.toml", 'extends = "base.toml"\nrecipe = "augmented"\n')
    mine = load("mine.toml")
    assert mine.training.learning_rate == load("paper_2", ["recipe=augmented"]).training.learning_rate
    assert mine.training.batch == 25


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("extends = 3", "mine.toml: extends: 3 is not usable; the name of a shipped scenario"),
        ('extends = ""', "mine.toml: extends: ''"),
        ('extends = "paper2"', "mine.toml: extends: 'paper2' is not usable"),
        ('extends = "paper2"', "did you mean 'paper_2'?"),
        ('extends = "absent.toml"', "mine.toml: extends: 'absent.toml' is not usable; no such file"),
        ('extends = "mine.toml"', "in a circle: mine.toml → mine.toml"),
        ('extends = "ring.toml"', "ring.toml: extends: 'mine.toml'"),
        ('extends = "bad.toml"', "mine.toml: extends: 'bad.toml' is not usable; it must be valid TOML"),
        ('[task]\nextends = "paper_2"', "mine.toml: task.extends"),
    ],
)
def test_what_cannot_be_built_on_is_refused_with_the_file_that_says_it(write, text, told):
    write("mine.toml", text)
    write("ring.toml", 'extends = "mine.toml"')
    write("bad.toml", "[")
    assert told in refused("mine.toml")


def test_an_override_builds_on_nothing(write):
    assert "stands in a scenario's file" in refused("quick", ["extends=paper_2"])


def test_a_refusal_names_the_file_that_the_key_comes_from(write):
    write("base.toml", 'extends = "quick"\n[task]\nmafr = 1.5\n[contributors]\ntrain = 5000\n')
    write("mine.toml", 'extends = "base.toml"\n[verifiers]\nverification = 151\n')
    assert refused("mine.toml").startswith("base.toml: task.mafr: 1.5 is not usable")
    assert refused("mine.toml", ["task.mafr=1.6"]).startswith("task.mafr: 1.6 is not usable")
    found = refused("mine.toml", ["task.mafr=0.5", "chain.gas_price=10000 gwei"])
    assert found.startswith("quick: initiator.balance: '5 ether' is not usable")


def test_what_is_found_out_later_names_its_file_as_well(write):
    write("mine.toml", 'extends = "quick"\n[contributors]\ntrain = 5000\n')
    told = r"^mine.toml: contributors.train: 5000"
    with pytest.raises(InputError, match=told) as caught, named("mine.toml"):
        raise InputError("contributors.train", 5000, "fewer")
    assert (caught.value.field, caught.value.source) == ("contributors.train", "mine.toml")
    with pytest.raises(InputError, match=r"^out: "), named("mine.toml"):
        raise InputError("out", "x", "another folder")
    with (
        pytest.raises(InputError, match=r"^contributors.train: "),
        named("mine.toml", ["contributors.train=9"]),
    ):
        raise InputError("contributors.train", 9, "fewer")
