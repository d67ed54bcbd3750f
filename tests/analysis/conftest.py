"""Real runs of the small digits, each made once: the honest one and those in which something goes wrong."""

import json
import shutil

import pytest

from verifuse.agents import Market
from verifuse.agents.behaviours.verifiers.lazy import Lazy, LazyOptions
from verifuse.scenarios import load, read_record
from verifuse.scenarios.record import keep_files, write_record
from verifuse.scenarios.summary import summarise
from verifuse.scenarios.tables import tabulate
from verifuse.storage import ModelStore

BONDED = ("task.commit_reveal=true", "task.bond='0.1 ether'", "verifiers.balance='3 ether'")
PLANTED = (*BONDED, "task.fitness=standalone", "initiator.plants=1", "initiator.balance='10 ether'")
SEALED = ("task.access=sealed_for_rewarded", "task.base=accepted", "task.sealed_sample=true")
BROKEN_RULE = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;
import {IRewardRule} from "IRewardRule.sol";
contract Broken is IRewardRule {
    function decide(int256, uint256, int256[] calldata margins) external pure returns (bool, uint256) {
        require(margins.length > 128, "no");
        return (true, 0);
    }
}
"""

RUNS = {
    "plain": ("contributors.count=3",),
    "nobody is rewarded": ("task.mafr=1.0",),
    "escrow for one": ('task.escrow="1.17 ether"',),
    "one never announces": ("task.announce_threshold=0.9", "training.max_iterations=100"),
    "gain": ("task.fitness='gain'", "task.mafr=0.1"),
    "the paper's contract": ("contract=paper", "task.fitness='gain'", "task.mafr=0.1"),
    "own designs": ("contributors.networks=['tiny']",),
    "random control": ("task.fitness=random_control", "task.mafr=0.1"),
    "proportional": ("task.rule=proportional", "task.full_margin=0.9"),
    "median": ("task.rule=median", "task.full_margin=0.9", "task.fitness=standalone"),
    "broken rule": ("task.rule=Broken.sol", "contributors.count=1"),
    "sealed": (*SEALED, "task.commit_reveal=true"),
    "a kept key": ("task.access=sealed_for_initiator", "task.base=accepted"),
    "a copy": (),
    "no oracle": ("task.commit_reveal=true", "verifiers.reveal=chain", "contributors.count=1"),
    "a liar": PLANTED,
    "a slow panel": ("verifiers.speed=0.005", "task.deadline=300"),
    "a slow panel of the paper's": ("verifiers.speed=0.005", "contract=paper"),
    "two tasks": (
        "tasks=[{name='plain'}, {name='rival', initiator='rival', post_at=300, fitness='gain', mafr=0.05}]",
        "verifiers.train=100",
        "verifiers.test=30",
        "verifiers.verification=100",
    ),
    "one vanishes": (*BONDED, "contributors.count=1", "verifiers.stake='0.25 ether'"),
}


def keep_the_key(market):
    """The first contributor never hands its panel the key."""
    market.contributors[0].hand_out_keys = lambda event: None


def copy(market):
    """The second contributor announces the first one's model."""
    thief = market.contributors[1]
    honest = thief.announce
    thief.announce = lambda model_file, *more: honest(market.store.get(market.web.models[1].cid), *more)


def lie(market):
    """The first verifier says that every model is perfect."""
    market.verifiers[0].behaviour = Lazy(LazyOptions())


MISCHIEF = {
    "a kept key": keep_the_key,
    "a copy": copy,
    "a liar": lie,
    "no oracle": lambda market: market.schedule_event(market.oracle.remove, at=1.0),
    "one vanishes": lambda market: market.schedule_event(market.verifiers[0].remove, at=100.0),
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
            if name == "broken rule":
                rule = tmp_path_factory.mktemp("rule") / "Broken.sol"
                rule.write_text(BROKEN_RULE, encoding="utf-8")
                scenario = load("quick", [*small, *RUNS[name], f"task.rule={rule}"], seed=seed)
            folder = tmp_path_factory.mktemp("run")
            made[name, seed] = leave_record(scenario.resolved(), folder, MISCHIEF.get(name))
        return made[name, seed]

    def leave_record(scenario, folder, mischief=None):
        market = Market(scenario, store=ModelStore(folder / "store"), workbench=workbench)
        if mischief is not None:
            mischief(market)
        market.run()
        keep_files(folder, scenario)
        tables = tabulate(market)
        write_record(folder, scenario, tables, summarise(market, tables), wall_seconds=0.0)
        market.close()
        return read_record(folder)

    return run_once


@pytest.fixture(scope="session")
def copy_of():
    """Copy a record as an older version left it, whose manifest says nothing of the other files."""

    def copy_record(record, folder):
        shutil.copytree(record.path, folder)
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        del manifest["files"]
        (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
        return folder

    return copy_record


@pytest.fixture(scope="session", params=list(RUNS))
def any_run(request, run):
    return run(request.param)
