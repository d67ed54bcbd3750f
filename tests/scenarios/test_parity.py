"""The same scenario and seed on two chains: the same record but for what a block's hash decides.

Panels are the whole pool here, since who is drawn from a larger one follows from the hash. What still follows
from it then is the order of the seats: in it rows of evaluations stand, payments and events come within a
transaction, and a panel's wrapped keys within their event. A call that names seat 0 is 12 gas cheaper than
one that names another, since a zero byte of call data costs 4 gas and any other 16 (EIP-2028).
"""

import json
from collections import Counter

import pyarrow.parquet as pq
import pytest

from verifuse.scenarios import load, run_scenario
from verifuse.storage import WRAPPED_BYTES

GAS_OF_A_BYTE = 16 - 4
NAMES_A_SEAT = {"commitEvaluation": "EvaluationCommitted", "settleSeat": "SeatSettled"}
CASES = {
    "five verifiers": ("verifiers.count=5", "verifiers.panel=5"),
    "an escrow for one model": ("task.escrow='1.2 ether'",),
    "seals, bonds and plants": (
        "task.access=sealed_for_rewarded",
        "task.base=accepted",
        "task.sealed_sample=true",
        "task.commit_reveal=true",
        "task.bond='0.1 ether'",
        "task.fitness=standalone",
        "verifiers.balance='3 ether'",
        "initiator.plants=1",
        "initiator.balance='10 ether'",
    ),
}


def rows(record, table):
    """Return a table's rows with every value exact."""
    return pq.read_table(record.path / f"{table}.parquet").to_pylist()


def ordered(rows):
    return sorted(rows, key=repr)


def in_any_order(event):
    """Return an event without what tells the order of a panel's seats."""
    arguments = json.loads(event["arguments"])
    arguments.pop("seat", None)
    if "panel" in arguments:
        arguments["panel"].sort()
    if "wrapped_keys" in arguments:
        keys = bytes.fromhex(arguments["wrapped_keys"][2:])
        arguments["wrapped_keys"] = sorted(
            keys[first : first + WRAPPED_BYTES].hex() for first in range(0, len(keys), WRAPPED_BYTES)
        )
    return {**event, "arguments": sorted(arguments.items()), "log_index": None}


def first_seats(record):
    """Return the places, block and index, of transactions whose call data name seat 0."""
    panels, named = {}, set()
    events = rows(record, "events")
    for event in events:
        arguments = json.loads(event["arguments"])
        if event["event"] == "PanelDrawn":
            panels[arguments["model_id"]] = arguments["panel"]
        if event["event"] in NAMES_A_SEAT.values():
            verifier = arguments["verifier"]
            if panels[arguments["model_id"]].index(verifier) == 0:
                named.add((event["block"], event["transaction_index"]))
    return named


def comparable(record):
    """Return a record as plain values, made equal where only the order of the seats tells two apart."""
    cheaper, price = first_seats(record), record.scenario.chain.gas_price
    tables = {name: rows(record, name) for name in ("participants", "models", "transactions", "timeline")}
    saved = Counter()
    for row in tables["transactions"]:
        del row["hash"]
        if row["function"] in NAMES_A_SEAT and (row["block"], row["index"]) in cheaper:
            row["gas_used"] += GAS_OF_A_BYTE
            row["fee_wei"] += GAS_OF_A_BYTE * price
            saved[row["sender_name"]] += GAS_OF_A_BYTE * price
    for row in tables["participants"]:
        row["fees_wei"] += saved[row["name"]]
        row["balance_end_wei"] -= saved[row["name"]]
    tables["evaluations"] = ordered(rows(record, "evaluations"))
    tables["payments"] = ordered(rows(record, "payments"))
    tables["events"] = ordered(map(in_any_order, rows(record, "events")))
    settings = record.scenario.model_dump(mode="json")
    assert settings["chain"].pop("name") in ("tester", "anvil")
    return tables | {"summary": record.summary, "settings": settings}


@pytest.mark.parametrize("case", CASES)
def test_both_chains_leave_the_same_record_but_for_hashes(small, cache, tmp_path, case):
    records = {
        chain: run_scenario(
            load("quick", [*small, *CASES[case], f"chain.name={chain}"]), tmp_path / chain, cache=cache
        )
        for chain in ("tester", "anvil")
    }
    one, other = map(comparable, records.values())
    assert one["summary"]["finished"] and one["payments"]
    assert one["summary"]["failed_transactions"] == (case == "an escrow for one model")
    for part in one:
        assert one[part] == other[part], part
    deployments = [record.table("transactions").hash.head(1).item() for record in records.values()]
    assert deployments[0] == deployments[1]
