"""What the README shows works as printed; its commands are checked with the handbook's."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_python_in_the_readme_runs(tmp_path, cache, monkeypatch, capsys):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.S)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VERIFUSE_CACHE", str(cache))
    exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})
    assert "contributor-3" in capsys.readouterr().out


@pytest.mark.parametrize("target", re.findall(r"\]\((?!http)([^)#]+)\)", README))
def test_every_link_in_the_readme_resolves(target):
    assert (ROOT / target).exists()


def test_the_readme_names_every_package():
    for path in ROOT.glob("*/__init__.py"):
        assert f"`{path.parent.name}/`" in README


def test_the_honest_numbers_are_those_of_the_page_that_computed_them():
    table = README.partition("## Honest numbers")[2].partition("\n\n[")[0]
    numbers = set(re.findall(r"[+-]?\d+\.\d+ ± \d+\.\d+", table))
    page = (ROOT / "docs/studies/reproduction.md").read_text("utf-8")
    assert len(numbers) == 10
    assert numbers <= set(re.findall(r"[+-]?\d+\.\d+ ± \d+\.\d+", page))


def test_the_readme_is_the_front_door_and_no_house():
    assert len(README.splitlines()) < 160
