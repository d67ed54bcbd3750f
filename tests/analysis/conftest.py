"""Real runs of the small digits, each made once: the honest one and those in which something goes wrong."""

import pytest

from verifuse.agents import Market
from verifuse.scenarios import load, read_record
from verifuse.scenarios.record import write_record
from verifuse.scenarios.summary import summarise
from verifuse.scenarios.tables import tabulate
from verifuse.storage import ModelStore

RUNS = {
    "plain": ("contributors.count=3",),
    "nobody is rewarded": ("task.mafr=1.0",),
    "escrow for one": ('task.escrow="1.17 ether"',),
    "one never announces": ("task.announce_threshold=0.9", "training.max_iterations=100"),
    "gain": ("task.fitness='gain'", "task.mafr=0.1"),
    "own designs": ("contributors.networks=['tiny']",),
}


@pytest.fixture(scope="session")
def run(workbench, small, tmp_path_factory):
    """Return a record of ``RUNS`` by its name and seed; all runs share one workbench, which saves minutes."""
    made = {}

    def run_once(name="plain", seed=1):
        if (name, seed) not in made:
            scenario = load("quick", [*small, 'task.also_measure=["I"]', *RUNS[name]], seed=seed)
            if name == "own designs":
                task = scenario.task.model_copy(update={"network": None})
                scenario = scenario.model_copy(update={"name": "own", "task": task})
            made[name, seed] = leave_record(scenario.resolved(), tmp_path_factory.mktemp("run"))
        return made[name, seed]

    def leave_record(scenario, folder):
        market = Market(scenario, store=ModelStore(folder / "store"), workbench=workbench)
        market.run()
        tables = tabulate(market)
        write_record(folder, scenario, tables, summarise(market, tables), wall_seconds=0.0)
        market.close()
        return read_record(folder)

    return run_once


@pytest.fixture(scope="session", params=list(RUNS))
def any_run(request, run):
    return run(request.param)
