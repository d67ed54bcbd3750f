import pytest

from verifuse.chain import ChainConfig, Transaction
from verifuse.errors import InputError

GWEI = 10**9
ETHER = 10**18


def transfer(sender, to, wei=1, gas=21_000, **rest):
    return Transaction(sender, to.address, b"", value_wei=wei, gas=gas, **rest)


def test_a_transfer_costs_its_value_and_21000_gas_at_the_configured_price(chain, people, mine):
    alice, bob, _ = people
    digest = chain.submit(transfer(alice, bob, ETHER))
    block = mine()
    [receipt] = block.receipts
    assert receipt.tx_hash == digest
    assert (receipt.succeeded, receipt.gas_used, receipt.gas_price_wei) == (True, 21_000, 10 * GWEI)
    assert (receipt.block, receipt.index, receipt.nonce, receipt.logs) == (1, 0, 0, ())
    assert chain.balance(alice.address) == 9 * ETHER - 21_000 * 10 * GWEI
    assert chain.balance(bob.address) == 11 * ETHER


def test_blocks_are_numbered_and_carry_the_time_they_were_given(chain):
    start = ChainConfig().genesis_time
    assert (chain.block_number, chain.timestamp) == (0, start)
    for number, seconds in enumerate((12, 24, 3600), start=1):
        block = chain.mine(start + seconds)
        assert (block.number, block.timestamp, block.receipts) == (number, start + seconds, ())
        assert (chain.block_number, chain.timestamp) == (number, start + seconds)


@pytest.mark.parametrize("timestamp", [0, 1_700_000_000, 2**64, 1_700_000_012.0, True])
def test_time_only_goes_forward_in_whole_seconds(chain, timestamp):
    with pytest.raises(InputError, match="timestamp"):
        chain.mine(timestamp)
    assert chain.block_number == 0


def test_dearer_transactions_go_first_and_equals_in_order_of_arrival(chain, people, mine):
    alice, bob, carol = people
    chain.submit(transfer(alice, bob, 1))
    chain.submit(transfer(bob, carol, 2))
    chain.submit(transfer(carol, alice, 3, priority_fee_wei=11 * GWEI))
    receipts = mine().receipts
    assert [receipt.transaction.value_wei for receipt in receipts] == [3, 1, 2]
    assert [receipt.gas_price_wei for receipt in receipts] == [11 * GWEI, 10 * GWEI, 10 * GWEI]


def test_several_transactions_of_one_sender_keep_their_order_whatever_they_pay(chain, people, mine):
    alice, bob, _ = people
    for wei, price in ((1, 10), (2, 30), (3, 20)):
        chain.submit(transfer(alice, bob, wei, priority_fee_wei=price * GWEI))
    receipts = mine().receipts
    assert [receipt.transaction.value_wei for receipt in receipts] == [1, 2, 3]
    assert [receipt.nonce for receipt in receipts] == [0, 1, 2]
    chain.submit(transfer(alice, bob))
    assert mine().receipts[0].nonce == 3


def test_what_does_not_fit_the_gas_limit_goes_into_the_next_block(people, start):
    alice, bob, _ = people
    chain = start({alice: ETHER}, block_gas_limit=1_000_000)
    for wei in range(50):
        chain.submit(transfer(alice, bob, wei))
    first = chain.mine(chain.timestamp + 12)
    assert len(first.receipts) == 47
    assert [waiting.value_wei for waiting in chain.pending] == [47, 48, 49]
    second = chain.mine(chain.timestamp + 12)
    assert [receipt.transaction.value_wei for receipt in second.receipts] == [47, 48, 49]
    assert [receipt.index for receipt in second.receipts] == [0, 1, 2]
    assert chain.pending == []


def test_a_smaller_transaction_takes_the_room_that_a_larger_one_cannot_use(people, start):
    alice, bob, carol = people
    chain = start({alice: ETHER, bob: ETHER}, block_gas_limit=1_000_000)
    chain.submit(transfer(alice, carol, 1, gas=980_000, priority_fee_wei=12 * GWEI))
    chain.submit(transfer(alice, carol, 2, gas=990_000, priority_fee_wei=11 * GWEI))
    chain.submit(transfer(bob, carol, 3))
    block = chain.mine(chain.timestamp + 12)
    assert [receipt.transaction.value_wei for receipt in block.receipts] == [1, 3]
    assert [waiting.value_wei for waiting in chain.pending] == [2]


def test_a_price_below_the_base_fee_waits_until_the_base_fee_has_fallen(people, start):
    alice, bob, _ = people
    chain = start({alice: ETHER, bob: ETHER}, block_gas_limit=1_000_000, gas_price=8)
    invalid_opcode = Transaction(alice, None, b"\xfe", gas=1_000_000)
    for _ in range(2):
        chain.submit(invalid_opcode)
        assert chain.mine(chain.timestamp + 12).receipts[0].gas_used == 1_000_000
    assert chain.w3.eth.get_block("pending")["baseFeePerGas"] == 9
    chain.submit(transfer(bob, alice))
    assert chain.mine(chain.timestamp + 12).receipts == ()
    assert len(chain.pending) == 1
    assert len(chain.mine(chain.timestamp + 12).receipts) == 1


def test_the_base_fee_falls_from_genesis_while_blocks_are_empty(chain, mine):
    fees = [chain.w3.eth.get_block(mine().number)["baseFeePerGas"] for _ in range(20)]
    assert fees == sorted(fees, reverse=True)
    assert fees[0] == 875_000_000  # EIP-1559: an empty block lowers the fee by an eighth
    assert fees[-1] < fees[0] / 10


def test_balances_at_genesis_are_exactly_those_given(people, start):
    alice, bob, *_ = people
    chain = start({alice: 5, bob.address: 7})
    assert [chain.balance(person.address) for person in people] == [5, 7, 0]
    first_key_of_eth_tester = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"
    assert chain.balance(first_key_of_eth_tester) == 0


def test_genesis_refuses_impossible_balances(people, start):
    alice, *_ = people
    for balances in (
        {alice: -1},
        {alice: 1.5},
        {alice: True},
        {alice: 2**128},
        {alice.address.lower(): 1},
        {"nobody": 1},
        {alice: 1, alice.address: 1},
    ):
        with pytest.raises(InputError, match="balances"):
            start(balances)


def test_closing_twice_does_no_harm(chain):
    chain.close()
    chain.close()
