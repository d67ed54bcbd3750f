"""Sweeps of real markets: each run once, whatever happens; a failure is data; the table is the same."""

import json
import os
from concurrent.futures import Future

import pyarrow.parquet as pq
import pytest

from verifuse.errors import InputError
from verifuse.scenarios import load, read_record, run_scenario
from verifuse.sweeps import (
    LocalEngine,
    Plan,
    WorkerLost,
    conduct,
    gather,
    load_sweep,
    open_results,
    outlook,
    run_sweep,
)
from verifuse.sweeps.conduct import Progress
from verifuse.sweeps.schema import Until
from verifuse.sweeps.until import enough, interval_width


def table(swept):
    return pq.read_table(swept.results).to_pylist()


def test_every_point_has_a_whole_record_with_every_seed_and_a_row(undisturbed, sweep_file):
    rows = table(undisturbed)
    assert [(row["task.mafr"], row["seed"]) for row in rows] == [
        (mafr, seed) for mafr in (0.3, 0.6, 0.95) for seed in (1, 2)
    ]
    for row in rows:
        record = read_record(undisturbed.folder.root / "runs" / row["run"])
        assert record.manifest["digest"] == row["digest"] and row["status"] == "done"
        assert record.scenario.task.mafr == row["task.mafr"]
        assert record.summary["models"]["rewarded"] == row["models.rewarded"]
        assert record.summary["initiator_cost_wei"] == row["initiator_cost_wei"]
        assert [record.store.get(cid) for cid in record.store.cids()]
    assert [row["models.rewarded"] for row in rows[:2]] == [2, 2]
    assert [row["models.rewarded"] for row in rows[-2:]] == [0, 0]
    timings = pq.read_table(undisturbed.folder.root / "timings.parquet").to_pylist()
    assert [row["run"] for row in timings] == [row["run"] for row in rows]
    assert all(row["cpu_seconds"] > 0 for row in timings)


def test_a_run_of_a_sweep_is_the_run_by_itself(undisturbed, cache, tmp_path):
    changes = [
        "contributors.count=2",
        "task.also_measure=[]",
        "fusion.epochs=12",
        "fusion.stage_one_epochs=4",
    ]
    alone = run_scenario(load("quick", [*changes, "task.mafr=0.6"], seed=2), tmp_path / "a", cache=cache)
    assert alone.manifest["digest"] == table(undisturbed)[3]["digest"]


def test_records_share_their_files_and_keep_them_when_others_go(undisturbed):
    records = [read_record(path) for path in sorted((undisturbed.folder.root / "runs").iterdir())]
    files = [path for record in records for path in (record.path / "store/content").iterdir()]
    shared = {path.stat().st_ino for path in files}
    assert len(shared) < len(files)


def test_run_again_it_runs_nothing_and_gives_the_same_bytes(undisturbed, sweep_file, engine, cache):
    before = (undisturbed.folder.root / "results.parquet").read_bytes()
    again = run_sweep(load_sweep(sweep_file), undisturbed.folder.root, engine=engine, cache=cache)
    assert (again.progress.known, again.progress.done, again.rows) == (6, 0, 6)
    assert (undisturbed.folder.root / "results.parquet").read_bytes() == before


def test_parts_do_the_whole_between_them(undisturbed, sweep_file, engine, cache, tmp_path):
    sweep = load_sweep(sweep_file)
    first = run_sweep(sweep, tmp_path, engine=engine, cache=cache, part=(1, 2))
    assert first.rows == first.progress.done == 3
    second = run_sweep(sweep, tmp_path, engine=engine, cache=cache, part=(2, 2))
    assert (second.progress.done, second.rows) == (3, 6)
    assert (tmp_path / "results.parquet").read_bytes() == (
        undisturbed.folder.root / "results.parquet"
    ).read_bytes()


@pytest.fixture
def with_failures(tmp_path):
    path = tmp_path / "failing.toml"
    text = """
    scenario = "quick"
    models = false
    [set]
    contributors.count = 2
    task.also_measure = []
    fusion.epochs = 12
    fusion.stage_one_epochs = 4
    task.mafr = 0.3
    [[list]]
    verifiers.panel = 3
    contributors.train = 120
    [[list]]
    verifiers.panel = 4
    contributors.train = 120
    [[list]]
    verifiers.panel = 3
    contributors.train = 100_000
    """
    path.write_text(text, "utf-8")
    return load_sweep(path)


def test_a_failed_run_is_data_and_the_sweep_goes_on(with_failures, engine, cache, tmp_path):
    swept = run_sweep(with_failures, tmp_path / "out", engine=engine, cache=cache)
    done, refused, failed = table(swept)
    assert (done["status"], refused["status"], failed["status"]) == ("done", "failed", "failed")
    assert (refused["stage"], failed["stage"]) == ("settings", "opening")
    assert refused["error"].startswith("verifiers.panel: 4 is not usable; at most verifiers.count, 3")
    assert failed["error"].startswith("contributors.train: 100000 is not usable;")
    assert refused["digest"] is None and refused["models.rewarded"] is None
    told = json.loads((tmp_path / "out/failed" / f"{failed['run']}.json").read_text("utf-8"))
    assert "InputError" in told["traceback"] and told["point"]["contributors.train"] == 100_000
    assert "train = 100000" in told["scenario"]
    assert not any((tmp_path / "out/running").iterdir())
    assert not (tmp_path / "out/runs" / done["run"] / "store").exists()

    again = run_sweep(with_failures, tmp_path / "out", engine=engine, cache=cache)
    assert (again.progress.known, again.progress.done, again.progress.failed) == (3, 0, 2)
    retried = run_sweep(with_failures, tmp_path / "out", engine=engine, cache=cache, retry_failed=True)
    assert (retried.progress.known, retried.progress.done, retried.progress.failed) == (1, 2, 2)


class Deadly(LocalEngine):
    """Workers that one of the runs kills, as the operating system does for want of memory."""

    def __init__(self, cache, name):
        super().__init__(1, cache)
        self._name = name

    def submit(self, function, *arguments):
        if arguments[0].name == self._name:
            return super().submit(os._exit, 9)
        return super().submit(function, *arguments)


def test_a_run_that_kills_its_worker_is_found_out_and_the_others_are_run(
    sweep_file, cache, tmp_path, undisturbed
):
    sweep = load_sweep(sweep_file)
    culprit = list(Plan(sweep).runs())[2]
    swept = run_sweep(sweep, tmp_path, engine=Deadly(cache, culprit.name), cache=cache)
    rows = table(swept)
    assert [row["run"] for row in rows if row["status"] == "failed"] == [culprit.name]
    assert rows[2]["stage"] == "process"
    assert [row["digest"] for row in rows if row["status"] == "done"] == [
        row["digest"] for row in table(undisturbed) if row["run"] != culprit.name
    ]


class Flaky:
    """An engine of which machines go: each first answer to a run is lost, before or after it was run."""

    isolates = True
    slots = 2

    def __init__(self, engine):
        self._engine, self._lost = engine, set()

    def submit(self, function, run, *arguments):
        if run.name not in self._lost:
            self._lost.add(run.name)
            if len(self._lost) % 2:
                self._engine.submit(function, run, *arguments).result()
            lost = Future()
            lost.set_exception(WorkerLost("the machine is gone"))
            return lost
        return self._engine.submit(function, run, *arguments)

    def renew(self):
        pass


def test_what_a_lost_machine_did_is_not_lost_and_not_done_twice(
    sweep_file, engine, cache, tmp_path, undisturbed
):
    plan, folder = Plan(load_sweep(sweep_file)), open_results(tmp_path)
    folder.begin("")
    progress = conduct(plan, folder, Flaky(engine), cache, progress=Progress())
    assert (progress.done, progress.ran, progress.failed) == (6, 3, 0)
    gather(plan, folder)
    assert (tmp_path / "results.parquet").read_bytes() == (
        undisturbed.folder.root / "results.parquet"
    ).read_bytes()


def test_the_outlook_counts_runs_trainings_and_time(undisturbed, sweep_file, cache, tmp_path):
    plan = Plan(load_sweep(sweep_file))
    over = outlook(plan, open_results(undisturbed.folder.root), cache)
    assert (over.missing, len(over.runs)) == (0, 6) and over.run_seconds > 0
    ahead = outlook(plan, open_results(tmp_path / "new"), cache)
    assert (ahead.missing, ahead.trainings, ahead.trainings_known) == (6, 4, 4)
    assert ahead.seconds(2) is None and not (tmp_path / "new").exists()
    nothing_known = outlook(plan, open_results(tmp_path / "new"), tmp_path / "cache")
    assert (nothing_known.trainings, nothing_known.trainings_known) == (4, 0)


@pytest.mark.parametrize(
    ("values", "least", "most", "needed"),
    [
        ([1.0, 1.0], 2, 9, 2),
        ([0.0, 1.0], 2, 9, None),  # 12.706 wide
        ([0.0, 1.0, 1.0, 1.0, 1.0, 1.0], 2, 9, 4),  # 2 · 3.182 · 0.5 / 2 = 1.59; with three 2.87
        ([0.0, 1.0], 2, 2, 2),
        ([None, 1.0, 1.0], 2, 9, 3),
        ([0.5], 2, 9, None),
    ],
)
def test_seeds_are_enough_as_soon_as_the_interval_is_narrow(values, least, most, needed):
    assert enough(Until(metric="x", width=1.6, least=least, most=most), values) == needed


def test_the_interval_is_students():
    # 2 t s / sqrt(n) with t = 2.776445 for four degrees of freedom, s² = 2.5
    assert interval_width([1.0, 2.0, 3.0, 4.0, 5.0]) == pytest.approx(2 * 2.776445 * (2.5 / 5) ** 0.5)


def test_points_get_as_many_seeds_as_they_need(engine, cache, tmp_path):
    path = tmp_path / "until.toml"
    text = """
    scenario = "quick"
    models = false
    until = { metric = "models.rewarded", width = 0.1, least = 2, most = 3 }
    [set]
    contributors.count = 2
    task.also_measure = []
    fusion.epochs = 12
    fusion.stage_one_epochs = 4
    task.reward = "1 ether"
    [grid]
    task.mafr = [0.3, 0.6]
    """
    path.write_text(text, "utf-8")
    sweep = load_sweep(path)
    swept = run_sweep(sweep, tmp_path / "out", engine=engine, cache=cache)
    rows = table(swept)
    for mafr in (0.3, 0.6):
        rewarded = [row["models.rewarded"] for row in rows if row["task.mafr"] == mafr]
        assert len(rewarded) == (2 if rewarded[0] == rewarded[1] else 3)
    assert swept.progress.total == len(rows)


def test_a_metric_that_no_result_has_is_refused_after_the_first_seeds(sweep_file, engine, cache, tmp_path):
    until = "until = { metric = 'models.rewardde', width = 1, most = 50 }"
    file = tmp_path / "until.toml"
    file.write_text(sweep_file.read_text("utf-8").replace("seeds = 2", until), "utf-8")
    with pytest.raises(InputError, match=r"did you mean 'models\.rewarded'\?"):
        run_sweep(load_sweep(file, ["learning=surrogate"]), tmp_path / "out", engine=engine, cache=cache)
    assert len(list((tmp_path / "out" / "runs").iterdir())) == 9


def test_another_sweep_on_the_folder_is_told_and_the_first_ones_file_is_kept(
    sweep_file, engine, cache, tmp_path
):
    first, second = (load_sweep(sweep_file, ["learning=surrogate"], seeds=seeds) for seeds in (1, [7]))
    progress = Progress()
    for sweep in (first, first, second):
        run_sweep(sweep, tmp_path, engine=engine, cache=cache, progress=progress)
    (note,) = progress.notes
    (kept,) = tmp_path.glob("sweep-*.toml")
    assert kept.name in note and load_sweep(kept) == first
    assert len(list((tmp_path / "runs").iterdir())) == 6


def test_an_impossible_part_or_folder_is_refused_before_anything_runs(sweep_file, cache, tmp_path):
    with pytest.raises(InputError, match="part"):
        run_sweep(load_sweep(sweep_file), tmp_path / "out", cache=cache, part=(3, 2))
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="out"):
        run_sweep(load_sweep(sweep_file), tmp_path / "file", cache=cache, workers=1)
