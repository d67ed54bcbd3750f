"""The same inputs give the same chain, to the last bit, in any process and on any day."""

import os
import subprocess
import sys

from verifuse.chain import ChainConfig, Transaction, derive_account, open_chain, tester


def play(seed: int = 5) -> tester.TesterChain:
    """A few blocks with transfers, a creation and a failure."""
    people = [derive_account(seed, f"person-{number}") for number in range(5)]
    chain = tester.TesterChain(ChainConfig(), dict.fromkeys(people, 10**18))
    for slot in range(1, 4):
        for person in people:
            chain.submit(Transaction(person, people[0].address, b"", value_wei=slot, gas=21_000))
        chain.submit(Transaction(people[slot], None, b"\x60\x00\x60\x00\xf3", gas=100_000))
        chain.submit(Transaction(people[slot], None, b"\xfe", gas=60_000, priority_fee_wei=11 * 10**9))
        chain.mine(ChainConfig().genesis_time + 12 * slot)
    return chain


def head(chain: tester.TesterChain) -> str:
    return chain.w3.eth.get_block("latest")["hash"].hex()


def test_another_process_with_other_hash_seed_seals_the_same_block():
    run = [sys.executable, __file__]
    environment = {**os.environ, "PYTHONHASHSEED": "12345", "ETH_HASH_BACKEND": "pycryptodome"}
    other = subprocess.run(run, capture_output=True, text=True, check=True, env=environment)
    assert other.stdout.strip() == head(play())


def test_another_seed_gives_other_blocks():
    assert head(play(5)) != head(play(6))


def test_balances_in_another_order_give_the_same_genesis():
    people = [derive_account(0, name) for name in "abc"]
    one = open_chain(ChainConfig(), dict.fromkeys(people, 1))
    other = open_chain(ChainConfig(), dict.fromkeys(reversed(people), 1))
    assert head(one) == head(other)


def test_a_fresh_evm_that_imports_the_blocks_agrees_with_each():
    played = play().backend.chain
    people = [derive_account(5, f"person-{number}") for number in range(5)]
    fresh = tester.TesterChain(ChainConfig(), dict.fromkeys(people, 10**18)).backend.chain
    assert fresh.get_canonical_head().hash == played.get_canonical_block_by_number(0).hash
    for number in range(1, 4):
        block = played.get_canonical_block_by_number(number)
        assert fresh.import_block(block).imported_block.hash == block.hash


if __name__ == "__main__":
    print(head(play()))
