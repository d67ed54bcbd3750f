"""A sweep on a real Ray cluster of two machines' worth of nodes, one of which goes in the middle."""

import threading

import pyarrow.parquet as pq
import pytest
import ray
from ray.cluster_utils import Cluster

from verifuse.errors import InputError
from verifuse.sweeps import Plan, Progress, load_sweep, open_results, run_sweep
from verifuse.sweeps.on_ray import RayEngine


@pytest.fixture
def cluster(monkeypatch):
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    cluster = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 1, "node_ip_address": "127.0.0.2", "include_dashboard": False},
    )
    yield cluster
    ray.shutdown()
    cluster.shutdown()


def test_a_node_that_goes_in_the_middle_loses_nothing_and_nothing_is_done_twice(
    cluster, sweep_file, undisturbed, cache, tmp_path
):
    other = cluster.add_node(num_cpus=2, node_ip_address="127.0.0.3")
    engine = RayEngine(cluster.address, cache)
    assert engine.slots == 3
    gone = threading.Event()

    def take_one_away(progress):
        if not gone.is_set():
            gone.set()
            cluster.remove_node(other, allow_graceful=False)

    sweep, progress = load_sweep(sweep_file, seeds=4), Progress()
    swept = run_sweep(
        sweep, tmp_path / "a", engine=engine, cache=cache, progress=progress, tell=take_one_away
    )
    rows = pq.read_table(swept.results).to_pylist()
    assert gone.is_set() and (progress.done, progress.failed, len(rows)) == (12, 0, 12)
    assert {row["status"] for row in rows} == {"done"}
    assert len(list((tmp_path / "a/runs").iterdir())) == 12
    known = {row["run"]: row["digest"] for row in pq.read_table(undisturbed.results).to_pylist()}
    assert {row["run"]: row["digest"] for row in rows if row["run"] in known} == known

    # The same on a URL, as an object store has one: from nothing, then with nothing left to do.
    url = (tmp_path / "b").as_uri()
    two = load_sweep(sweep_file)
    first = run_sweep(two, url, engine=RayEngine(cluster.address, cache), cache=cache)
    assert (first.progress.ran, first.rows) == (6, 6)
    assert (tmp_path / "b/results.parquet").read_bytes() == (
        undisturbed.folder.root / "results.parquet"
    ).read_bytes()
    again = run_sweep(two, url, engine=RayEngine(cluster.address, cache), cache=cache)
    assert (again.progress.known, again.progress.done) == (6, 0)
    run = next(Plan(two).runs())
    assert open_results(url).state(run.name) == "done"


def test_a_cluster_that_is_not_there_is_refused_in_one_line(cache):
    with pytest.raises(InputError, match="a Ray cluster that can be reached"):
        RayEngine("127.0.0.1:1", cache)
