import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from eth_abi.abi import decode, encode
from eth_utils.abi import function_signature_to_4byte_selector

from verifuse.chain import Account, Chain, ChainConfig, Transaction, derive_account, open_chain

ETHER = 10**18


@dataclass(frozen=True)
class Board:
    """The contract of Board.sol at an address, or yet to be deployed."""

    abi: list
    bytecode: bytes
    address: str | None = None

    def data(self, signature: str, *arguments) -> bytes:
        types = signature[signature.index("(") + 1 : -1]
        encoded = encode(types.split(",") if types else [], arguments)
        return function_signature_to_4byte_selector(signature) + encoded

    def send(self, sender: Account, signature: str, *arguments, gas=300_000, **rest) -> Transaction:
        return Transaction(sender, self.address, self.data(signature, *arguments), gas=gas, **rest)

    def deployment(self, sender: Account) -> Transaction:
        return Transaction(sender, None, self.bytecode, gas=2_000_000, function="constructor")

    @staticmethod
    def words(types: str, data: bytes) -> tuple:
        return decode(types.split(","), data)


@pytest.fixture
def people() -> list[Account]:
    return [derive_account(7, name) for name in ("alice", "bob", "carol")]


@pytest.fixture(params=["tester", "anvil"])
def start(request) -> Iterator[Callable[..., Chain]]:
    """Open chains of each kind; they end with the test."""
    opened = []

    def open_one(balances, **settings) -> Chain:
        opened.append(open_chain(ChainConfig(name=request.param, **settings), balances))
        return opened[-1]

    yield open_one
    for chain in opened:
        chain.close()


@pytest.fixture
def chain(people, start) -> Chain:
    return start(dict.fromkeys(people, 10 * ETHER))


@pytest.fixture(scope="session")
def undeployed() -> Board:
    artifact = json.loads(Path(__file__).with_name("Board.json").read_text())
    return Board(artifact["abi"], bytes.fromhex(artifact["bytecode"][2:]))


@pytest.fixture(scope="session")
def deploy(undeployed):
    def deploy_on(chain: Chain, sender: Account) -> Board:
        chain.submit(undeployed.deployment(sender))
        [receipt] = chain.mine(chain.timestamp + 12).receipts
        return Board(undeployed.abi, undeployed.bytecode, receipt.contract_address)

    return deploy_on


@pytest.fixture
def board(chain, people, deploy) -> Board:
    return deploy(chain, people[0])


@pytest.fixture
def mine(chain):
    """Mine one slot on."""
    return lambda: chain.mine(chain.timestamp + 12)
