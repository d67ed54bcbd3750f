"""How many contract transactions per second of one core, beside eth-tester as it comes.

Both sides run the same rounds on ``tests/chain/Board.sol``: every contributor announces a model with
a bond (about 140,000 gas) and two others evaluate it (about 60,000 gas each); receipts and events are
read. eth-tester goes through web3's contract API, which estimates gas and mines each transaction in a
block of its own. CPU seconds of this process, so that a busy machine counts less.

    python benchmarks/chain.py [--rounds 5] [--blocks 0]

``--blocks 1000`` also mines that many blocks of a constant state and compares first with last.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from eth_abi.abi import encode
from eth_tester import EthereumTester, PyEVMBackend
from eth_utils.abi import function_signature_to_4byte_selector
from web3 import EthereumTesterProvider, Web3
from web3.types import Wei

from verifuse.chain import Chain, ChainConfig, Transaction, derive_account, open_chain

ARTIFACT = json.loads((Path(__file__).parents[1] / "tests/chain/Board.json").read_text())
CONTRIBUTORS = 10
CID = bytes(36)
ANNOUNCE = function_signature_to_4byte_selector("announce(bytes)")
EVALUATE = function_signature_to_4byte_selector("evaluate(uint256,uint256)")


def measure(rounds: Iterator[int]) -> tuple[int, float]:
    """Return transactions and CPU seconds after a first round that warms caches."""
    next(rounds)
    start = time.process_time()
    return sum(rounds), time.process_time() - start


def eth_tester_rounds(rounds: int) -> Iterator[int]:
    """Yield the transactions of each round through web3 on eth-tester's defaults."""
    w3 = Web3(EthereumTesterProvider(EthereumTester(PyEVMBackend())))
    factory = w3.eth.contract(abi=ARTIFACT["abi"], bytecode=ARTIFACT["bytecode"])
    deployed = w3.eth.wait_for_transaction_receipt(factory.constructor().transact())
    contract = w3.eth.contract(deployed["contractAddress"], abi=ARTIFACT["abi"])
    accounts = w3.eth.accounts[:CONTRIBUTORS]
    for first in range(0, rounds * CONTRIBUTORS, CONTRIBUTORS):
        for account in accounts:
            sent = contract.functions.announce(CID).transact({"from": account, "value": Wei(5)})
            receipt = w3.eth.wait_for_transaction_receipt(sent)
            assert len(contract.events.Announced().process_receipt(receipt)) == 1
        for step in (1, 2):
            for place, account in enumerate(accounts):
                model = first + (place + step) % CONTRIBUTORS
                sent = contract.functions.evaluate(model, 9_000).transact({"from": account})
                receipt = w3.eth.wait_for_transaction_receipt(sent)
                assert len(contract.events.Evaluated().process_receipt(receipt)) == 1
        yield 3 * CONTRIBUTORS


class Ours:
    """The same market on ``verifuse.chain``: three blocks a round."""

    def __init__(self):
        self.accounts = [derive_account(0, f"contributor-{number}") for number in range(CONTRIBUTORS)]
        self.chain: Chain = open_chain(ChainConfig(), dict.fromkeys(self.accounts, 10**24))
        code = bytes.fromhex(ARTIFACT["bytecode"][2:])
        self.chain.submit(Transaction(self.accounts[0], None, code, gas=2_000_000))
        self.board = self.chain.mine(self.chain.timestamp + 12).receipts[0].contract_address
        self.gas = 0

    def block(self, data: Callable[[int], bytes], value_wei: int = 0) -> int:
        """Let every contributor send once and mine; returns the transactions."""
        for place, account in enumerate(self.accounts):
            self.chain.submit(Transaction(account, self.board, data(place), value_wei, gas=300_000))
        receipts = self.chain.mine(self.chain.timestamp + 12).receipts
        assert all(len(receipt.logs) == 1 for receipt in receipts)
        self.gas += sum(receipt.gas_used for receipt in receipts)
        return len(receipts)

    def announce(self) -> int:
        """Mine one block of announcements."""
        return self.block(lambda _: ANNOUNCE + encode(["bytes"], [CID]), value_wei=5)

    def evaluate(self, first: int, step: int) -> int:
        """Mine one block in which each contributor evaluates the model ``step`` places on."""
        return self.block(
            lambda place: EVALUATE + encode(["uint256"] * 2, [first + (place + step) % CONTRIBUTORS, 9_000])
        )

    def rounds(self, rounds: int) -> Iterator[int]:
        """Yield the transactions of each round."""
        for first in range(0, rounds * CONTRIBUTORS, CONTRIBUTORS):
            yield self.announce() + self.evaluate(first, 1) + self.evaluate(first, 2)


def main() -> None:
    """Print both rates, their ratio and, if asked, the cost of early and late blocks."""
    parser = argparse.ArgumentParser(description="Contract transactions per second of one core.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--blocks", type=int, default=0)
    options = parser.parse_args()

    # First, because opening one of our chains gives the whole process the faster hash.
    count, seconds = measure(eth_tester_rounds(1 + max(1, options.rounds // 2)))
    theirs = count / seconds
    print(f"eth-tester with web3   {theirs:7.1f} tx/s  ({count} transactions)")

    ours = Ours()
    count, seconds = measure(ours.rounds(1 + options.rounds))
    mean_gas = ours.gas // (count + 3 * CONTRIBUTORS)
    print(f"verifuse.chain         {count / seconds:7.1f} tx/s  ({count} transactions, {mean_gas} gas each)")
    print(f"ratio                  {count / seconds / theirs:7.1f}")

    tenth = options.blocks // 10
    for name, blocks in (("first", tenth), ("middle", options.blocks - 2 * tenth), ("last", tenth)):
        if blocks:
            start = time.process_time()
            for _ in range(blocks):
                ours.evaluate(0, 1)
            cost = (time.process_time() - start) / blocks
            print(f"{name:6} {blocks:5} blocks    {cost * 1000:7.1f} ms a block of {CONTRIBUTORS}")


if __name__ == "__main__":
    main()
