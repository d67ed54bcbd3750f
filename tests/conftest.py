"""What every room's tests share: one cache of trained models, so that equal trainings happen once."""

import pytest

from verifuse.agents import Market
from verifuse.learning import Workbench
from verifuse.scenarios import load
from verifuse.storage import ModelStore

SMALL = (
    "contributors.count=2",
    "task.also_measure=[]",
    "task.mafr=0.3",
    "fusion.epochs=12",
    "fusion.stage_one_epochs=4",
)


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def small():
    """Overrides that make ``quick`` quicker still: two contributors, one strategy, few epochs."""
    return SMALL


@pytest.fixture(scope="session")
def workbench(cache):
    with Workbench(cache=cache) as workbench:
        yield workbench


@pytest.fixture
def open_market(workbench, tmp_path):
    """Open real markets on the small digits: two contributors, three verifiers, unless told otherwise."""
    opened = []

    def open_one(*overrides, seed=None):
        scenario = load("quick", [*SMALL, *overrides], seed=seed).resolved()
        market = Market(scenario, store=ModelStore(tmp_path / f"store-{len(opened)}"), workbench=workbench)
        opened.append(market)
        return market

    yield open_one
    for market in opened:
        market.close()
