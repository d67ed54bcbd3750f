"""A node that somebody else runs: taken over and given back, by its own clock, gone and found again."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
from eth_keys.datatypes import PrivateKey
from web3 import HTTPProvider, Web3

from verifuse.chain import (
    ChainConfig,
    ChainUnreachable,
    Transaction,
    derive_account,
    open_chain,
    signing_secret,
)
from verifuse.errors import InputError, VerifuseError

ETHER = 10**18
RICH_KEY = "0x" + "11" * 32  # funded by --init below


@pytest.fixture(scope="module")
def node(running) -> Iterator[str]:
    with running("--chain-id", "31337", "--timestamp", "1700000000") as url:
        yield url


def people_of(where: str):
    secret = signing_secret(ChainConfig(name="http://127.0.0.1:1"))
    return [derive_account(1, f"{name} of {where}", secret) for name in "abc"]


def play(people, config: ChainConfig, journal=None):
    """Three blocks of payments; returns what the receipts say, and the balances in the end."""
    chain = open_chain(config, dict.fromkeys(people, ETHER), journal=journal)
    try:
        told = []
        for wei in (1, 2, 3):
            for sender, payee in zip(people, reversed(people), strict=True):
                chain.submit(Transaction(sender, payee.address, b"", wei, 21_000))
            chain.submit(Transaction(people[0], None, b"\xfe", gas=60_000))
            receipts = chain.mine(chain.timestamp + config.slot_seconds).receipts
            told += [(r.transaction.sender.name[0], r.nonce, r.succeeded, r.gas_used) for r in receipts]
        return told, [chain.balance(person.address) for person in people]
    finally:
        chain.close()


PLAYED = [
    entry
    for block in range(3)
    for entry in (
        ("a", 2 * block, True, 21_000),
        ("b", block, True, 21_000),
        ("c", block, True, 21_000),
        ("a", 2 * block + 1, False, 60_000),
    )
]
PRICE = ChainConfig().gas_price
LEFT = [ETHER - 243_000 * PRICE, ETHER - 63_000 * PRICE, ETHER - 63_000 * PRICE]


def test_a_node_that_can_be_told_gives_exact_balances_and_one_block_a_slot(node):
    person = derive_account(1, "someone")
    chain = open_chain(ChainConfig(name=node), {person: 5 * ETHER})
    assert chain.chain_id == 31337
    assert chain.balance(person.address) == 5 * ETHER
    before = chain.block_number
    for _ in range(3):
        chain.submit(Transaction(person, person.address, b"", 1, 21_000))
    block = chain.mine(chain.timestamp + 100)
    assert (block.number, block.timestamp) == (before + 1, chain.timestamp)
    assert len(block.receipts) == 3
    chain.close()


def test_the_node_seals_by_itself_again_when_the_chain_is_closed(node):
    person = derive_account(1, "another")
    chain = open_chain(ChainConfig(name=node), {person: ETHER})
    w3 = chain.w3
    sent = w3.eth.send_transaction({"from": person.address, "to": person.address, "value": 1})
    assert w3.eth.get_transaction(sent)["blockNumber"] is None
    chain.mine(chain.timestamp + 12)
    chain.close()
    sent = w3.eth.send_transaction({"from": person.address, "to": person.address, "value": 1})
    assert w3.eth.wait_for_transaction_receipt(sent)["status"] == 1


def test_a_chain_on_which_ether_may_be_money_is_refused_unless_forced(running):
    with running("--chain-id", "11155111") as url:
        with pytest.raises(
            InputError, match=r"on its chain 11155111 ether may be money; chain\.allow_public"
        ):
            open_chain(ChainConfig(name=url), {})
        chain = open_chain(ChainConfig(name=url, allow_public=True), {})
        assert chain.chain_id == 11155111
        chain.close()


def test_nobody_listens(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as door:
        free = f"http://127.0.0.1:{door.getsockname()[1]}"
    refusal = f"chain.name: '{free}' is not usable; a node that answers: .* connection refused"
    with pytest.raises(InputError, match=refusal):
        open_chain(ChainConfig(name=free), {})
    (tmp_path / "socket").touch()
    with pytest.raises(InputError, match="a node that answers: no node listens at"):
        open_chain(ChainConfig(name=str(tmp_path / "socket")), {})


@pytest.mark.parametrize(
    "key", ["0x12", "not hexadecimal", "0x" + "00" * 32, "0x" + "ff" * 32, "0x" + "gg" * 32]
)
def test_a_malformed_funding_key_is_refused_without_showing_it(monkeypatch, key):
    monkeypatch.setenv("VERIFUSE_FUNDING_KEY", key)
    with pytest.raises(InputError, match="VERIFUSE_FUNDING_KEY") as refused:
        signing_secret(ChainConfig(name="http://127.0.0.1:1"))
    assert key not in str(refused.value)
    assert signing_secret(ChainConfig()) == b""


def test_keys_on_a_running_node_follow_from_the_secret(monkeypatch):
    monkeypatch.setenv("VERIFUSE_FUNDING_KEY", RICH_KEY)
    secret = signing_secret(ChainConfig(name="http://127.0.0.1:1"))
    assert derive_account(1, "a", secret) == derive_account(1, "a", secret)
    assert derive_account(1, "a", secret) != derive_account(1, "a")
    assert derive_account(1, "a", secret) != derive_account(2, "a", secret)


def test_by_its_own_clock_a_funder_pays_and_blocks_come_when_they_come(running, monkeypatch, tmp_path):
    with running(
        "--chain-id", "31337", "--block-time", "1", "--init", str(genesis_of_the_rich(tmp_path))
    ) as url:
        config = ChainConfig(name=url, clock="node", slot_seconds=1)
        with pytest.raises(InputError, match="VERIFUSE_FUNDING_KEY: '' is not usable; the private key of an"):
            play(people_of("x"), config)
        monkeypatch.setenv("VERIFUSE_FUNDING_KEY", RICH_KEY)
        journal = tmp_path / "node.jsonl"
        told, balances = play(people_of("x"), config, journal)
        assert sorted(told) == sorted(PLAYED)
        assert balances == LEFT
        assert play(people_of("x"), config, journal) == (told, balances)
        monkeypatch.setenv("VERIFUSE_FUNDING_KEY", "0x" + "22" * 32)
        with pytest.raises(InputError, match=r"an account with 3\.0\d+ ether on .*; it has 0 ether"):
            play(people_of("x"), config)


def genesis_of_the_rich(folder):
    """A genesis file in which the funding key owns ether."""
    address = PrivateKey(bytes.fromhex(RICH_KEY[2:])).public_key.to_checksum_address()
    file = folder / "genesis.json"
    file.write_text(
        json.dumps(
            {
                "config": {"chainId": 31337},
                "gasLimit": hex(30_000_000),
                "difficulty": "0x0",
                "alloc": {address: {"balance": hex(100 * ETHER)}},
            }
        )
    )
    return file


def test_a_node_that_seals_nothing_is_waited_for_only_so_long(running, monkeypatch, tmp_path):
    monkeypatch.setenv("VERIFUSE_FUNDING_KEY", RICH_KEY)
    options = ("--chain-id", "31337", "--no-mining", "--init", str(genesis_of_the_rich(tmp_path)))
    refusal = r"has put 3 transactions into no block for 0\.5 s"
    with running(*options) as url, pytest.raises(ChainUnreachable, match=refusal):
        play(people_of("x"), ChainConfig(name=url, clock="node", patience=0.5, slot_seconds=1))


@pytest.mark.parametrize("answer_last", [True, False])
@pytest.mark.parametrize("requests", range(4, 47, 3))
def test_wherever_the_node_was_lost_the_continued_run_ends_alike(
    node, fragile, tmp_path, requests, answer_last
):
    journal = tmp_path / "node.jsonl"
    people = people_of(f"{requests} {answer_last}")
    proxy = fragile(node, requests, answer_last)
    with suppress(ChainUnreachable):
        assert play(people, ChainConfig(name=proxy.url), journal) == (PLAYED, LEFT)
        return
    assert play(people, ChainConfig(name=node), journal) == (PLAYED, LEFT)
    # What is over can be told again without the node being told anything.
    height = node_height(node)
    assert play(people, ChainConfig(name=node), journal) == (PLAYED, LEFT)
    assert node_height(node) == height


def node_height(url: str) -> int:
    return Web3(HTTPProvider(url)).eth.block_number


def test_a_line_cut_short_by_a_crash_is_asked_again(node, tmp_path):
    journal = tmp_path / "node.jsonl"
    people = people_of("a crash")
    play(people, ChainConfig(name=node), journal)
    whole = journal.read_text()
    journal.write_text(whole[: len(whole) - 20])
    assert play(people, ChainConfig(name=node), journal) == (PLAYED, LEFT)
    assert journal.read_text() == whole


def test_a_journal_of_another_run_is_refused(node, tmp_path):
    journal = tmp_path / "node.jsonl"
    play(people_of("one run"), ChainConfig(name=node), journal)
    with pytest.raises(VerifuseError, match="the run cannot be continued: it asks for"):
        play(people_of("another"), ChainConfig(name=node), journal)


def test_a_journal_of_another_chain_is_refused(running, node, tmp_path):
    journal = tmp_path / "node.jsonl"
    play(people_of("y"), ChainConfig(name=node), journal)
    refusal = "a node on the chain that the run began on; its block"
    with running("--chain-id", "31337") as other, pytest.raises(InputError, match=refusal):
        play(people_of("y"), ChainConfig(name=other), journal)
