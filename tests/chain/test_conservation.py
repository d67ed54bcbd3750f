"""Ether only moves: out of a sender goes value and fee, into coinbase the tip, into nothing the base fee."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from verifuse.chain import ChainConfig, Transaction, derive_account, open_chain

PEOPLE = [derive_account(3, name) for name in ("alice", "bob", "carol")]
START = 10**18
GWEI = 10**9

ACTIONS = st.tuples(
    st.sampled_from(["pay", "announce", "announce", "take back", "evaluate", "spin"]),
    st.sampled_from(PEOPLE),
    st.sampled_from(PEOPLE),
    st.integers(0, 10**15),
    st.sampled_from([None, 2 * GWEI, 30 * GWEI]),
)


def transaction(board, kind, sender, other, wei, price) -> Transaction:
    if kind == "pay":
        return Transaction(sender, other.address, b"", wei, gas=21_000, priority_fee_wei=price)
    if kind == "announce":
        return board.send(sender, "announce(bytes)", b"cid", value_wei=wei, priority_fee_wei=price)
    if kind == "take back":
        return board.send(sender, "takeBack(uint256)", wei % 3, priority_fee_wei=price, function=kind)
    if kind == "evaluate":
        return board.send(sender, "evaluate(uint256,uint256)", wei % 3, 1, priority_fee_wei=price)
    return board.send(sender, "spin()", gas=60_000, priority_fee_wei=price)


@settings(max_examples=20)
@given(st.lists(st.lists(ACTIONS, max_size=5), min_size=1, max_size=3))
def test_ether_is_conserved_but_for_burnt_base_fees(deploy, blocks):
    chain = open_chain(ChainConfig(), dict.fromkeys(PEOPLE, START))
    board = deploy(chain, PEOPLE[0])
    receipts = [chain.w3.eth.get_transaction_receipt(chain.w3.eth.get_block(1)["transactions"][0])]
    expected = Counter({person.address: START for person in PEOPLE})
    expected[PEOPLE[0].address] -= receipts[0]["gasUsed"] * receipts[0]["effectiveGasPrice"]
    bonds: list[int] = []
    for actions in blocks:
        for action in actions:
            chain.submit(transaction(board, *action))
        for receipt in chain.mine(chain.timestamp + 12).receipts:
            sent = receipt.transaction
            expected[sent.sender.address] -= receipt.fee_wei
            if receipt.succeeded and sent.value_wei:
                expected[sent.sender.address] -= sent.value_wei
                expected[sent.to] += sent.value_wei
            if receipt.succeeded and sent.to == board.address and sent.value_wei:
                bonds.append(sent.value_wei)
            if receipt.succeeded and sent.function == "take back":
                model = int.from_bytes(sent.data[4:], "big")
                expected[board.address] -= bonds[model]
                expected[sent.sender.address] += bonds[model]
                bonds[model] = 0
    for address, wei in expected.items():
        assert chain.balance(address) == wei

    sealed = [chain.w3.eth.get_block(number) for number in range(1, chain.block_number + 1)]
    burnt = sum(block["baseFeePerGas"] * block["gasUsed"] for block in sealed)
    held = sum(chain.balance(a) for a in (*(p.address for p in PEOPLE), board.address, chain.coinbase))
    assert held + burnt == START * len(PEOPLE)
