"""The Python face says what the Solidity sources say."""

import hashlib
import json
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

import verifuse.contracts
from verifuse.chain import Log, Receipt, Transaction
from verifuse.contracts import (
    ContractError,
    Counts,
    Credited,
    Evaluation,
    Event,
    ModelAnnounced,
    PoolJoined,
    TaskMarket,
    TaskPosted,
    task_market_artifact,
)
from verifuse.contracts.abi import functions
from verifuse.contracts.artifact import shipped_artifact
from verifuse.contracts.enums import ENUMS
from verifuse.contracts.events import EVENTS
from verifuse.contracts.paper_market import PaperTerms, PaymentFailed
from verifuse.contracts.refusals import CUSTOM_ERRORS
from verifuse.contracts.structs import STRUCTS

ROOT = Path(__file__).parents[2]
ARTIFACTS = Path(__file__).parent / "artifacts"
SHIPPED = sorted(path.stem for path in (ROOT / "contracts" / "artifacts").glob("*.json"))
BUILT_IN = {"Panicked", "RevertedWithReason", "RevertedWithoutReason"}
ERRORS = CUSTOM_ERRORS | {"PaymentFailed": PaymentFailed}


def snake_case(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def named(kind, contract="TaskMarket"):
    return {entry["name"]: entry for entry in shipped_artifact(contract).abi if entry["type"] == kind}


def structs_of(contract):
    """Return the components of each struct that the contract's functions and events mention."""
    found = {}
    for entry in shipped_artifact(contract).abi:
        for parameter in [*entry.get("inputs", []), *entry.get("outputs", [])]:
            if "components" in parameter:
                name = parameter["internalType"].rsplit(".", 1)[-1].removesuffix("[]")
                found[name] = [snake_case(component["name"]) for component in parameter["components"]]
    return found


def fields_of(dataclass):
    return [field.name for field in fields(dataclass)]


def declared(entry):
    return [snake_case(parameter["name"]) for parameter in entry["inputs"]]


@pytest.mark.parametrize(
    ("kind", "base"), [("event", Event), ("error", ContractError)], ids=["events", "errors"]
)
def test_each_event_and_error_has_its_public_class_with_its_fields(kind, base):
    public = {name: getattr(verifuse.contracts, name) for name in verifuse.contracts.__all__}
    for name, entry in named(kind).items():
        assert issubclass(public[name], base)
        assert fields_of(public[name]) == declared(entry)
        assert public[name].__doc__
    classes = {name for name, value in public.items() if isinstance(value, type) and issubclass(value, base)}
    assert classes - BUILT_IN - {base.__name__} == set(named(kind))


def test_each_struct_has_its_dataclass_in_solidity_order():
    seen = structs_of("TaskMarket")
    assert set(seen) - {"Row"} == set(STRUCTS)
    for name, struct in STRUCTS.items():
        assert [field.removesuffix("_wei") for field in fields_of(struct)] == seen[name]
    assert seen["Row"] == [*fields_of(Evaluation), "salt", "r", "vs"]


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


def test_the_papers_contract_speaks_in_parts_of_the_same_words():
    for name, entry in named("error", "PaperMarket").items():
        assert fields_of(ERRORS[name]) == declared(entry)
    for name, entry in named("event", "PaperMarket").items():
        if name not in ("Paid", "ModelSettled"):
            assert set(declared(entry)) <= set(fields_of(EVENTS[name]))
    assert declared(named("event", "PaperMarket")["Paid"]) == fields_of(Credited)
    seen = structs_of("PaperMarket")
    assert [field.removesuffix("_wei") for field in fields_of(PaperTerms)] == seen.pop("Terms")
    assert set(seen.pop("Evaluation")) < set(fields_of(Evaluation))
    assert not seen
    assert shipped_artifact("PaperMarket").enums == {}


@pytest.mark.parametrize("contract", SHIPPED)
def test_each_shipped_artifact_belongs_to_its_sources(contract):
    sources = shipped_artifact(contract).sources
    assert f"{contract}.sol" in {Path(path).name for path in sources}
    for path, digest in sources.items():
        text = (ROOT / path).read_text(encoding="utf-8")
        assert hashlib.sha256(text.encode()).hexdigest() == digest, f"{path} changed: node compile.mjs"


@pytest.mark.parametrize("path", sorted(ARTIFACTS.glob("*.json")), ids=lambda path: path.stem)
def test_each_fixtures_artifact_belongs_to_its_sources(path):
    for source, digest in json.loads(path.read_text(encoding="utf-8"))["sources"].items():
        text = (ROOT / source).read_text(encoding="utf-8")
        assert hashlib.sha256(text.encode()).hexdigest() == digest, f"{source} changed: node compile.mjs"


def test_no_solidity_file_is_left_out():
    folder = ROOT / "contracts" / "solidity"
    compiled = {path for contract in SHIPPED for path in shipped_artifact(contract).sources}
    assert compiled == {path.relative_to(ROOT).as_posix() for path in folder.rglob("*.sol")}


def test_the_compiler_settings_are_the_promised_ones():
    artifact = task_market_artifact()
    assert artifact.compiler.startswith("0.8.37+")
    for contract in SHIPPED:
        settings = shipped_artifact(contract).settings
        assert settings == artifact.settings
        assert (settings["evmVersion"], settings["viaIR"]) == ("cancun", True)
        assert settings["metadata"] == {"bytecodeHash": "none"}
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
    assert world.market.events(mixed) == (PoolJoined(world["stranger"].address, 6, 0, b""),)


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
        == keccak(text="__callback(uint256,(uint256,address,int32,int32,bytes32,bytes32,bytes32,bytes32)[])")[
            :4
        ]
    )
    assert transaction.sender == world["oracle"]
    assert (transaction.to, transaction.value_wei) == (world.market.address, 0)


def test_counts_are_the_newest_ids(world):
    model_id = world.announce(world.post())
    assert world.market.counts() == Counts(tasks=1, models=model_id, pool_length=6)


def test_digests_are_of_what_was_sent(world):
    terms = world.terms(spec_cid="spec", data_cid="data", access_key=b"")
    task_id = world.must("post_task", "initiator", terms=terms, value_wei=10**18).the(TaskPosted).task_id
    world.announce(task_id, cid="model")
    types = functions()["postTask"].input_types
    assert world.market.task(1).terms_digest == keccak(encode(types, [terms.to_abi()])[32:])
    assert world.market.model(1).cid_digest == keccak(text="model")


def test_a_second_query_has_an_id_of_its_own(world):
    model_id, _ = world.seated()
    first = world.request(model_id)
    world.deliver(first, [])
    assert (first, world.request(model_id)) == (model_id, 2**40 + model_id)
