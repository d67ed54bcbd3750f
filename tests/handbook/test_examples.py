"""The examples on the how-to pages work as printed."""

import re
import tomllib
from pathlib import Path

import pytest

from verifuse.learning import network_spec
from verifuse.scenarios import from_table, load, read_record, run_scenario, shipped

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text("utf-8"), re.S | re.M)


@pytest.fixture
def toml():
    return blocks("how-to/own_scenario.md", "toml")


def test_the_whole_scenario_runs(toml, tmp_path, cache):
    path = tmp_path / "strict.toml"
    path.write_text(toml[0], "utf-8")
    record = run_scenario(load(path), tmp_path / "run", cache=cache)
    assert record.summary["finished"]
    assert record.summary["models"]["announced"] == 3


def test_the_tasks_can_be_listed_in_the_scenario(toml):
    scenario = from_table(tomllib.loads(f"{toml[0]}\n{toml[1]}"))
    assert [(task.name, task.mafr, task.fitness) for task in scenario.task_list] == [
        ("lenient", 0.02, "gain"),
        ("strict", 0.9, "gain"),
    ]


def test_people_come_and_go(toml, tmp_path):
    (people,) = (block for block in toml if "visitor" in block)
    (tmp_path / "mine.toml").write_text(people, "utf-8")
    scenario = load(tmp_path / "mine.toml")
    names = [member.name for member in scenario.contributors.members]
    assert names[0] == "regular-1" and names[-1] == "visitor-6" and len(names) == 10
    assert scenario.arrivals["visitor-6"] > scenario.arrivals["visitor-1"] > 0


def test_the_thief_steals(toml):
    (thief,) = (block for block in toml if "thief" in block)
    group = from_table(tomllib.loads(thief)).contributors.groups[0]
    assert (group.behaviour, dict(group.options)) == ("plagiarist", {"front_runs": True})


def test_the_python_beside_the_scenario_is_the_readme_s_which_is_run():
    (code,) = blocks("how-to/own_scenario.md", "python")
    (shown,) = re.findall(
        r"^```python\n(.*?)^```", (DOCS.parent / "README.md").read_text("utf-8"), re.S | re.M
    )
    assert code.startswith(shown) and code.removeprefix(shown) == '    print(record.table("payments"))\n'


def test_the_kind_verifier_says_more_than_she_measured(play, tmp_path, cache):
    for step in play.steps((DOCS / "how-to/own_behaviour.md").read_text("utf-8")):
        told = play.take(step, tmp_path, cache)
    assert "kind-1 is a verification contributor" in told
    record = read_record(tmp_path / "runs/kindness")
    for row in record.table("evaluations").itertuples():
        measured = round(row.fused_accuracy_II * 10_000)
        assert row.fitness_bps == (min(10_000, measured + 800) if row.verifier == "kind-1" else measured)
    behaviours = record.table("participants").set_index("name").behaviour
    assert behaviours["kind-1"].endswith("kind.py:Kind") and behaviours["honest-1"] == "honest"


def test_the_network_trains_in_a_market(small, tmp_path, cache, monkeypatch):
    (code,) = blocks("how-to/own_networks.md", "python")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    exec(compile(code, "own_networks.md", "exec"), {"__name__": "__main__"})
    changes = [*small, "contributors.networks=['mine.json', 'tiny']", "training.max_iterations=150"]
    without = re.sub(r"(?m)^network = .*\n", "", shipped()["quick"])
    (tmp_path / "own.toml").write_text(without, "utf-8")
    record = run_scenario(load("own.toml", changes), tmp_path / "run", cache=cache)
    assert list(record.table("models").network) == ["mine", "tiny"]
    assert record.table("models").local_accuracy.min() > 0.8
    both = [network_spec(f"mine.{ending}", (8, 8), range(10)).graph for ending in ("json", "keras")]
    assert both[0] == both[1]
