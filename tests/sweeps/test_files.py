"""A sweep file is read exactly, or refused in one line that names what is wrong."""

import json
import tomllib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifuse.errors import InputError
from verifuse.scenarios import toml_text
from verifuse.sweeps import Plan, Range, Sweep, load_sweep, shipped_sweeps
from verifuse.sweeps.load import to_toml

HEAD = 'scenario = "quick"\n'


def sweep_of(tmp_path, text, *changes, **keywords):
    path = tmp_path / "one.toml"
    path.write_text(text, "utf-8")
    return load_sweep(path, changes, **keywords)


@pytest.mark.parametrize("name", shipped_sweeps())
def test_what_is_shipped_makes_scenarios_only_says_what_it_shows_and_survives_a_round_trip(name, tmp_path):
    sweep = load_sweep(name)
    assert sweep.name == name and len(sweep.description) > 100
    assert sweep_of(tmp_path, to_toml(sweep)) == sweep
    runs = list(Plan(sweep).runs())
    assert not [run for run in runs if run.refusal]
    assert len({run.name for run in runs}) == len(runs) == sweep.most_runs


def test_dots_may_be_quoted_or_not_and_ranges_are_written_out(tmp_path):
    sweep = sweep_of(
        tmp_path,
        HEAD
        + """
        set.fusion.epochs = 12
        set."fusion.stage_one_epochs" = 4
        grid.task.mafr = { from = 0.8, to = 0.95, step = 0.05 }
        grid."contributors.count" = { from = 2, to = 100, count = 5, log = true, whole = true }
        """,
    )
    assert sweep.set == {"fusion.epochs": 12, "fusion.stage_one_epochs": 4}
    assert sweep.grid == {"task.mafr": (0.8, 0.85, 0.9, 0.95), "contributors.count": (2, 5, 14, 38, 100)}
    assert sweep.name == "one"


@given(st.integers(-50, 50), st.integers(1, 60), st.integers(2, 40), st.sampled_from([1, 10, 1000]))
def test_a_range_has_both_ends_and_equal_steps(first, length, count, unit):
    low, high = first / unit, (first + length) / unit
    values = Range(**{"from": low, "to": high, "count": count}).values
    assert (values[0], values[-1], len(values)) == (low, high, count)
    steps = [after - before for before, after in pairwise(values)]
    assert steps == pytest.approx([(high - low) / (count - 1)] * (count - 1))
    by_step = Range(**{"from": low, "to": high, "step": 1 / unit}).values
    assert by_step == tuple(place / unit for place in range(first, first + length + 1))


@given(
    st.recursive(
        st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
def test_any_value_survives_being_written_as_toml(value):
    text = toml_text(value)
    assert json.dumps(tomllib.loads(f"value = {text}")["value"]) == json.dumps(value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "sweep: "),
        ("seeds = 2", "scenario: "),
        ('scenario = "quikc"', "did you mean 'quick'?"),
        (
            HEAD + "gird.task.mafr = [1]",
            "gird: {'task': {'mafr': [1]}} is not usable; unknown key, did you mean 'grid'?",
        ),
        (HEAD + "grid.task.mafr = 0.5", "grid.task.mafr: 0.5 is not usable; a list of values, or a range"),
        (HEAD + "grid.task.mafr = []", "grid.task.mafr: [] is not usable; a list of values, or a range"),
        (HEAD + "grid.task.mafr = { from = 1, to = 2 }", "grid.task.mafr: "),
        (HEAD + "grid.task.mafr = { from = 1, to = 2, cuont = 2 }", "unknown key, did you mean 'count'?"),
        (HEAD + "grid.task.mafr = { from = 1, to = 2, step = -1 }", "grid.task.mafr.step: -1"),
        (HEAD + "grid.task.mafr = { from = 0, to = 2, count = 3, log = true }", "grid.task.mafr.log: "),
        (HEAD + 'grid.task.mafr = { from = "a", to = 2, count = 3 }', "grid.task.mafr.from: 'a'"),
        (HEAD + "grid.task.mafr = { from = 0, to = 1, step = 1e-9 }", "at most 100,000 values"),
        (HEAD + "grid.seed = [1]", "grid.seed: (1,) is not usable; seeds say which seeds are run"),
        (HEAD + "grid.a.b = [1]\nset.a.b = 2", "set.a.b: 2 is not usable; the grid has this key already"),
        (
            HEAD + "[[list]]\na = 1\n[[list]]\nb = 1",
            "list: {'b': 1} is not usable; every point names the same keys",
        ),
        (HEAD + "grid.task.mafr = [0.5, 0.50]", "grid.task.mafr: 0.5 is not usable; each value once"),
        (HEAD + "[[list]]\na = 1\n[[list]]\na = 1.0", "list: {'a': 1.0} is not usable; each point once"),
        (HEAD + "seeds = 1_000_000_000", "seeds: 1000000000 is not usable; at most 1,000,000 seeds"),
        (
            HEAD
            + "seeds = 1_000_000\ngrid.task.mafr = { from = 0, to = 1, count = 10_000 }"
            + "\ngrid.costs.train_sample = { from = 0, to = 1, count = 10_000 }",
            "at most 10,000,000 runs in one sweep",
        ),
        (HEAD + "seeds = 0", "seeds: 0 is not usable; how many seeds, or a list of"),
        (HEAD + "seeds = [1, 1]", "seeds: [1, 1] is not usable"),
        (HEAD + 'seeds = "a"', "seeds: 'a' is not usable"),
        (
            HEAD + "until.metric = 'x'\nuntil.width = 0",
            "until.width: 0 is not usable; a number above 0",
        ),
        (
            HEAD + "until.metric = 'x'\nuntil.widht = 1",
            "until.widht: 1 is not usable; unknown key, did you mean",
        ),
        (HEAD + "seeds = 3\nuntil = { metric = 'x', width = 1 }", "seeds: 3 is not usable; until decides"),
        (HEAD + "until = { metric = 'x', width = 1, least = 5, most = 4 }", "until.most: 4 is not usable"),
        (
            HEAD + "grid.task.mfar = [0.1, 0.2]",
            "task.mfar: 0.1 is not usable; unknown key, did you mean 'mafr'?",
        ),
        (HEAD + "set.task = 3", "task: 3 is not usable; a table of settings is needed"),
    ],
)
def test_what_cannot_be_swept_is_refused_in_one_line(tmp_path, text, told):
    with pytest.raises(InputError) as refused:
        sweep_of(tmp_path, text)
    assert told in str(refused.value) and "\n" not in str(refused.value)
    assert "one.toml" in str(refused.value)


def test_a_misspelt_sweep_gets_a_hint():
    with pytest.raises(InputError, match="did you mean 'contributors_vs_mafr'"):
        load_sweep("contributors_vs_mfar")


def test_points_are_the_list_times_the_grid_and_every_one_has_every_seed(tmp_path):
    text = (
        HEAD
        + "seeds = [7, 5]\n[grid]\nverifiers.panel = [1, 3]\n"
        + "".join(
            f"[[list]]\ntask.mafr = {mafr}\ntask.base = '{base}'\n"
            for mafr, base in ((0.3, "announced"), (0.5, "accepted"))
        )
    )
    plan = Plan(sweep_of(tmp_path, text))
    runs = list(plan.runs())
    assert plan.size == 4 and len(runs) == 8
    assert [run.seed for run in runs] == [7, 5] * 4
    assert [tuple(run.values.values()) for run in runs[::2]] == [
        (0.3, "announced", 1),
        (0.3, "announced", 3),
        (0.5, "accepted", 1),
        (0.5, "accepted", 3),
    ]
    for run in runs:
        assert run.scenario.task.mafr == run.values["task.mafr"]
        assert run.scenario.verifiers.panel == run.values["verifiers.panel"]


@pytest.mark.parametrize(("seeds", "parts"), [(1, 1), (2, 3), (5, 4), (3, 30)])
def test_parts_are_all_runs_each_once(seeds, parts):
    plan = Plan(Sweep(scenario="quick", seeds=seeds, grid={"task.mafr": [0.1, 0.2, 0.3]}))
    whole = sorted(run.name for run in plan.runs())
    assert sorted(run.name for part in range(parts) for run in plan.runs((part + 1, parts))) == whole


def test_changes_reach_every_point_and_a_number_of_seeds_counts_from_the_scenarios_own(tmp_path):
    text = HEAD + "grid.task.mafr = [0.3, 0.5]"
    plan = Plan(sweep_of(tmp_path, text, "contributors.count=2", seeds=3))
    assert {run.scenario.contributors.count for run in plan.runs()} == {2}
    assert [run.seed for run in plan.runs()] == [1, 2, 3] * 2


def test_a_run_is_named_by_what_its_files_say_not_where_they_lie(tmp_path):
    names = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        scenario = tmp_path / folder / "mine.toml"
        scenario.write_text('name = "mine"\n[task]\nrule = "rule.sol"\n', "utf-8")
        (tmp_path / folder / "rule.sol").write_text("contract Mine {}\n", "utf-8")
        path = tmp_path / folder / "sweep.toml"
        path.write_text('scenario = "mine.toml"\ngrid.task.mafr = [0.5]\n', "utf-8")
        names += [run.name for run in Plan(load_sweep(path)).runs()]
    assert names[0] == names[1]
    (tmp_path / "b" / "rule.sol").write_text("contract Other {}\n", "utf-8")
    from verifuse.sweeps.plan import _content

    _content.cache_clear()
    assert [run.name for run in Plan(load_sweep(path)).runs()] != names[:1]
