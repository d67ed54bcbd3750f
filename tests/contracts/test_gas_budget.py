"""The committed gas figures against their budgets and the page that shows them; see benchmarks/gas.py."""

import importlib.util
import json
from pathlib import Path

import pytest

from verifuse.contracts.artifact import task_market_artifact

ROOT = Path(__file__).parents[2]
SNAPSHOT = json.loads((ROOT / "contracts/gas-snapshot.json").read_text(encoding="utf-8"))
CALLS = [(section, call) for section, calls in SNAPSHOT.items() for call in calls]


def benchmark(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def gas():
    return benchmark("gas")


@pytest.mark.parametrize(("section", "call"), CALLS, ids=[call for _, call in CALLS])
def test_each_call_keeps_its_budget(gas, section, call):
    assert SNAPSHOT[section][call] <= gas.budget(section, call)


def test_every_budget_is_measured(gas):
    budgets = {(section, call) for section, calls in gas.BUDGETS.items() for call in calls}
    assert budgets <= set(CALLS)


def test_the_figures_are_of_the_shipped_code():
    assert SNAPSHOT["plain market"]["bytes of code"] == len(task_market_artifact().deployed_bytecode)


def test_a_draw_costs_the_same_from_a_large_pool():
    draws = SNAPSHOT["large numbers"]
    small, large = draws["drawPanel, 5 seats, pool of 40"], draws["drawPanel, 5 seats, pool of 1,000"]
    assert abs(large / small - 1) < 0.05


def test_an_option_that_is_off_costs_little(gas):
    """A task without options pays less than one with them, for the calls that both make."""
    plain, sealed, bonded = (SNAPSHOT[name] for name in ("plain market", "sealed access", "bonds"))
    assert plain["announceModel, first of its task"] < sealed["announceModel, sealed"]
    assert plain["postTask"] < sealed["postTask, sealed"]
    assert plain["drawPanel, 5 seats"] < bonded["drawPanel, 5 bonded seats"]
    assert plain["joinPool"] < bonded["joinPool, with a stake"]


def test_the_readme_shows_the_snapshot(gas):
    page = (ROOT / "contracts/README.md").read_text(encoding="utf-8")
    assert gas.table(SNAPSHOT) in page, "replace the table by what python benchmarks/gas.py prints"


@pytest.mark.parametrize(
    ("name", "page"),
    [("paper_gas", "explanation/paper_contract.md"), ("rule_gas", "how-to/own_reward_rule.md")],
)
def test_the_docs_show_what_is_measured(name, page):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert benchmark(name).table() in text, f"replace the table by what python benchmarks/{name}.py prints"


def test_a_change_beyond_the_limit_is_noticed(gas):
    old = {"plain market": {"joinPool": 100_000}}
    assert gas.differences({"plain market": {"joinPool": 101_900}}, old) == []
    assert gas.differences({"plain market": {"joinPool": 102_100}}, old) == [
        "plain market: joinPool: 102,100 gas instead of 100,000 (+2.1%)"
    ]
    assert gas.differences({"plain market": {"leavePool": 1}}, old) == [
        "plain market: joinPool is no longer measured",
        "plain market: leavePool is not in the snapshot",
    ]
