import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from verifuse.analysis import check_conservation, recompute_payments
from verifuse.scenarios import read_record


def test_every_wei_of_every_run_is_accounted_for(any_run):
    assert check_conservation(any_run) == []


def test_escrow_comes_back_or_is_paid_and_stakes_come_back_or_are_burnt(any_run):
    table = recompute_payments(any_run)
    if any_run.summary["finished"]:
        assert sum(table["owed_wei"]) == 0
        paid_in = sum(table["escrow_wei"]) + sum(table["staked_wei"]) - sum(table["burnt_wei"])
        paid_in -= any_run.summary["stranded_wei"]
        assert paid_in == sum(table["withdrawn_wei"]) == sum(table["credited_wei"])
    assert all(type(wei) is int for wei in table["escrow_wei"])


def test_a_bond_is_burnt_for_a_lie_and_for_silence(run):
    for name, bonds in (("a liar", 1), ("one vanishes", 1), ("sealed", 0)):
        record = run(name)
        table = recompute_payments(record).set_index("name")
        assert sum(table["burnt_wei"]) == record.summary["burnt_wei"] == bonds * 10**17
        assert bool(table.loc["verifier-1", "burnt_wei"]) is bool(bonds)
    # Of her who vanished the rest of the stake stays in the contract, and no reason to wait for it.
    summary = run("one vanishes").summary
    assert summary["finished"] and summary["stranded_wei"] == 15 * 10**16


def test_with_nobody_rewarded_only_effort_is_paid(run):
    table = recompute_payments(run("nobody is rewarded")).set_index("name")
    assert table.loc["contributor-1", "credited_wei"] == 0
    assert table.loc["initiator", "credited_wei"] == 2 * 10**18
    assert table.loc["oracle", "credited_wei"] == 2 * 2 * 10**16


def test_an_escrow_for_one_model_pays_for_one(run):
    table = recompute_payments(run("escrow for one")).set_index("name")
    assert table.loc["contributor-1", "credited_wei"] == 10**18
    assert table.loc["contributor-2", "credited_wei"] == 0
    assert table.loc["initiator", "escrow_wei"] == 1_170_000_000_000_000_000


@pytest.mark.parametrize(
    ("name", "column", "blamed"),
    [
        ("participants", "balance_end_wei", "balance of"),
        ("participants", "fees_wei", "fees of"),
        ("payments", "amount_wei", "payments to"),
        ("transactions", "value_wei", "ether sent by"),
        ("participants", "burnt_wei", "bonds burnt of"),
    ],
)
def test_a_single_wei_more_is_found(run, copy_of, tmp_path, name, column, blamed):
    folder = copy_of(run(), tmp_path / "forged")
    table = pq.read_table(folder / f"{name}.parquet")
    place = table.schema.get_field_index(column)
    one_more = pa.array([wei + 1 for wei in table[column].to_pylist()], table[column].type)
    forged = table.set_column(place, table.schema.field(place), one_more)
    pq.write_table(forged, folder / f"{name}.parquet")
    found = check_conservation(read_record(folder))
    assert any(one.what.startswith(blamed) and one.recorded_wei - one.expected_wei > 0 for one in found)
    assert "expected" in str(found[0]) and "+" in str(found[0])
