"""What a snapshot brings back: balances, code, nonces, time and the mempool."""

from verifuse.chain import Transaction


def test_a_revert_takes_back_blocks_and_submissions(chain, people, board, mine):
    alice, bob, _ = people
    chain.submit(Transaction(alice, bob.address, b"", value_wei=7, gas=21_000))
    before = (chain.block_number, chain.timestamp, chain.balance(bob.address))
    snapshot = chain.snapshot()

    chain.submit(board.send(bob, "announce(bytes)", b"cid", value_wei=5))
    assert len(mine().receipts) == 2
    mine()
    chain.submit(Transaction(bob, alice.address, b"", value_wei=1, gas=21_000))
    chain.revert(snapshot)

    assert (chain.block_number, chain.timestamp, chain.balance(bob.address)) == before
    assert [waiting.value_wei for waiting in chain.pending] == [7]
    assert chain.balance(board.address) == 0
    [receipt] = mine().receipts
    assert (receipt.succeeded, receipt.nonce, receipt.block) == (True, 1, before[0] + 1)


def test_another_future_can_follow(chain, people, board, mine):
    _, bob, _ = people
    snapshot = chain.snapshot()
    for wei in (5, 6):
        chain.submit(board.send(bob, "announce(bytes)", b"cid", value_wei=wei))
        mine()
        assert chain.balance(board.address) == wei
        chain.revert(snapshot)
        snapshot = chain.snapshot()
    assert chain.balance(board.address) == 0
