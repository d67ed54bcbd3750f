"""EIP-1559: what a unit of gas costs, who gets it, and who goes first."""

import pytest

from verifuse.chain import Transaction

GWEI = 10**9


def transfer(sender, to, **fees):
    return Transaction(sender, to.address, b"", value_wei=1, gas=21_000, **fees)


def base_fee(chain, number):
    return chain.w3.eth.get_block(number)["baseFeePerGas"]


@pytest.mark.parametrize(
    ("fees", "tip"),
    [
        ({"priority_fee_wei": 3}, 3),
        ({"max_fee_wei": 2 * GWEI, "priority_fee_wei": GWEI}, GWEI),
        ({"max_fee_wei": GWEI, "priority_fee_wei": GWEI}, GWEI - 875_000_000),
        ({"max_fee_wei": 2 * GWEI}, 2 * GWEI - 875_000_000),
        ({}, 10 * GWEI - 875_000_000),
        ({"priority_fee_wei": 0}, 0),
        ({"priority_fee_wei": 20 * GWEI}, 20 * GWEI - 875_000_000),
    ],
)
def test_gas_costs_base_fee_and_tip_up_to_the_cap(chain, people, mine, fees, tip):
    alice, bob, _ = people
    before = chain.balance(alice.address)
    chain.submit(transfer(alice, bob, **fees))
    [receipt] = mine().receipts
    assert receipt.gas_price_wei == 875_000_000 + tip
    assert chain.balance(alice.address) == before - 1 - 21_000 * (875_000_000 + tip)
    assert chain.balance(chain.coinbase) == 21_000 * tip


def test_tips_decide_the_order_and_not_caps(chain, people, mine):
    alice, bob, carol = people
    chain.submit(transfer(alice, bob, max_fee_wei=50 * GWEI, priority_fee_wei=1 * GWEI))
    chain.submit(transfer(bob, carol, max_fee_wei=3 * GWEI, priority_fee_wei=2 * GWEI))
    chain.submit(transfer(carol, alice, max_fee_wei=2 * GWEI))  # 2 Gwei less the base fee
    order = [receipt.transaction.sender.name for receipt in mine().receipts]
    assert order == ["bob", "carol", "alice"]


def test_a_cap_below_the_base_fee_waits_while_others_go(chain, people, mine):
    alice, bob, _ = people
    chain.submit(transfer(alice, bob, max_fee_wei=GWEI // 2))
    chain.submit(transfer(bob, alice))
    assert [receipt.transaction.sender.name for receipt in mine().receipts] == ["bob"]
    while base_fee(chain, chain.block_number) > GWEI // 2:
        assert [waiting.sender.name for waiting in chain.pending] == ["alice"]
        last = mine()
    assert [receipt.transaction.sender.name for receipt in last.receipts] == ["alice"]


def test_who_looks_into_the_mempool_can_overtake(chain, people, board, mine):
    """A copied announcement with a higher tip becomes the earlier model: what commitments are there for."""
    _, bob, carol = people
    chain.submit(board.send(bob, "announce(bytes)", b"work of weeks", value_wei=5))
    seen = next(waiting for waiting in chain.pending if waiting.sender == bob)
    chain.submit(Transaction(carol, seen.to, seen.data, seen.value_wei, seen.gas, priority_fee_wei=11 * GWEI))
    mine()
    first, second = (chain.call(board.address, board.data("models(uint256)", number)) for number in (0, 1))
    assert board.words("address", first) == (carol.address.lower(),)
    assert board.words("address", second) == (bob.address.lower(),)
