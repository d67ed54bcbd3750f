"""The Python face says what the Solidity sources say."""

import hashlib
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

import verifuse.contracts
from verifuse.chain import Log, Receipt, Transaction
from verifuse.contracts import (
    ContractError,
    Event,
    ModelAnnounced,
    PoolJoined,
    TaskMarket,
    task_market_artifact,
)
from verifuse.contracts.enums import ENUMS
from verifuse.contracts.structs import STRUCTS

ROOT = Path(__file__).parents[2]
ABI = task_market_artifact().abi


def snake_case(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def named(kind):
    return {entry["name"]: entry for entry in ABI if entry["type"] == kind}


def structs_of(parameters):
    """Yield name and components of each struct that parameters mention."""
    for parameter in parameters:
        if "components" in parameter:
            yield parameter["internalType"].rsplit(".", 1)[-1].removesuffix("[]"), parameter["components"]


@pytest.mark.parametrize(
    ("kind", "base"), [("event", Event), ("error", ContractError)], ids=["events", "errors"]
)
def test_each_event_and_error_has_its_class_with_its_fields(kind, base):
    public = {name: getattr(verifuse.contracts, name) for name in verifuse.contracts.__all__}
    for name, entry in named(kind).items():
        assert issubclass(public[name], base)
        declared = [snake_case(parameter["name"]) for parameter in entry["inputs"]]
        assert [field.name for field in fields(public[name])] == declared
        assert public[name].__doc__
    classes = {name for name, value in public.items() if isinstance(value, type) and issubclass(value, base)}
    generic = {base.__name__, "Panicked", "RevertedWithReason", "RevertedWithoutReason"}
    assert classes - generic == set(named(kind))


def test_each_struct_has_its_dataclass_in_solidity_order():
    seen = {}
    for entry in ABI:
        seen.update(structs_of([*entry.get("inputs", []), *entry.get("outputs", [])]))
    assert set(seen) - {"Row"} == set(STRUCTS)
    for name, components in seen.items():
        if name != "Row":
            declared = [snake_case(component["name"]) for component in components]
            assert [field.name.removesuffix("_wei") for field in fields(STRUCTS[name])] == declared


def test_each_enum_has_its_members_in_solidity_order():
    shipped = task_market_artifact().enums
    assert set(shipped) == {enum.__name__ for enum in ENUMS}
    for enum in ENUMS:
        assert [member.name.replace("_", "") for member in enum] == [
            name.upper() for name in shipped[enum.__name__]
        ]


def test_each_function_has_its_method():
    renamed = {"__callback": "deliver_evaluations"}
    for name in named("function"):
        assert callable(getattr(TaskMarket, renamed.get(name, snake_case(name))))


def test_the_shipped_bytecode_belongs_to_the_sources():
    sources = task_market_artifact().sources
    assert {path.split("/")[-1] for path in sources} == {
        path.name for path in (ROOT / "contracts" / "solidity").glob("*.sol")
    }
    for path, digest in sources.items():
        text = (ROOT / path).read_text(encoding="utf-8")
        assert hashlib.sha256(text.encode()).hexdigest() == digest, f"{path} changed: node compile.mjs"


def test_the_compiler_settings_are_the_promised_ones():
    artifact = task_market_artifact()
    assert artifact.compiler.startswith("0.8.37+")
    assert artifact.settings == {
        "evmVersion": "cancun",
        "optimizer": {"enabled": True, "runs": 200},
        "viaIR": True,
        "metadata": {"bytecodeHash": "none"},
    }
    assert len(artifact.deployed_bytecode) <= 20_000


def test_the_chain_holds_the_shipped_code(world):
    code = world.chain.w3.eth.get_code(world.market.address)
    assert bytes(code) == task_market_artifact().deployed_bytecode


def test_importing_reads_no_artifact():
    script = "import verifuse.contracts as c; print(c.artifact.task_market_artifact.cache_info().currsize)"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "0"


def test_only_this_contracts_events_are_read(world):
    receipt = world.must("join_pool", "stranger").receipt
    (log,) = receipt.logs
    elsewhere = Log(world["carol"].address, log.topics, log.data)
    unknown = Log(log.address, (keccak(text="Unheard(uint256)"),), b"")
    anonymous = Log(log.address, (), b"")
    mixed = Receipt(
        receipt.transaction, receipt.tx_hash, 0, 1, 0, True, 1, 1, (elsewhere, unknown, anonymous, log)
    )
    assert world.market.events(mixed) == (PoolJoined(world["stranger"].address, 6, b""),)


def test_a_cid_that_is_no_text_is_still_read(world):
    task_id = world.post()
    proper = world.market.announce_model(world["carol"], task_id=task_id, cid="abcd")
    data = proper.data.replace(b"abcd", b"\xff\x00cd")
    (done,) = world.mine(Transaction(proper.sender, proper.to, data, gas=proper.gas))
    assert done.the(ModelAnnounced).cid == "\\xff\x00cd"


def test_transactions_name_their_function_for_the_record(world):
    transaction = world.market.deliver_evaluations(world["oracle"], query_id=1, evaluations=[])
    assert transaction.function == "__callback"
    assert (
        transaction.data[:4]
        == keccak(text="__callback(uint256,(uint256,address,int32,int32,bytes32,bytes)[])")[:4]
    )
    assert transaction.sender == world["oracle"]
    assert (transaction.to, transaction.value_wei) == (world.market.address, 0)


def test_counts_are_the_newest_ids(world):
    model_id, _ = world.seated()
    query_id = world.request(model_id)
    market = world.market
    assert (market.task_count(), market.model_count(), market.query_count()) == (1, model_id, query_id)


def test_digests_are_of_the_cid_texts(world):
    world.announce(world.post(spec_cid="spec", data_cid="data"), cid="model")
    assert world.market.task(1).content_digest == keccak(keccak(text="spec") + keccak(text="data"))
    assert world.market.model(1).cid_digest == keccak(text="model")
