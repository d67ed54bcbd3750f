"""A scenario file is read exactly, or refused in one line that names what is wrong."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifuse.errors import InputError
from verifuse.scenarios import from_table, load, shipped, to_toml
from verifuse.units import format_wei, parse_wei

TABLE_II = ((0, 1, 2, 3, 4), (0, 1, 2, 8, 9), (0, 6, 7, 8, 9), (0, 1, 5, 7, 8, 9), (5, 6, 7, 8, 9))


def refused(*arguments, **keywords):
    with pytest.raises(InputError) as caught:
        load(*arguments, **keywords)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", shipped())
def test_what_is_shipped_loads_says_what_it_shows_and_survives_a_round_trip(name, tmp_path):
    scenario = load(name)
    assert scenario.name == name
    assert len(scenario.description) > 100
    path = tmp_path / "copy.toml"
    path.write_text(to_toml(scenario), "utf-8")
    assert load(path) == scenario
    path.write_text(to_toml(scenario.resolved()), "utf-8")
    assert load(path) == scenario.resolved() == load(path).resolved()


@pytest.mark.parametrize("name", ["paper_1", "paper_2"])
def test_the_papers_scenarios_have_table_ii_to_the_letter(name):
    scenario = load(name)
    contributors, verifiers = scenario.contributors, scenario.verifiers
    assert contributors.labels == TABLE_II
    assert (contributors.train, contributors.test, contributors.verification) == (500, 200, 500)
    assert (verifiers.train, verifiers.test, verifiers.verification) == (2000, 500, 1000)
    assert (scenario.training.learning_rate, scenario.training.max_iterations) == (1e-4, 100_000)
    assert (scenario.task.mafr, scenario.task.base, verifiers.count) == (0.75, "announced", 5)


def test_in_scenario_one_designs_differ_and_in_scenario_two_one_is_recommended():
    assert load("paper_1").contributors.networks == ("cnn_1", "cnn_2", "cnn_3", "cnn_4", "cnn_5")
    assert load("paper_1").task.network is None
    assert load("paper_2").task.network == "cnn_1"
    assert load("paper_2").task.announce_threshold is not None


def test_overrides_are_toml_values_and_bare_words_are_text():
    scenario = load(
        "quick",
        ["task.mafr=0.8", "contributors.labels=[[0, 1]]", "task.network=dense", "task.reward=0.5 ether"],
        seed=7,
    )
    assert scenario.task.mafr == 0.8
    assert scenario.contributors.labels == ((0, 1),)
    assert scenario.task.network == "dense"
    assert scenario.task.reward == 5 * 10**17
    assert scenario.seed == 7


@pytest.mark.parametrize(
    ("override", "named", "allowed"),
    [
        ("task.marf=1", "task.marf", "did you mean 'mafr'?"),
        ("tsak.mafr=1", "tsak", "did you mean 'task'?"),
        ("task.mafr=1.2", "task.mafr: 1.2", "between 0 and 1"),
        ("task.mafr=high", "task.mafr: 'high'", "a number"),
        ('contributors.count="3"', "contributors.count: '3'", "a whole number, 1 to 1,000"),
        ('contributors.speed=[1.0, "2"]', "contributors.speed[1]: '2'", "a number"),
        ("task.mafr=nan", "task.mafr", "finite"),
        ("task.fitness=luck", "task.fitness: 'luck'", "'random_control' or 'standalone'"),
        ("task.reward=6 ether", "task.reward: '6 ether'", "at most the initiator's balance, 5 ether"),
        ("task.reward=6 euro", "task.reward: '6 euro'", '"0.05 ether"'),
        ("contributors.count=0", "contributors.count: 0", "a number from 1 to 1,000"),
        ("contributors.count=2.5", "contributors.count: 2.5", "integer"),
        ("contributors.labels=[[0,0]]", "contributors.labels: [0, 0]", "different labels"),
        ("contributors.speed=[1.0,-1.0]", "contributors.speed[1]: -1.0", "a number from 0.001 to"),
        ("verifiers.panel=9", "verifiers.panel: 9", "at most verifiers.count, 3"),
        ("chain.gas_price=1 wei", "chain.gas_price: '1 wei'", "8"),
        ("seed=-1", "seed: -1", "a number at least 0 and below"),
        ("name=../../x", "name: '../../x'", "a letter or digit, then letters"),
        ("task=1", "task: 1", "a table of settings"),
        ("contributors.labels=[0, 1]", "contributors.labels[0]: 0", "a list is needed"),
        ("task.colour=red", "task.colour: 'red'", "[task] knows access, "),
        (".=1", "override: '.=1'", "key=value"),
        ("task.=1", "override: 'task.=1'", "key=value"),
        ("task.mafr.deep=1", "task.mafr.deep: '1'", "mafr is a value, not a table"),
        ("nonsense", "override: 'nonsense'", "key=value"),
        ("=1", "override: '=1'", "key=value"),
        ("task.mafr=", "override: 'task.mafr='", "key=value"),
    ],
)
def test_a_bad_setting_is_named_with_its_value_and_what_is_allowed(override, named, allowed):
    message = refused("quick", [override])
    assert message.startswith(named)
    assert allowed in message


@pytest.mark.parametrize(
    ("content", "allowed"),
    [
        (b"", "it is empty"),
        (b"# nothing but a comment\n", "it is empty"),
        (b"[task\nmafr = 1", "valid TOML"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"x = " + b"[" * 100_000, "valid TOML"),
        (b"#" * 1_000_001, "1,000,000 bytes"),
    ],
)
def test_a_bad_file_is_refused(tmp_path, content, allowed):
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    message = refused(path)
    assert "bad.toml" in message
    assert allowed in message


def test_a_missing_file_and_an_unknown_name_say_what_there_is(tmp_path):
    assert "no such file" in refused(tmp_path / "absent.toml")
    assert "did you mean 'paper_2'?" in refused("paper2")
    (tmp_path / "folder.toml").mkdir()
    assert "readable" in refused(tmp_path / "folder.toml")


def test_a_file_without_a_name_is_named_after_itself(tmp_path):
    path = tmp_path / "my market.toml"
    path.write_text("[task]\nmafr = 0.5\n")
    assert load(path).name == "my-market"


@settings(max_examples=60)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    )
)
def test_any_value_anywhere_is_a_scenario_or_one_line(value):
    for table in ({"task": value}, {"contributors": {"labels": value}}, {"seed": value}, {"unknown": value}):
        try:
            from_table(table)
        except InputError as error:
            assert str(error)


@given(st.integers(0, 10**27))
def test_amounts_survive_writing_and_reading(wei):
    assert parse_wei(format_wei(wei)) == wei


@pytest.mark.parametrize(
    ("text", "wei"),
    [
        ("1 ether", 10**18),
        ("0.05 ether", 5 * 10**16),
        ("20 gwei", 2 * 10**10),
        ("7 wei", 7),
        (7, 7),
        ("1ether", 10**18),
    ],
)
def test_amounts_are_read_exactly(text, wei):
    assert parse_wei(text) == wei
