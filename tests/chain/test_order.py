"""A block holds its transactions in the mempool's order, however many there are."""

from verifuse.chain import Transaction, derive_account

ETHER = 10**18


def test_hundreds_of_transactions_keep_the_mempools_order(start):
    senders = [derive_account(7, f"sender-{number}") for number in range(5)]
    chain = start(dict.fromkeys(senders, ETHER))
    sent = [
        chain.submit(Transaction(senders[place], senders[0].address, b"", value_wei=number, gas=21_000))
        for number in range(100)
        for place in (3, 1, 4, 0, 2)
    ]
    block = chain.mine(chain.timestamp + 12)
    assert [receipt.tx_hash for receipt in block.receipts] == sent
    assert [receipt.index for receipt in block.receipts] == list(range(500))
