"""The shipped scenarios of people who come and go, with learning drawn, so that each takes seconds."""

import pytest

from verifuse.analysis import check_conservation, contributors, figure_fused_accuracy
from verifuse.analysis.series import NOT_TRAINED
from verifuse.scenarios import load, run_scenario, shipped

SMALLER = ", ".join(
    f'{{name = "for-{task}", count = {count}, tasks = ["{task}"]}}'
    for task, count in (("first", 5), ("second", 5), ("third", 2))
)
CHANGES = {"big_market": [f"contributors.groups=[{SMALLER}]", "verifiers.count=15"]}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    records = {}

    def run(name):
        if name not in records:
            scenario = load(name, ["learning=surrogate", *CHANGES.get(name, [])])
            records[name] = run_scenario(scenario, tmp_path_factory.mktemp("library") / name)
        return records[name]

    return run


@pytest.mark.parametrize(
    "name",
    [
        "late_joiners",
        "leaving_midway",
        "churn",
        "dirichlet",
        "many_tasks",
        "big_market",
        "plagiarism",
        "participation",
    ],
)
def test_it_ends_with_every_wei_accounted_for(ran, name):
    record = ran(name)
    assert name in shipped()
    assert record.summary["finished"] and record.summary["models"]["rewarded"] > 0
    assert check_conservation(record) == []
    assert record.summary["contract_balance_end_wei"] == 0


def test_newcomers_judge_no_model_that_was_announced_before_they_came(ran):
    seats = ran("late_joiners").table("evaluations")
    newcomers = seats[seats["verifier"].str.startswith("newcomer")]
    assert len(newcomers) and newcomers["time"].min() > 1800
    assert set(seats[seats["contributor"].str.startswith("early")]["verifier"]) == {
        "founder-1",
        "founder-2",
        "founder-3",
    }


def test_who_leaves_midway_is_paid_all_the_same(ran):
    record = ran("leaving_midway")
    rows = {row["contributor"]: row for row in contributors(record).to_dict("records")}
    assert sorted(rows) == ["gone-1", "interrupted-1", "steady-1", "steady-2"]
    assert {row["outcome"] for row in rows.values()} == {"Rewarded"}
    left = record.table("presence").set_index("name")["reason"].dropna()
    assert set(left.index) == {"gone-1", "interrupted-1", "fickle-1"}
    (paid_out,) = [line for line in record.table("timeline")["text"] if "who is gone" in line]
    assert "gone-1" in paid_out


def test_each_task_of_the_big_market_gets_the_models_of_its_own_contributors(ran):
    models = ran("big_market").table("models")
    numbers = ran("big_market").table("tasks").set_index("name")["task_id"]
    for task, count in (("first", 5), ("second", 5), ("third", 2)):
        names = set(models.loc[models["task_id"] == numbers[task], "contributor"])
        assert names == {f"for-{task}-{number}" for number in range(1, count + 1)}


def test_each_of_many_tasks_pays_for_itself(ran):
    tasks = ran("many_tasks").table("tasks").set_index("name")
    assert list(tasks["initiator"]) == ["alice", "bob", "alice"]
    assert (tasks["cost_wei"] <= tasks["escrow_wei"]).all()
    assert tasks["rewarded"]["demanding"] < tasks["rewarded"]["generous"]


@pytest.mark.parametrize(
    ("answer", "paid"),
    [
        ([], {"owner-2", "runner-1"}),
        (["task.report_copies=false"], {"owner-1", "owner-2", "copier-1", "blurrer-1", "runner-1"}),
        (["task.access=sealed_for_rewarded", "task.base=accepted"], {"owner-1", "owner-2"}),
    ],
)
def test_who_is_paid_among_thieves(tmp_path, answer, paid):
    record = run_scenario(load("plagiarism", ["learning=surrogate", *answer]), tmp_path / "record")
    rows = contributors(record).to_dict("records")
    assert {row["contributor"] for row in rows if row["outcome"] == "Rewarded"} == paid


def test_a_higher_reward_brings_more_of_those_who_reckon(ran, tmp_path):
    less = run_scenario(load("participation", ["task.reward='0.05 ether'"]), tmp_path / "less")
    usual = ran("participation")
    assert 0 < less.summary["models"]["announced"] < usual.summary["models"]["announced"] < 12


def test_a_record_and_its_figures_say_that_nothing_was_trained(ran):
    record = ran("dirichlet")
    assert record.summary["learning"] == "surrogate"
    (axes,) = figure_fused_accuracy([record]).axes
    assert any(NOT_TRAINED in text.get_text() for text in axes.texts)


def test_the_same_seed_draws_the_same_market(ran, tmp_path):
    again = run_scenario(load("dirichlet", ["learning=surrogate"]), tmp_path / "again")
    assert again.manifest["digest"] == ran("dirichlet").manifest["digest"]
