"""Keys that are added to the settings leave the digests of records alone whose scenarios do not use them."""

import hashlib
import json

import pyarrow as pa
import pytest

from verifuse.scenarios import load
from verifuse.scenarios.later_keys import (
    LATER,
    rows_that_count,
    settings_that_count,
    summary_that_counts,
)


def digest(scenario):
    return hashlib.sha256(json.dumps(settings_that_count(scenario), sort_keys=True).encode()).hexdigest()


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("quick", "31473958a940398aa62a768ef0b9a49167868c2558ac3febe2fc09d6866b57a5"),
        ("paper_1", "ad78a76139e5116a566b5e664bbd509dd7a9d5d8de46a403fca1e04c1a462cc7"),
        ("paper_2", "eed3f418619bf2b2b517c0c5eab6acf01edf3b73328ff006ec3c74e27279418d"),
    ],
)
def test_scenarios_of_published_records_count_as_they_did(name, before):
    # A new key changes this unless it is listed in LATER; a change of the scenario itself changes it rightly.
    assert digest(load(name).resolved()) == before


def test_later_tables_columns_and_figures_do_not_count():
    tables = {"models": {"cid": ["x"], "training_cut": [1.5]}, "presence": {"name": ["verifier-1"]}}
    counted = dict(rows_that_count({name: pa.table(columns) for name, columns in tables.items()}))
    assert counted == {"models": [{"cid": "x"}]}
    trained = {"models": pa.table({"model_id": [1, None], "task_id": [1, 1], "reused": [False, False]})}
    assert dict(rows_that_count(trained)) == {
        "models": [{"model_id": 1, "task_id": 1}, {"model_id": None, "task_id": None}]
    }
    assert summary_that_counts({"blocks": 3, "stranded_wei": 7}) == {"blocks": 3}


def test_a_later_key_that_is_set_counts():
    assert ("contributors", "partition") in LATER
    usual, other = load("quick").resolved(), load("quick", ["contributors.partition=iid"]).resolved()
    assert "partition" not in settings_that_count(usual)["contributors"]
    assert settings_that_count(other)["contributors"]["partition"] == "iid"
    assert digest(usual) != digest(other)
