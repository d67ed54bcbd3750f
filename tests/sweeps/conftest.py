"""Sweeps of real markets, small enough for seconds, and one pool of workers for all of them."""

import pytest

from verifuse.learning import worker_environment
from verifuse.sweeps import LocalEngine, load_sweep, run_sweep

SWEEP = """
name = "thresholds"
scenario = "quick"
seeds = 2

[set]
contributors.count = 2
task.also_measure = []
fusion.epochs = 12
fusion.stage_one_epochs = 4

[grid]
task.mafr = [0.3, 0.6, 0.95]
"""


class KeptEngine:
    """Workers that outlive a sweep, so that not every test starts its own."""

    def __init__(self, engine):
        self._engine = engine

    def __getattr__(self, name):
        return getattr(self._engine, name)

    def close(self):
        pass


@pytest.fixture(scope="session")
def engine(cache):
    engine = LocalEngine(2, cache)
    yield KeptEngine(engine)
    engine.close()


@pytest.fixture(scope="session")
def sweep_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("sweep") / "thresholds.toml"
    path.write_text(SWEEP, "utf-8")
    return path


@pytest.fixture(scope="session")
def undisturbed(sweep_file, engine, cache, tmp_path_factory):
    """The sweep as it is when nothing happens to it."""
    return run_sweep(
        load_sweep(sweep_file), tmp_path_factory.mktemp("undisturbed"), engine=engine, cache=cache
    )


@pytest.fixture(scope="session")
def environment(cache):
    """Return the environment of a command line that shares the tests' cache."""
    return {**worker_environment(cache), "VERIFUSE_CACHE": str(cache)}
