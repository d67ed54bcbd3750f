"""Every key of a scenario file is refused in one line when it is wrong: file, key, value, what is allowed."""

import sys

import pytest
import tomlkit

from verifuse.cli import main
from verifuse.scenarios import Scenario, from_table, json_schema
from verifuse.scenarios.overrides import tables_of
from verifuse.scenarios.reference import is_amount

SCHEMA = json_schema()


def rules(rule=SCHEMA, place=(), listed=()):
    """Yield every key's place, the places of lists of tables on the way, and its rule, tables included."""
    for key, one in rule["properties"].items():
        inner = one.get("$ref") or one.get("items", {}).get("$ref")
        yield (*place, key), listed, one
        if inner:
            table = SCHEMA["$defs"][inner.removeprefix("#/$defs/")]
            several = (*listed, (*place, key)) if "items" in one else listed
            yield from rules(table, (*place, key), several)


RULES = list(rules())
KEYS = [".".join(place) for place, _, _ in RULES]


def wrong_values(rule):
    """Return values that a key cannot have: of wrong types, and out of its bounds."""
    if "$ref" in rule:
        return [3, "text", [1]]
    if is_amount(rule):
        return [True, -1, 1.5, "5 euro", "", [1], {"x": 1}, 10**60]
    kind = rule.get("type")
    wrong = [{"x": 1}]
    if kind in ("integer", "number"):
        wrong += ["many", "3", [1], True, "nan"]
        wrong += [] if rule.get("minimum", rule.get("exclusiveMinimum")) is None else [-(10**30)]
        wrong += [] if rule.get("maximum", rule.get("exclusiveMaximum")) is None else [10**30]
        wrong += [1.5] if kind == "integer" else [float("nan")]
    elif kind == "boolean":
        wrong += ["perhaps", 7, [True]]
    elif kind == "array":
        wrong += [3, "text", [{"x": 1}]] + ([[]] if rule.get("minItems") else [])
    elif kind == "string":
        wrong += [3, [1], True] + (["surely not"] if "enum" in rule else [])
    return wrong


CASES = [
    pytest.param(place, listed, value, id=f"{'.'.join(place)}={value!r}"[:60])
    for place, listed, rule in RULES
    for value in wrong_values(rule)
]


def nested(place, listed, value):
    """Return tables that hold one value at a place."""
    table = value
    for depth in range(len(place), 0, -1):
        if place[:depth] in listed and depth < len(place):
            table = [table]
        table = {place[depth - 1]: table}
    return table


@pytest.fixture
def show(tmp_path, monkeypatch, capsys):
    """Show a scenario file of these tables by the command line: exit status and what it says."""
    monkeypatch.chdir(tmp_path)

    def show(table):
        (tmp_path / "mine.toml").write_text(tomlkit.dumps(table), "utf-8")
        monkeypatch.setattr(sys, "argv", ["verifuse", "show", "mine.toml"])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        assert out == ""
        return end.value.code, err

    return show


@pytest.mark.parametrize(("place", "listed", "value"), CASES)
def test_a_wrong_value_of_any_key_gets_one_line_with_file_and_key_and_status_2(show, place, listed, value):
    status, said = show(nested(place, listed, value))
    assert status == 2
    assert said.startswith("verifuse: mine.toml: ") and said.count("\n") == 1
    assert " is not usable; " in said and "Traceback" not in said
    named = said.removeprefix("verifuse: mine.toml: ").partition(":")[0]
    assert place[0] in named
    assert place[-1] in named or listed, said


@pytest.mark.parametrize(("place", "listed"), [(place, listed) for place, listed, _ in RULES], ids=KEYS)
def test_a_misspelt_key_or_table_is_told_which_one_was_meant(show, place, listed):
    key = place[-1]
    misspelt = key[:-1] + "zq" if len(key) < 5 else key[:2] + key[3] + key[2] + key[4:]
    if misspelt == key:
        misspelt = key + "q"
    status, said = show(nested((*place[:-1], misspelt), listed, 1))
    assert status == 2 and said.count("\n") == 1
    assert f"{misspelt}: " in said and "unknown key" in said
    if len(key) > 4:
        assert f"did you mean '{key}'?" in said


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (
            {"verifiers": {"count": 3, "panel": 4}},
            "verifiers.panel: 4 is not usable; at most verifiers.count, 3",
        ),
        ({"verifiers": {"quorum": 6}}, "verifiers.quorum: 6 is not usable; at most verifiers.panel, 5"),
        (
            {"task": {"escrow": "1 wei"}},
            "task.escrow: '1 wei' is not usable; at least the budget of one model",
        ),
        (
            {"task": {"bond": "1 ether"}},
            "task.bond: '1 ether' is not usable; 0, or a task with commit_reveal",
        ),
        ({"initiator": {"plants": 1}}, "initiator.plants: 1 is not usable; 0, or a task with a bond"),
        ({"training": {"decay": "cosine"}}, "training.decay: 'cosine' is not usable; 'none', or with epochs"),
        (
            {"privacy": {"noise": 1.0, "epsilon": 2.0}},
            "privacy.noise: 1.0 is not usable; either the noise or",
        ),
        (
            {"task": {"mafr": -0.5}},
            "task.mafr: -0.5 is not usable; with fitness 'accuracy' it lies between 0",
        ),
        (
            {"contributors": {"alpha": 0.0}},
            "contributors.alpha: 0.0 is not usable; a number above 0",
        ),
    ],
)
def test_an_impossible_combination_names_the_key_to_change(show, table, told):
    status, said = show(table)
    assert status == 2 and said.startswith(f"verifuse: mine.toml: {told}") and said.count("\n") == 1


def test_a_key_in_the_wrong_table_is_told_where_it_belongs(show):
    assert "unknown key; it is one of [task]" in show({"mafr": 0.5})[1]
    assert "unknown key; it belongs above the first heading" in show({"task": {"recipe": "plain"}})[1]
    assert "it is one of [contributors] and [verifiers]" in show({"costs": {"verification": 5}})[1]


def test_every_key_is_explained():
    unexplained = [
        ".".join(place) for place, _, rule in RULES if not rule.get("description") and "$ref" not in rule
    ]
    assert unexplained == []
    assert all(table["description"] for table in SCHEMA["$defs"].values())


def test_the_schema_knows_what_the_settings_know():
    assert {name for name, model in tables_of(Scenario)} >= {"", "task", "training.augmentation"}
    assert set(SCHEMA["properties"]) == {*Scenario.model_fields, "extends"}
    assert SCHEMA["additionalProperties"] is False
    assert SCHEMA["$defs"]["ChainConfig"]["properties"]["gas_price"]["default"] == "10 gwei"
    assert from_table({"training": {"augmentation": {}}}).training.augmentation is not None
