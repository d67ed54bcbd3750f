import pytest
from web3.exceptions import TransactionNotFound, Web3RPCError

from verifuse.chain import Transaction
from verifuse.errors import VerifuseError


@pytest.fixture
def block(chain, people, board, mine):
    alice, bob, _ = people
    chain.submit(board.send(alice, "announce(bytes)", b"cid", value_wei=5))
    chain.submit(board.send(bob, "announce(bytes)", b"no bond"))
    return mine()


def test_blocks_agree(chain, block):
    seen = chain.w3.eth.get_block(block.number)
    assert bytes(seen["hash"]) == block.hash
    assert (seen["timestamp"], seen["miner"]) == (block.timestamp, chain.coinbase)
    assert [bytes(digest) for digest in seen["transactions"]] == [r.tx_hash for r in block.receipts]
    assert seen["gasUsed"] == sum(receipt.gas_used for receipt in block.receipts)
    assert chain.w3.eth.block_number == chain.block_number == block.number
    assert chain.w3.eth.get_block(seen["hash"]) == seen


def test_receipts_agree(chain, block):
    for receipt in block.receipts:
        seen = chain.w3.eth.get_transaction_receipt(receipt.tx_hash)
        assert (seen["status"], seen["gasUsed"]) == (int(receipt.succeeded), receipt.gas_used)
        assert (seen["blockNumber"], seen["transactionIndex"]) == (receipt.block, receipt.index)
        assert seen["effectiveGasPrice"] == receipt.gas_price_wei
        assert [
            (log["address"], tuple(map(bytes, log["topics"])), bytes(log["data"])) for log in seen["logs"]
        ] == [(log.address, log.topics, log.data) for log in receipt.logs]


def test_transactions_agree_and_carry_a_signature_of_their_sender(chain, block):
    for receipt in block.receipts:
        seen = chain.w3.eth.get_transaction(receipt.tx_hash)
        sent = receipt.transaction
        assert (seen["from"], seen["to"], bytes(seen["input"])) == (sent.sender.address, sent.to, sent.data)
        assert (seen["value"], seen["gas"], seen["nonce"]) == (sent.value_wei, sent.gas, receipt.nonce)
        assert (seen["type"], seen["chainId"]) == (2, 1337)


def test_balances_nonces_and_code_agree(chain, people, board, block):
    for address in (*(person.address for person in people), chain.coinbase, board.address):
        assert chain.w3.eth.get_balance(address) == chain.balance(address)
    assert [chain.w3.eth.get_transaction_count(person.address) for person in people] == [2, 1, 0]
    assert len(chain.w3.eth.get_code(board.address)) > 0


def test_a_contract_called_through_web3_agrees(chain, people, board, block):
    contract = chain.w3.eth.contract(board.address, abi=board.abi)
    contributor, announced_at, bond, *_ = contract.functions.models(0).call()
    assert (contributor, announced_at, bond) == (people[0].address, block.timestamp, 5)
    mine_bytes = chain.call(board.address, board.data("models(uint256)", 0))
    assert board.words("address,uint64,uint256", mine_bytes) == (contributor.lower(), announced_at, bond)
    [event] = contract.events.Announced().get_logs(from_block=0)
    assert (event["args"]["contributor"], event["args"]["cid"]) == (people[0].address, b"cid")


def test_identity_is_that_of_the_configuration(chain):
    assert chain.w3.eth.chain_id == chain.chain_id == 1337
    assert chain.w3.net.version == "1337"


def test_what_web3_sends_waits_for_the_next_block_and_pays_like_everybody(chain, people, board, mine):
    alice, bob, carol = people
    contract = chain.w3.eth.contract(board.address, abi=board.abi)
    before = chain.balance(bob.address)
    sent = contract.functions.announce(b"cid").transact({"from": bob.address, "value": 5})
    again = chain.w3.eth.send_transaction({"from": bob.address, "to": carol.address, "value": 3})
    chain.submit(board.send(alice, "announce(bytes)", b"ours", value_wei=5, priority_fee_wei=10**6))
    block = mine()
    fees = {receipt.tx_hash: receipt.fee_wei for receipt in block.receipts}
    assert len(fees) == 3
    assert all(receipt.succeeded for receipt in block.receipts)
    assert chain.w3.eth.wait_for_transaction_receipt(sent)["status"] == 1
    assert chain.balance(bob.address) == before - 8 - fees[bytes(sent)] - fees[bytes(again)]


def test_a_notebook_can_seal_a_block_through_web3(chain, people):
    alice, bob, _ = people
    sent = chain.w3.eth.send_transaction({"from": alice.address, "to": bob.address, "value": 1})
    chain.w3.provider.make_request("evm_mine", [])
    assert chain.w3.eth.get_transaction_receipt(sent)["blockNumber"] == 1
    assert chain.w3.eth.get_transaction_count(alice.address) == 1
    # The market hears of it at its next slot, and its own nonces go on from there.
    ours = chain.submit(Transaction(alice, bob.address, b"", value_wei=2, gas=21_000))
    receipts = chain.mine(chain.timestamp + 60).receipts
    assert [(receipt.tx_hash, receipt.nonce, receipt.block) for receipt in receipts] == [
        (bytes(sent), 0, 1),
        (ours, 1, 2),
    ]


def test_who_uses_a_key_of_the_market_at_the_same_time_is_told(people, start):
    alice, bob, _ = people
    chain = start({alice: 10**18})
    if chain.url is None:  # one mempool, so one count of nonces
        chain.submit(Transaction(alice, bob.address, b"", gas=21_000))
        sent = chain.w3.eth.send_transaction({"from": alice.address, "to": bob.address, "value": 1})
        assert [receipt.nonce for receipt in chain.mine(chain.timestamp + 12).receipts] == [0, 1]
        assert chain.w3.eth.get_transaction(sent)["nonce"] == 1
        return
    chain.submit(Transaction(alice, bob.address, b"", gas=21_000))
    chain.w3.eth.send_transaction({"from": alice.address, "to": bob.address, "value": 1})
    chain.w3.provider.make_request("evm_mine", [])
    with pytest.raises(VerifuseError, match="nonce 0 of alice was used by another transaction"):
        chain.mine(chain.timestamp + 60)


def test_nobody_sends_without_a_key(start, people):
    alice, bob, _ = people
    chain = start({alice: 10**18, bob.address: 10**18})
    with pytest.raises((VerifuseError, Web3RPCError)):
        chain.w3.eth.send_transaction({"from": bob.address, "to": alice.address, "value": 1})
    assert chain.mine(chain.timestamp + 12).receipts == ()


def test_an_unknown_transaction_is_not_found(chain, block):
    with pytest.raises(TransactionNotFound):
        chain.w3.eth.get_transaction(b"\x01" * 32)
    with pytest.raises(TransactionNotFound):
        chain.w3.eth.get_transaction_receipt(b"\x01" * 32)
