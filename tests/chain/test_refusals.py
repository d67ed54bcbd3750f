import pickle
from dataclasses import replace

import numpy as np
import pytest

from verifuse.chain import Transaction, TransactionRefused
from verifuse.errors import InputError

GWEI = 10**9


def test_a_transaction_that_cannot_be_paid_is_refused_with_the_wei_that_lack(people, start):
    alice, bob, _ = people
    budget = 1000 + 21_000 * 10 * GWEI
    chain = start({alice: budget})
    with pytest.raises(TransactionRefused, match="transaction of alice refused: 1 wei short") as refusal:
        chain.submit(Transaction(alice, bob.address, b"", value_wei=1001, gas=21_000))
    assert refusal.value.sender == "alice"
    assert chain.pending == []
    chain.submit(Transaction(alice, bob.address, b"", value_wei=1000, gas=21_000))
    assert chain.mine(chain.timestamp + 12).receipts[0].succeeded
    assert chain.balance(alice.address) == 0


def test_waiting_transactions_count_against_the_balance(people, mine, start):
    alice, bob, _ = people
    cost = 21_000 * 10 * GWEI
    chain = start({alice: 2 * cost})
    chain.submit(Transaction(alice, bob.address, b"", gas=21_000))
    with pytest.raises(TransactionRefused, match="5 wei short"):
        chain.submit(Transaction(alice, bob.address, b"", value_wei=5, gas=21_000))
    chain.submit(Transaction(alice, bob.address, b"", gas=21_000))
    receipts = chain.mine(chain.timestamp + 12).receipts
    assert [receipt.nonce for receipt in receipts] == [0, 1]


def test_a_refusal_leaves_no_gap_in_the_nonces(chain, people, mine):
    alice, bob, _ = people
    chain.submit(Transaction(alice, bob.address, b"", gas=21_000))
    with pytest.raises(TransactionRefused):
        chain.submit(Transaction(alice, bob.address, b"", value_wei=10**20, gas=21_000))
    chain.submit(Transaction(alice, bob.address, b"", gas=21_000))
    assert [receipt.nonce for receipt in mine().receipts] == [0, 1]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"gas": 20_999}, "20999 gas are less than the 21000"),
        ({"data": b"\x01", "gas": 21_000}, "less than the 21016"),
        ({"gas": 30_000_001}, "do not fit into a block of 30000000"),
        ({"max_fee_wei": 7}, "gas price of 7 wei"),
        ({"max_fee_wei": 9, "priority_fee_wei": 10}, "priority fee of 10 wei is above its fee cap of 9 wei"),
    ],
)
def test_what_no_block_could_hold_is_refused(chain, people, change, reason):
    alice, bob, _ = people
    with pytest.raises(TransactionRefused, match=reason):
        chain.submit(replace(Transaction(alice, bob.address, b""), **change))
    assert chain.pending == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("value_wei", -1),
        ("value_wei", 1.0),
        ("value_wei", np.int64(1)),
        ("gas", True),
        ("gas", 2**128),
        ("priority_fee_wei", -1),
        ("max_fee_wei", 2.0),
        ("to", "0x0"),
        ("to", "0x" + "ab" * 20),
        ("data", "0x00"),
    ],
)
def test_malformed_transactions_name_the_attribute(chain, people, field, value):
    alice, bob, _ = people
    with pytest.raises(InputError, match=f"transaction.{field}"):
        chain.submit(replace(Transaction(alice, bob.address, b""), **{field: value}))
    assert chain.pending == []


def test_an_account_cannot_claim_the_address_of_another(chain, people):
    alice, bob, _ = people
    thief = replace(bob, address=alice.address)
    with pytest.raises(InputError, match="account bob"):
        chain.submit(Transaction(thief, bob.address, b"", value_wei=10**18))


@pytest.mark.parametrize("address", ["0x0", "nobody", "", "0x" + "ab" * 21])
def test_reads_refuse_what_is_no_address(chain, address):
    with pytest.raises(InputError, match="address"):
        chain.balance(address)
    with pytest.raises(InputError, match="address"):
        chain.call(address, b"")


def test_refusals_cross_process_borders():
    refusal = pickle.loads(pickle.dumps(TransactionRefused("alice", "too poor")))
    assert (refusal.sender, refusal.reason) == ("alice", "too poor")
    assert str(refusal) == "transaction of alice refused: too poor"
