"""The contract by hand: what a lesson does with it."""

import pytest

from verifuse.contracts import NotInPool, PoolJoined, PoolLeft, open_sandbox
from verifuse.errors import InputError


@pytest.fixture(scope="module")
def box():
    box = open_sandbox("alice", "bob", ether=5)
    yield box
    box.close()


def test_everybody_owns_what_was_said_and_the_contracts_are_there(box):
    assert (box.ether("alice"), box.ether("bob")) == (5, 5)
    assert box.contract.functions.counts().call() == (0, 0, 0)
    assert len(box.w3.eth.get_code(box.rule)) > 0
    assert box.market.address == open_sandbox("alice", "bob").market.address


def test_a_call_is_sealed_paid_and_told_of(box):
    before, number = box.chain.balance(box.address("alice")), box.chain.block_number
    receipt = box.send(box.contract.functions.joinPool(b""), "alice", ether=0.5)
    assert box.chain.block_number == number + 1
    (joined,) = box.events(receipt)
    assert isinstance(joined, PoolJoined) and joined.stake == 5 * 10**17
    fee = receipt["gasUsed"] * receipt["effectiveGasPrice"]
    assert before - box.chain.balance(box.address("alice")) == 5 * 10**17 + fee
    assert isinstance(box.events(box.send(box.contract.functions.leavePool(), "alice"))[0], PoolLeft)


def test_a_refused_call_is_in_a_block_and_says_why(box):
    before = box.chain.balance(box.address("bob"))
    with pytest.raises(NotInPool):
        box.send(box.contract.functions.leavePool(), "bob")
    assert box.chain.balance(box.address("bob")) < before


def test_time_passes_when_it_is_told_to(box):
    before = box.chain.timestamp
    box.wait(300)
    box.wait(0)
    assert box.chain.timestamp == before + 301


def test_what_web3_sends_by_itself_waits_for_the_next_block(box):
    sent = box.contract.functions.joinPool(b"").transact({"from": box.address("bob")})
    assert not box.market.is_in_pool(box.address("bob"))
    (receipt,) = box.wait().receipts
    assert receipt.tx_hash == bytes(sent) and box.market.is_in_pool(box.address("bob"))


def test_strangers_and_namesakes_are_refused(box):
    with pytest.raises(InputError, match="one of alice, bob, deployer"):
        box.address("carol")
    for names in (("alice", "alice"), ("deployer",)):
        with pytest.raises(InputError, match="each name once"):
            open_sandbox(*names)
