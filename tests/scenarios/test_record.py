"""A run leaves a whole record or none; the seed decides its digest."""

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from verifuse.analysis import predict
from verifuse.chain import Transaction
from verifuse.errors import InputError, VerifuseError
from verifuse.scenarios import SCHEMAS, free_folder, load, read_record, run_scenario
from verifuse.scenarios.meanings import MEANINGS, ROWS
from verifuse.scenarios.record_page import record_page


@pytest.fixture(scope="session")
def run(small, cache, tmp_path_factory):
    """Run ``quick``, small, with overrides; equal calls share one record."""
    root, known = tmp_path_factory.mktemp("runs"), {}

    def run_one(*overrides, seed=1, again=False):
        key = (overrides, seed)
        if again or key not in known:
            scenario = load("quick", [*small, *overrides], seed=seed)
            known[key] = run_scenario(scenario, root / f"run-{len(list(root.iterdir()))}", cache=cache)
        return known[key]

    return run_one


def test_a_record_holds_every_table_with_its_columns(run):
    record = run()
    for name, columns in SCHEMAS.items():
        schema = pq.read_schema(record.path / f"{name}.parquet")
        assert {field.name: field.type for field in schema} == columns
        assert {"time", "block"} <= set(columns)
    assert {path.name for path in record.path.iterdir()} == {
        "manifest.json",
        "scenario.toml",
        "store",
        "summary.json",
        *(f"{name}.parquet" for name in SCHEMAS),
    }


def test_the_names_that_others_rely_on(run):
    record = run()
    assert {"digest", "seed", "schema_version"} <= set(record.manifest)
    needed = {
        "models": "contributor cid outcome local_accuracy fused_accuracy_I fused_accuracy_II",
        "payments": "account role amount_wei reason",
        "transactions": "sender to function value_wei gas_used gas_price_wei status block",
        "participants": "account role name balance_start_wei balance_end_wei",
    }
    for table, columns in needed.items():
        assert set(columns.split()) <= set(record.table(table).columns)


def test_the_resolved_scenario_runs_to_the_same_digest(run, cache, tmp_path):
    record = run()
    again = run_scenario(load(record.path / "scenario.toml"), tmp_path / "again", cache=cache)
    assert again.manifest["digest"] == record.manifest["digest"]


RULE = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;
import {IRewardRule} from "IRewardRule.sol";
import {SHARE} from "./Share.sol";
contract Mine is IRewardRule {
    function decide(int256, uint256 reward, int256[] calldata) external pure returns (bool, uint256) {
        return (true, reward / SHARE);
    }
}
"""
SHARE = "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.24;\nuint256 constant SHARE = 4;\n"


def test_a_record_keeps_the_rule_of_its_task_and_its_digest_depends_on_the_text(
    small, cache, tmp_path, monkeypatch
):
    for name, share in (("here", SHARE), ("there", SHARE), ("changed", SHARE.replace("4", "5"))):
        (tmp_path / name / "rules").mkdir(parents=True)
        (tmp_path / name / "rules" / "Mine.sol").write_text(RULE, "utf-8")
        (tmp_path / name / "rules" / "Share.sol").write_text(share, "utf-8")
        (tmp_path / name / "mine.toml").write_text('[task]\nrule = "rules/Mine.sol"\n', "utf-8")
    overrides = [*small, "contributors.count=1"]

    def run_in(folder, rule, out):
        monkeypatch.chdir(tmp_path / folder)
        return run_scenario(load("quick", [*overrides, f"task.rule={rule}"]), tmp_path / out, cache=cache)

    first = run_in("here", "rules/Mine.sol", "first")
    assert {path.name for path in (first.path / "rule").iterdir()} == {"Mine.sol", "Share.sol"}
    assert 'rule = "rule/Mine.sol"' in (first.path / "scenario.toml").read_text("utf-8")
    assert first.table("payments").set_index("name").loc["contributor-1", "amount_wei"] == 10**18 // 4

    absolute = run_in("here", tmp_path / "there" / "rules" / "Mine.sol", "second")
    changed = run_in("changed", "./rules/Mine.sol", "third")
    moved = (tmp_path / "first").rename(tmp_path / "there" / "moved")
    again = run_scenario(load(moved / "scenario.toml"), tmp_path / "fourth", cache=cache)
    digests = [one.manifest["digest"] for one in (first, absolute, again, changed)]
    assert digests[0] == digests[1] == digests[2] != digests[3]
    assert load(tmp_path / "here" / "mine.toml").task.rule == str(tmp_path / "here" / "rules" / "Mine.sol")


def test_a_record_keeps_networks_of_ones_own_and_runs_again_without_the_files(
    small, cache, tmp_path, monkeypatch
):
    described = keras_model(12)
    for folder, model in (("here", described), ("there", described), ("changed", keras_model(13))):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "Mine.json").write_text(model, "utf-8")
        text = '[task]\nnetwork = "Mine.json"\n[contributors]\nnetworks = ["tiny", "Mine.json"]\n'
        (tmp_path / folder / "own.toml").write_text(text, "utf-8")
    loaded = load(tmp_path / "here" / "own.toml")
    mine = str(tmp_path / "here" / "Mine.json")
    assert loaded.task.network == mine and loaded.contributors.networks == ("tiny", mine)

    def run_in(folder, out, *overrides):
        monkeypatch.chdir(tmp_path / folder)
        return run_scenario(load("quick", [*small, *overrides]), tmp_path / out, cache=cache)

    first = run_in("here", "first", "task.network=Mine.json")
    assert set(first.table("models").network) == {"mine"}
    assert 'network = "networks/mine.json"' in (first.path / "scenario.toml").read_text("utf-8")
    other = run_in("there", "second", "task.network=Mine.json")
    changed = run_in("changed", "third", "task.network=Mine.json")
    moved = (tmp_path / "first").rename(tmp_path / "moved")
    for folder in ("here", "there"):
        (tmp_path / folder / "Mine.json").unlink()
    again = run_scenario(load(moved / "scenario.toml"), tmp_path / "fourth", cache=cache)
    digests = [one.manifest["digest"] for one in (first, other, again, changed)]
    assert digests[0] == digests[1] == digests[2] != digests[3]
    with pytest.raises(InputError, match=r"task\.network: 'Mine\.json' .*no such file"):
        run_in("here", "fifth", "task.network=Mine.json")


def keras_model(units):
    """What ``model.to_json()`` gives for a small network, less what nobody reads."""
    layers = [
        ("InputLayer", {"name": "input", "batch_shape": [None, 8, 8, 1]}),
        ("Flatten", {"name": "flat"}),
        ("Dense", {"name": "features", "units": units, "activation": "relu", "use_bias": True}),
        ("Dense", {"name": "last", "units": 10, "activation": "softmax", "use_bias": True}),
    ]
    parts = [
        {"module": "keras.layers", "class_name": kind, "config": config, "registered_name": None}
        for kind, config in layers
    ]
    return json.dumps({"module": "keras", "class_name": "Sequential", "config": {"layers": parts}})


def test_the_market_on_a_table_pays_for_honest_models(cache, tmp_path):
    record = run_scenario(load("tabular"), tmp_path / "table", cache=cache)
    models = record.table("models")
    assert list(models.outcome) == ["Rewarded"] * 3
    assert models["fused_accuracy_II"].min() > 0.85 and models.local_accuracy.min() > 0.8
    with pytest.raises(InputError, match="the task is about a table"):
        predict(record, [tmp_path / "picture.png"])
    told = predict(record, [], held_out=50)
    assert sum(one.label == one.truth for one in told) > 42


def test_a_record_that_was_changed_later_is_refused_by_the_name_of_the_file(run, tmp_path):
    folder = shutil.copytree(run().path, tmp_path / "copy")
    settings = (folder / "scenario.toml").read_text("utf-8")
    (folder / "scenario.toml").write_text(settings.replace("mafr = 0.3", "mafr = 0.9"), "utf-8")
    with pytest.raises(InputError, match=r"scenario\.toml was changed later"):
        read_record(folder)
    (folder / "scenario.toml").write_text(settings, "utf-8", newline="\n")
    models = pq.read_table(folder / "models.parquet")
    pq.write_table(models.slice(1), folder / "models.parquet")
    with pytest.raises(InputError, match=r"models\.parquet was changed later"):
        read_record(folder)
    (folder / "models.parquet").unlink()
    with pytest.raises(InputError, match=r"models\.parquet is missing"):
        read_record(folder)


def test_the_same_seed_gives_the_same_digest_and_another_another(run):
    assert run(again=True).manifest["digest"] == run(again=True).manifest["digest"]
    assert run(seed=2).manifest["digest"] != run().manifest["digest"]
    assert run("task.mafr=0.31").manifest["digest"] != run().manifest["digest"]


def test_money_is_exact_and_conserved(run):
    for record in (run(), run("task.mafr=1.0"), run("task.escrow='1.2 ether'")):
        people = record.table("participants")
        lost = sum(people.balance_start_wei) - sum(people.balance_end_wei)
        held = record.summary["contract_balance_end_wei"]
        assert lost - held == sum(record.table("transactions").fee_wei) == record.summary["fees_wei"]


def test_payments_follow_from_the_events_alone(run):
    record = run()
    events = record.table("events")
    credited = [json.loads(text) for text in events[events.event == "Credited"].arguments]
    payments = record.table("payments")
    assert [(one["account"], one["amount"], one["reason"]) for one in credited] == [
        (row.account, int(row.amount_wei), row.reason) for row in payments.itertuples()
    ]


def test_a_folder_that_holds_something_is_refused_and_left_alone(tmp_path, cache):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="mine"):
        run_scenario(load("quick"), tmp_path / "mine", cache=cache)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_run_that_fails_leaves_nothing(tmp_path, cache):
    with pytest.raises(InputError, match=r"contributors\.train"):
        run_scenario(load("quick", ["contributors.train=5000"]), tmp_path / "out", cache=cache)
    assert list(tmp_path.iterdir()) == []

    def break_down():
        raise RuntimeError("a fault in the middle of a run")

    def sabotage(market):
        market.schedule_event(break_down, at=100.0)

    with pytest.raises(RuntimeError):
        run_scenario(load("quick"), tmp_path / "out", cache=cache, on_start=sabotage)
    assert list(tmp_path.iterdir()) == []

    def lose_the_rule(market):
        market.rules["task"] = market.initiator.address

    with pytest.raises(VerifuseError, match=r"could not be posted: There is no contract at the reward rule"):
        run_scenario(load("quick"), tmp_path / "out", cache=cache, on_start=lose_the_rule)
    with pytest.raises(VerifuseError, match=r"could not be posted: .* of initiator refused"):
        run_scenario(load("quick"), tmp_path / "out", cache=cache, on_start=spend_everything)
    assert list(tmp_path.iterdir()) == []


def spend_everything(market):
    """The initiator's wallet is as good as empty before she posts the task."""
    sender, value = market.initiator, market.chain.balance(market.initiator.address) - 10**15
    market.chain.submit(Transaction(sender.account, market.oracle.address, b"", gas=21_000, value_wei=value))


def test_runs_are_numbered_so_that_none_is_overwritten(tmp_path):
    scenario = load("quick", seed=3)
    first = free_folder(scenario, tmp_path)
    first.mkdir(parents=True)
    assert (first.name, free_folder(scenario, tmp_path).name) == ("quick-seed3", "quick-seed3-2")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda path: (path / "manifest.json").unlink(), r"it has no manifest\.json"),
        (lambda path: (path / "manifest.json").write_text("{"), "damaged"),
        (lambda path: (path / "manifest.json").write_text("[]"), "damaged"),
        (
            lambda path: (path / "manifest.json").write_text('{"schema_version": 99}'),
            "newer than this Verifuse",
        ),
    ],
)
def test_what_is_no_record_is_refused(tmp_path, spoil, reason):
    for name in ("manifest.json", "summary.json"):
        (tmp_path / name).write_text('{"schema_version": 1}')
    spoil(tmp_path)
    with pytest.raises(InputError, match=reason):
        read_record(tmp_path)
    with pytest.raises(InputError, match="folder of a run"):
        read_record(tmp_path / "absent")


def test_every_column_has_a_meaning_and_the_page_is_up_to_date():
    page = (Path(__file__).parents[2] / "docs/reference/record.md").read_text("utf-8")
    assert page == record_page(), "run make docs"
    assert list(MEANINGS) == list(ROWS) == list(SCHEMAS)
    for name, columns in SCHEMAS.items():
        told = [column for names in MEANINGS[name] for column in names.split(", ")]
        assert sorted(told) == sorted(columns)


def test_a_place_that_cannot_be_written_is_refused_before_the_work(tmp_path, cache):
    (tmp_path / "file").write_text("in the way")
    for out in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(InputError, match="out"):
            run_scenario(load("quick"), out, cache=cache)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_of_two_runs_into_one_folder_the_second_is_refused_and_the_first_stays(small, tmp_path, cache):
    first = []

    def overtake(market):
        if not first:
            first.append(run_scenario(load("quick", small), tmp_path / "new" / "run", cache=cache))

    with pytest.raises(InputError, match="out"):
        run_scenario(load("quick", small), tmp_path / "new" / "run", cache=cache, on_start=overtake)
    assert read_record(tmp_path / "new" / "run").manifest == first[0].manifest
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["run"]


def test_a_summary_without_its_figures_is_no_record(run, tmp_path):
    for name in ("manifest.json", "scenario.toml"):
        (tmp_path / name).write_bytes((run().path / name).read_bytes())
    (tmp_path / "summary.json").write_text("{}")
    with pytest.raises(InputError, match="lack"):
        read_record(tmp_path)


def test_a_record_without_its_scenario_is_no_record(run, tmp_path):
    shutil.copytree(run().path, tmp_path / "copy")
    (tmp_path / "copy" / "scenario.toml").unlink()
    with pytest.raises(InputError, match=r"a whole record; scenario\.toml is missing"):
        read_record(tmp_path / "copy")


def test_the_options_of_a_task_are_in_the_record(run):
    record = run(
        "task.access=sealed_for_initiator",
        "task.base=accepted",
        "task.fitness=standalone",
        "task.commit_reveal=true",
        "task.bond='0.1 ether'",
        "verifiers.balance='3 ether'",
        "initiator.plants=1",
        "initiator.balance='10 ether'",
    )
    models, seats = record.table("models"), record.table("evaluations")
    assert models["planted"].tolist() == [False, False, True]
    assert models["sealed"].all() and models["fingerprint"].str.fullmatch("0x[0-9a-f]{64}").all()
    assert (models["key_released_time"] > models["settled_time"]).all()
    assert models["fused_accuracy_II"].isna().all()
    plant = models.iloc[2]
    assert plant["contributor"] == "planter-1" and plant["plant_agreed"]
    own = seats[seats["model_id"] == plant["model_id"]]
    assert (own["fitness_bps"] == plant["plant_bps"]).all()
    assert set(seats["verdict"]) == {"measured"} and set(seats["seat_outcome"]) == {"Paid"}
    assert (seats["committed_time"] < seats["time"]).all() and sum(seats["bond_burnt_wei"]) == 0
    people = record.table("participants").set_index("name")
    assert people.loc["planter-1", "role"] == "planter"
    assert people.loc["verifier-1", "staked_wei"] == 3 * 10**17
    payments = record.table("payments")
    assert sum(payments[payments["reason"] == "Stake"]["amount_wei"]) == record.summary["staked_wei"]
    assert record.summary["models"] == {
        "trained": 2,
        "announced": 2,
        "rewarded": 2,
        "rejected": 0,
        "void": 0,
        "never_announced": 0,
        "planted": 1,
    }
    measured = seats[~seats["contributor"].str.startswith("planter")]["fitness_bps"]
    assert record.summary["mean_standalone_accuracy"] == pytest.approx(measured.mean() / 10_000)


TASKS = (
    "tasks=[{name='plain'}, {name='rival', initiator='rival', post_at=300, mafr=1.0}]",
    "verifiers.train=100",
    "verifiers.test=30",
    "verifiers.verification=100",
)


def test_a_record_of_several_tasks_can_be_narrowed_down_to_one(run):
    record = run(*TASKS)
    assert record.task_names == ("plain", "rival")
    assert list(record.table("tasks").initiator) == ["initiator", "rival"]
    parts = [record.of_task(name) for name in record.task_names]
    assert [part.scenario.task.mafr for part in parts] == [0.3, 1.0]
    assert [part.summary["models"]["announced"] for part in parts] == [2, 2]
    assert record.summary["models"]["announced"] == 4 and record.summary["models"]["trained"] == 2
    assert [task["name"] for task in record.summary["tasks"]] == ["plain", "rival"]
    for name in ("tasks", "models", "evaluations", "payments"):
        rows = [len(part.table(name)) for part in parts]
        assert sum(rows) == len(record.table(name)) and all(rows), name
    for number, part in enumerate(parts, start=1):
        assert set(part.table("models").task_id) == {number}
        about = part.table("events").task_id.dropna()
        assert set(about) <= {0, number}
        assert set(part.table("timeline").model_id.dropna()) <= set(part.table("models").model_id)
    with pytest.raises(InputError, match=r"task: 'third' .*one of plain, rival"):
        record.of_task("third")
    assert run().of_task() is run() and run().task_names == ("task",)


def test_the_resolved_scenario_of_several_tasks_runs_to_the_same_digest(run, cache, tmp_path):
    record = run(*TASKS)
    again = run_scenario(load(record.path / "scenario.toml"), tmp_path / "again", cache=cache)
    assert again.manifest["digest"] == record.manifest["digest"]


def test_a_record_of_the_first_format_has_a_table_of_its_task(run, tmp_path):
    record, old = run(), tmp_path / "old"
    shutil.copytree(record.path, old)
    (old / "tasks.parquet").unlink()
    for name, absent in (("models", "reused"), ("evaluations", "task_id")):
        pq.write_table(pq.read_table(old / f"{name}.parquet").drop_columns([absent]), old / f"{name}.parquet")
    summary = {key: value for key, value in record.summary.items() if key != "tasks"}
    (old / "summary.json").write_text(json.dumps(summary), "utf-8")
    manifest = record.manifest | {"schema_version": 1, "files": {}}
    (old / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    (known,) = record.table("tasks").to_dict("records")
    (told,) = read_record(old).table("tasks").to_dict("records")
    assert known.pop("integrated_time") is not None
    assert list(known.pop("integrated_models")) == list(told.pop("integrated_models"))
    assert {key: told[key] for key in known} == known
    assert read_record(old).of_task("task").summary == summary


@pytest.mark.parametrize("name", ["sealed", "bonds"])
def test_the_scenarios_of_the_options_pay_everybody_and_burn_nothing(name, cache, tmp_path):
    record = run_scenario(load(name), tmp_path / "run", cache=cache)
    assert record.summary["finished"] and record.summary["burnt_wei"] == 0
    assert record.summary["models"]["announced"] == record.summary["models"]["rewarded"] == 3
    assert record.summary["models"]["planted"] == load(name).initiator.plants
