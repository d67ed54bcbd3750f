"""What the README shows works as printed."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from verifuse.cli import cli
from verifuse.learning import network_spec
from verifuse.scenarios import from_table, load, run_scenario, shipped

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


def test_the_scenario_in_the_readme_runs(tmp_path, cache):
    text, *_ = blocks("toml")
    path = tmp_path / "strict.toml"
    path.write_text(text, "utf-8")
    record = run_scenario(load(path), tmp_path / "run", cache=cache)
    assert record.summary["finished"]
    assert record.summary["models"]["announced"] == 3


def test_the_tasks_in_the_readme_can_be_listed_in_the_scenario():
    whole, tasks, *_ = blocks("toml")
    scenario = from_table(tomllib.loads(f"{whole}\n{tasks}"))
    assert [(task.name, task.mafr, task.fitness) for task in scenario.task_list] == [
        ("lenient", 0.02, "gain"),
        ("strict", 0.9, "gain"),
    ]


def test_the_people_in_the_readme_come_and_go(tmp_path):
    (people,) = (block for block in blocks("toml") if "visitor" in block)
    (tmp_path / "mine.toml").write_text(people, "utf-8")
    scenario = load(tmp_path / "mine.toml")
    names = [member.name for member in scenario.contributors.members]
    assert names[0] == "regular-1" and names[-1] == "visitor-6" and len(names) == 10
    assert scenario.arrivals["visitor-6"] > scenario.arrivals["visitor-1"] > 0


def test_the_thief_in_the_readme_steals():
    (thief,) = (block for block in blocks("toml") if "thief" in block)
    group = from_table(tomllib.loads(thief)).contributors.groups[0]
    assert (group.behaviour, dict(group.options)) == ("plagiarist", {"front_runs": True})


def test_the_python_in_the_readme_runs(tmp_path, cache, monkeypatch, capsys):
    (code,) = blocks("python")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VERIFUSE_CACHE", str(cache))
    exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})
    assert "contributor-3" in capsys.readouterr().out


def test_the_network_in_the_documentation_trains_in_a_market(small, tmp_path, cache, monkeypatch):
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/own_networks.md").read_text("utf-8"), re.S)
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


@pytest.mark.parametrize("line", [line for block in blocks("sh") for line in block.strip().splitlines()])
def test_every_command_in_the_readme_is_one_that_exists(line):
    program, *rest = shlex.split(line, comments=True)
    if program == "make":
        assert re.search(rf"^{rest[0]}:", (ROOT / "Makefile").read_text(), re.M)
        return
    assert program == ".venv/bin/verifuse"
    command = cli.commands[rest[0]]
    arguments = [word for word in rest[1:] if word != ">" and word != "mine.toml"] or ["x"]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in arguments if word.startswith("--")} <= known


@pytest.mark.parametrize("target", re.findall(r"\]\((?!http)([^)#]+)\)", README))
def test_every_link_in_the_readme_resolves(target):
    assert (ROOT / target).exists()


def test_the_readme_names_every_package():
    for path in ROOT.glob("*/__init__.py"):
        assert f"`{path.parent.name}/`" in README


def test_settings_named_in_the_readme_exist():
    for override in re.findall(r"verifuse run \S+ (\w+\.\w+)=(\S+)", README):
        table, key = override[0].split(".")
        from_table({table: {key: float(override[1])}})
