import pytest
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from verifuse.chain import CallReverted, ChainConfig, Transaction


def test_a_deployed_contract_has_the_address_of_its_creator_and_nonce(chain, people, undeployed, mine):
    alice, *_ = people
    chain.submit(undeployed.deployment(alice))
    [receipt] = mine().receipts
    creator = bytes.fromhex(alice.address[2:])
    rlp_of_creator_and_nonce_0 = b"\xd6\x94" + creator + b"\x80"
    assert receipt.contract_address == to_checksum_address(keccak(rlp_of_creator_and_nonce_0)[-20:])
    assert receipt.transaction.function == "constructor"


def test_events_come_with_the_receipt(chain, people, board, mine):
    _, bob, _ = people
    chain.submit(board.send(bob, "announce(bytes)", b"cid", value_wei=5))
    [receipt] = mine().receipts
    [log] = receipt.logs
    assert log.address == board.address
    assert log.topics[0] == keccak(text="Announced(uint256,address,bytes)")
    assert log.topics[1] == bytes(32)
    assert log.topics[2] == bytes(12) + bytes.fromhex(bob.address[2:])
    assert board.words("bytes", log.data) == (b"cid",)
    assert chain.balance(board.address) == 5


def test_transactions_of_one_block_see_each_other(chain, people, board, mine):
    alice, bob, _ = people
    chain.submit(board.send(alice, "announce(bytes)", b"cid", value_wei=5))
    chain.submit(board.send(bob, "evaluate(uint256,uint256)", 0, 9_750))
    assert [receipt.succeeded for receipt in mine().receipts] == [True, True]
    measured = chain.call(board.address, board.data("fitnessOf(uint256,address)", 0, bob.address))
    assert board.words("uint256", measured) == (9_750,)


def test_a_revert_costs_gas_keeps_the_value_and_says_why(chain, people, board, mine):
    _, bob, _ = people
    before = chain.balance(bob.address)
    chain.submit(board.send(bob, "announce(bytes)", b"free"))
    chain.submit(board.send(bob, "evaluate(uint256,uint256)", 3, 1, value_wei=9))
    without_bond, with_value = mine().receipts
    assert not without_bond.succeeded
    assert without_bond.revert_data == board.data("BondTooLow(uint256,uint256)", 0, 1)
    assert (with_value.succeeded, with_value.revert_data, with_value.logs) == (False, b"", ())
    assert chain.balance(bob.address) == before - without_bond.fee_wei - with_value.fee_wei


def test_clearing_storage_earns_a_refund_of_at_most_a_fifth(chain, people, board, mine):
    _, bob, _ = people
    chain.submit(board.send(bob, "announce(bytes)", b"cid", value_wei=5))
    mine()
    before = chain.balance(bob.address)
    chain.submit(board.send(bob, "takeBack(uint256)", 0))
    [receipt] = mine().receipts
    assert receipt.succeeded
    assert chain.balance(bob.address) == before - receipt.fee_wei + 5
    # Three slots are set to zero: without EIP-3529's refund of 4,800 each this costs more than 45,000.
    assert receipt.gas_used < 45_000


def test_running_out_of_gas_takes_all_of_it(chain, people, board, mine):
    _, bob, _ = people
    chain.submit(board.send(bob, "spin()", gas=100_000))
    [receipt] = mine().receipts
    assert (receipt.succeeded, receipt.gas_used, receipt.revert_data) == (False, 100_000, b"")


def test_a_failed_creation_creates_nothing(chain, people, mine):
    alice, *_ = people
    chain.submit(Transaction(alice, None, b"\xfe", gas=60_000))
    [receipt] = mine().receipts
    assert (receipt.succeeded, receipt.contract_address) == (False, None)


def test_the_contract_sees_slot_time_chain_price_and_a_fresh_prevrandao(chain, people, board, mine):
    alice, *_ = people
    drawn = []
    for _ in range(3):
        before = chain.w3.eth.get_block("latest")["hash"]
        chain.submit(board.send(alice, "draw()"))
        block = mine()
        [log] = block.receipts[0].logs
        prevrandao, previous, timestamp, chain_id, price = board.words(
            "uint256,bytes32,uint256,uint256,uint256", log.data
        )
        assert previous == bytes(before)
        assert (timestamp, chain_id, price) == (block.timestamp, 1337, ChainConfig().gas_price)
        assert prevrandao == int(chain.w3.eth.get_block(block.number)["mixHash"].hex(), 16)
        drawn.append(prevrandao)
    assert len({0, *drawn}) == 4


def test_a_call_reads_the_newest_block_as_its_caller(chain, people, board, mine):
    _, bob, _ = people
    block = mine()
    data = board.data("whoCalls()")
    assert board.words("address,uint256", chain.call(board.address, data, sender=bob.address)) == (
        bob.address.lower(),
        block.timestamp,
    )
    assert board.words("address,uint256", chain.call(board.address, data))[0] == "0x" + "00" * 20


def test_a_call_that_reverts_raises_with_the_custom_error(chain, board):
    with pytest.raises(CallReverted) as reverted:
        chain.call(board.address, board.data("refuse(uint256)", 3))
    assert reverted.value.data == board.data("BondTooLow(uint256,uint256)", 3, 7)


def test_a_call_leaves_no_trace(chain, people, board, mine):
    alice, *_ = people
    chain.submit(board.send(alice, "announce(bytes)", b"cid", value_wei=5))
    root = chain.w3.eth.get_block(mine().number)["stateRoot"]
    chain.call(board.address, board.data("evaluate(uint256,uint256)", 0, 100), sender=alice.address)
    read = chain.call(board.address, board.data("fitnessOf(uint256,address)", 0, alice.address))
    assert board.words("uint256", read) == (0,)
    assert chain.w3.eth.get_block(mine().number)["stateRoot"] == root


def test_a_call_to_an_address_without_code_returns_nothing(chain, people):
    assert chain.call(people[0].address, b"\x01\x02\x03\x04") == b""
