"""Groups of contributors and verifiers: what a group does not say the table above it does."""

import pytest

from verifuse.agents import (
    ContributorGroup,
    ContributorSettings,
    MarketConfig,
    contributor_names,
    deal_images,
)
from verifuse.errors import InputError
from verifuse.learning import load_data_set
from verifuse.scenarios import load, to_toml

ETHER = 10**18
SCENARIO = """
[data]
set = "digits"

[task]
network = "tiny"
commit_reveal = true
bond = "0.1 ether"

[initiator]
balance = "20 ether"

[contributors]
count = 2
labels = [[0, 1], [2, 3], [4, 5]]
train = 40
test = 20
verification = 20
start_every = 100

[[contributors.groups]]
name = "early"

[[contributors.groups]]
name = "slow"
count = 3
labels = [[6, 7], [8, 9]]
speed = [0.5, 0.25]
train = 60
balance = "2 ether"
start_every = 1000

[verifiers]
panel = 3
balance = "3 ether"
train = 100
test = 30
verification = 50

[[verifiers.groups]]
name = "honest"
count = 3

[[verifiers.groups]]
name = "rich"
count = 1
speed = 4
stake = "2 ether"
balance = "9 ether"
"""


@pytest.fixture
def grouped(tmp_path):
    """Load the scenario above with something in it said otherwise."""

    def load_it(*changes, text=SCENARIO):
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "groups.toml").write_text(text, encoding="utf-8")
        return load(tmp_path / "groups.toml")

    return load_it


def test_a_group_says_what_differs_and_its_lists_go_round_among_its_own_members(grouped):
    members = grouped().contributors.members
    assert [member.name for member in members] == ["early-1", "early-2", "slow-1", "slow-2", "slow-3"]
    assert [member.index for member in members] == [0, 1, 2, 3, 4]
    assert [member.place for member in members] == [0, 1, 0, 1, 2]
    assert [member.labels for member in members] == [(0, 1), (2, 3), (6, 7), (8, 9), (6, 7)]
    assert [member.speed for member in members] == [1.0, 1.0, 0.5, 0.25, 0.5]
    assert [member.settings.train for member in members] == [40, 40, 60, 60, 60]
    assert [member.settings.test for member in members] == [20] * 5


def test_what_follows_from_the_members_follows_from_those_of_all_groups(grouped):
    scenario = grouped().resolved()
    assert scenario.task.escrow == 5 * scenario.unit_budget_of(scenario.task)
    assert scenario.task.deadline == 2 * 1000 + 3600  # the last of the slow ones starts last
    verifiers = scenario.verifiers.members
    assert [member.name for member in verifiers] == ["honest-1", "honest-2", "honest-3", "rich-1"]
    assert [member.settings.stake for member in verifiers] == [5 * ETHER // 10] * 3 + [2 * ETHER]
    assert [member.settings.speed for member in verifiers] == [1, 1, 1, 4]
    shares = deal_images(scenario, load_data_set("digits")).shares
    assert [len(shares[name].train) for name in contributor_names(scenario)] == [40, 40, 60, 60, 60]


def test_a_resolved_scenario_says_the_same_when_it_is_read_again(grouped, tmp_path):
    scenario = grouped().resolved()
    assert scenario.resolved() == scenario
    (tmp_path / "again.toml").write_text(to_toml(scenario), encoding="utf-8")
    again = load(tmp_path / "again.toml")
    assert again == scenario and again.resolved() == scenario


def test_groups_can_be_written_in_python():
    people = ContributorSettings(train=60, groups=(ContributorGroup(name="few", count=1),))
    assert [(member.name, member.settings.train) for member in people.members] == [("few-1", 60)]


def test_without_groups_everybody_is_one(grouped):
    config = MarketConfig()
    assert contributor_names(config) == [f"contributor-{number}" for number in range(1, 6)]
    assert load("quick", ["contributors.count=2"]).contributors.members[1].name == "contributor-2"


def test_a_path_in_a_group_is_relative_to_its_file(grouped, tmp_path):
    scenario = grouped(("speed = [0.5, 0.25]", 'networks = ["Mine.json"]'))
    assert scenario.own_networks == (str(tmp_path / "Mine.json"),)


@pytest.mark.parametrize(
    ("change", "named", "allowed"),
    [
        (('name = "slow"', 'name = "early"'), "contributors.groups[1].name: 'early'", "early-1 already"),
        (('name = "rich"', 'name = "slow"'), "verifiers.groups[1].name: 'slow'", "slow-1 already"),
        (('name = "slow"\n', ""), "contributors.groups[1].name: None", "a value: this key has no default"),
        (
            ('name = "slow"', 'name = "a/b"'),
            "contributors.groups[1].name: 'a/b'",
            "a letter, then letters, digits",
        ),
        (("speed = 4", "sped = 4"), "verifiers.groups[1].sped: 4", "did you mean 'speed'?"),
        (("speed = 4", "panel = 4"), "verifiers.groups[1].panel: 4", "unknown key"),
        (
            ("speed = [0.5, 0.25]", "speed = [0]"),
            "contributors.groups[1].speed[0]: 0",
            "a number from 0.001 to",
        ),
        (("train = 40", "train = 0"), "contributors.train: 0", "a number at least 1"),
        (("panel = 3", "panel = 5"), "verifiers.panel: 5", "at most all verifiers, 4"),
        (('stake = "2 ether"', "stake = 1"), "verifiers.groups[1].stake: '1 wei'", "at least task.bond"),
        (('"9 ether"', '"1 ether"'), "verifiers.groups[1].balance: '1 ether'", "for the stake and for gas"),
    ],
)
def test_a_bad_group_is_named_with_its_place_and_what_is_allowed(grouped, change, named, allowed):
    with pytest.raises(InputError) as refusal:
        grouped(change)
    message = str(refusal.value)
    assert f": {named}" in message and allowed in message and "\n" not in message
