"""Tiny markets in which learning is drawn: a contributor and three verifiers, unless told otherwise."""

import pytest

from verifuse.analysis import check_conservation
from verifuse.analysis.rows import events
from verifuse.scenarios import load, run_scenario

TINY = (
    "learning=surrogate",
    "contributors.count=1",
    "contributors.train=40",
    "contributors.test=10",
    "contributors.verification=10",
    "task.also_measure=[]",
    "task.mafr=0.3",
)


@pytest.fixture(scope="session")
def ran(tmp_path_factory):
    """Run a scenario once, whoever asks, and check what holds of every market; gives its record."""
    records = {}

    def run(*overrides, scenario="quick", tiny=TINY):
        key = (scenario, *tiny, *overrides)
        if key not in records:
            folder = tmp_path_factory.mktemp("behaviours") / "record"
            record = records[key] = run_scenario(load(scenario, [*tiny, *overrides]), folder)
            assert record.summary["finished"]
            assert check_conservation(record) == []
        return records[key]

    return run


@pytest.fixture(scope="session")
def person():
    """Return a participant's row."""

    def find(record, name):
        return record.table("participants").set_index("name").loc[name]

    return find


@pytest.fixture(scope="session")
def gain():
    """Return what somebody's wallet gained, in wei: what she earned less what she paid for gas."""

    def of(record, *names):
        people = record.table("participants").set_index("name")
        return sum(int(people.balance_end_wei[name]) - int(people.balance_start_wei[name]) for name in names)

    return of


@pytest.fixture(scope="session")
def skipped():
    """Return why rows of the oracle's answers were skipped, one reason for each."""

    def reasons(record):
        return [event["reason"] for event in events(record) if event["event"] == "RowSkipped"]

    return reasons
