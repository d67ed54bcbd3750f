"""A file that is no model, announced as one: it is rejected, and nobody after it suffers."""

import pytest

from verifuse.analysis import check_conservation
from verifuse.scenarios import load, run_scenario

GARBAGE = """
from verifuse.agents.behaviours.contributors.honest import Honest


class Garbage(Honest):
    def model(self, trained):
        return b"no model at all"
"""


@pytest.fixture(scope="module", params=["keras", "surrogate"])
def record(request, cache, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "mine.py").write_text(GARBAGE, "utf-8")
    groups = (
        f"[{{name='bad', count=1, behaviour='{folder.as_posix()}/mine.py:Garbage'}},"
        "{name='good', count=1, first_start=1200}]"
    )
    changes = (
        f"contributors.groups={groups}",
        f"learning={request.param}",
        "task.also_measure=[]",
        "task.mafr=0.3",
        "fusion.epochs=12",
        "fusion.stage_one_epochs=4",
    )
    return run_scenario(load("quick", changes), folder / "record", cache=cache)


def test_who_comes_after_it_is_measured_without_it(record):
    models = record.table("models").set_index("contributor")
    assert models["outcome"].to_dict() == {"bad-1": "Rejected", "good-1": "Rewarded"}
    lines = record.table("timeline")["text"]
    assert sum(line.startswith("reported model 1 as unreadable") for line in lines) == 3
    assert sum("model 2 fused with no earlier models" in line for line in lines) == 3


def test_every_wei_is_accounted_for(record):
    assert check_conservation(record) == []
