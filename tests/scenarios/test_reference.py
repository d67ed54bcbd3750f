"""One source for what keys mean: docstrings give the JSON Schema, the reference page and new scenarios."""

import re
import tomllib
from pathlib import Path

import pytest

from verifuse.agents.behaviours import HONEST, behaviour_class
from verifuse.agents.behaviours import shipped as shipped_behaviours
from verifuse.errors import InputError
from verifuse.scenarios import SCHEMA_FILE, behaviours_page, load, new_scenario, reference_page, shipped
from verifuse.scenarios.json_schema import json_schema, meanings_of
from verifuse.scenarios.reference import tables

ROOT = Path(__file__).parents[2]


def test_the_reference_is_up_to_date():
    page = (ROOT / "docs/reference/scenarios.md").read_text("utf-8")
    assert page == reference_page(), "run make docs"


def test_the_page_of_behaviours_is_up_to_date_and_has_each_with_its_options_and_a_source():
    page = behaviours_page()
    assert page == (ROOT / "docs/reference/behaviours.md").read_text("utf-8"), "run make docs"
    for role in ("contributor", "verifier", "oracle", "initiator"):
        for name in set(shipped_behaviours(role)) - {HONEST}:
            kind = behaviour_class(role, name)
            section = page.partition(f"### {role} `{name}`\n")[2].partition("\n## ")[0].partition("\n### ")[0]
            assert all(f"| `{key}` |" in section for key in kind.Options.model_fields)
            assert set(kind.Options.model_fields) <= set(meanings_of(kind.Options))


def test_the_reference_has_every_key_with_its_default():
    page = reference_page()
    assert "| `mafr` | number | `0.75` | Minimum acceptable fitness rate, as a fraction;" in page
    assert '| `reward` | amount | `"1 ether"` |' in page
    assert "| `elastic` | number, 0 to 1,000 | `20.0` |" in page.partition("`[fusion.augmentation]`")[2]
    for table in tables(json_schema()):
        assert f"`{table.heading}`" in page
        for key in table.keys:
            assert f"| `{key.name}` | {key.allowed}" in page and key.meaning


@pytest.mark.parametrize("source", shipped())
def test_a_new_scenario_is_the_one_that_it_was_made_from(tmp_path, source):
    path = tmp_path / "mine.toml"
    new_scenario(path, source)
    assert load(path) == load(source).model_copy(update={"name": "mine"})
    text = path.read_text("utf-8")
    assert text.startswith(f"#:schema ./{SCHEMA_FILE}\n")
    assert all(len(line) < 130 for line in text.splitlines() if line.startswith("# "))


@pytest.mark.parametrize("source", ["quick", "paper_1", "tabular"])
def test_what_is_commented_out_in_a_new_scenario_is_what_holds_anyway(tmp_path, source):
    path = tmp_path / "mine.toml"
    new_scenario(path, source)
    text = path.read_text("utf-8")
    optional = text.index("#[training.augmentation]")
    following = text.index("\n[", optional)  # a table that would turn something on stays as it is
    kept, rest = text[:optional], text[following:]
    said = re.sub(r"(?m)^#(?=\[?\w[\w.]*(\]| = .))", "", kept) + re.sub(r"(?m)^#(?=\w+ = .)", "", rest)
    assert len(tomllib.loads(said)["task"]) > 15
    path.write_text(said, "utf-8")
    assert load(path).resolved() == load(source).resolved().model_copy(update={"name": "mine"})


def test_a_new_scenario_keeps_what_it_is_made_from_and_what_that_is_built_on(tmp_path):
    (tmp_path / "base.toml").write_text('extends = "paper_1"\n[task]\nmafr = 0.8\n', "utf-8")
    new_scenario(tmp_path / "mine.toml", str(tmp_path / "base.toml"))
    mine = load(tmp_path / "mine.toml")
    assert mine.task.mafr == 0.8 and mine.contributors == load("paper_1").contributors


def test_nothing_is_overwritten(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("seed = 2\n", "utf-8")
    with pytest.raises(InputError, match="not overwritten"):
        new_scenario(path, "quick")
    assert path.read_text("utf-8") == "seed = 2\n"
    with pytest.raises(InputError, match="shipped"):
        new_scenario(tmp_path / "quick.toml", "paper_1")
    with pytest.raises(InputError, match="did you mean"):
        new_scenario(tmp_path / "other.toml", "paper2")
    assert [file.name for file in tmp_path.iterdir()] == ["mine.toml"]
