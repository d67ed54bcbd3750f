"""The four ways to a chain that ``chain.py`` compares; each plays one script and reads what came of it."""

import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from chain_workload import CHAIN_ID, EVENTS, SLOT_SECONDS, Slot, creations, people

from verifuse.chain import Account, ChainConfig, open_chain
from verifuse.contracts import PanelDrawn, TaskMarket, task_market_artifact
from verifuse.contracts.artifact import shipped_artifact

WEALTH_WEI = 10**24


class Path(ABC):
    """A chain with the rule and the market on it.

    Attributes:
        rule: Checksum address of the reward rule.
        market: Checksum address of the market.
        gas: Used so far, by function.
        events: Decoded so far, by name.
    """

    rule: str
    market: str

    def __init__(self) -> None:
        self.gas: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self._panels: dict[int, Sequence[str]] = {}

    @abstractmethod
    def prepare(self, slots: Sequence[Slot]) -> Callable[[], None]:
        """Return what plays the script; making it is not measured."""

    @abstractmethod
    def head(self) -> str:
        """Return the newest block's hash in hexadecimal."""

    @abstractmethod
    def close(self) -> None:
        """Give everything back."""


class Ours(Path):
    """``verifuse.chain`` as the market uses it: a block a slot."""

    def __init__(self, name: str, tasks: int):
        super().__init__()
        who = people(tasks)
        config = ChainConfig(name=name, chain_id=CHAIN_ID, slot_seconds=SLOT_SECONDS)
        self._chain = open_chain(config, dict.fromkeys(who.values(), WEALTH_WEI))
        for creation in creations(who["platform"]):
            self._chain.submit(creation)
        block = self._chain.mine(self._chain.timestamp + SLOT_SECONDS)
        self.rule, self.market = (str(receipt.contract_address) for receipt in block.receipts)

    def prepare(self, slots: Sequence[Slot]) -> Callable[[], None]:
        """Return what plays the script."""
        return lambda: self._play(slots)

    def _play(self, slots: Sequence[Slot]) -> None:
        chain, market = self._chain, TaskMarket(self._chain, self.market)
        for slot in slots:
            for step in slot.steps:
                chain.submit(step.transaction(market, self._panels))
            receipts = chain.mine(chain.timestamp + slot.wait).receipts
            assert len(receipts) == len(slot.steps), "a block is too small for a slot's transactions"
            for receipt in receipts:
                assert receipt.succeeded, market.failure(receipt)
                self.gas[receipt.transaction.function] += receipt.gas_used
                for event in market.events(receipt):
                    self.events[type(event).__name__] += 1
                    if isinstance(event, PanelDrawn):
                        self._panels[event.model_id] = event.panel

    def head(self) -> str:
        """Return the newest block's hash in hexadecimal."""
        return self._chain.w3.eth.get_block("latest")["hash"].to_0x_hex()

    def close(self) -> None:
        """Give the chain back."""
        self._chain.close()


class ThroughWeb3(Path):
    """web3's contract API: gas is estimated, a transaction has a block of its own, its receipt is awaited."""

    def __init__(self, w3: Any, who: dict[str, Account]):
        super().__init__()
        self._w3 = w3
        self.rule, self.market = (
            self._created(who["platform"], contract)
            for contract in (shipped_artifact("FlatMajority"), task_market_artifact())
        )
        self._contract = w3.eth.contract(self.market, abi=task_market_artifact().abi)

    def prepare(self, slots: Sequence[Slot]) -> Callable[[], None]:
        """Return what plays the script, whose arguments are put into web3's form before."""
        in_any_order = [account.address for name, account in people(1).items() if "verifier" in name]
        script = []
        for slot in slots:
            calls = []
            for step in slot.steps:
                panels = {step.arguments.get("query_id", 0): in_any_order}
                sent = step.transaction(TaskMarket(None, self.market), panels)
                _, arguments = self._contract.decode_function_input(sent.data)
                options = {"from": sent.sender.address, "value": sent.value_wei}
                calls.append((sent.function, arguments, options))
            script.append((slot.wait, calls))
        return lambda: self._play(script)

    def _play(self, script: Sequence[tuple[int, list[tuple[str, dict[str, Any], dict[str, Any]]]]]) -> None:
        for wait, calls in script:
            if wait > SLOT_SECONDS:
                self._pass_time(wait)
            if not calls:
                self._mine()
            for function, arguments, options in calls:
                self._transact(function, arguments, options)

    def _transact(self, function: str, arguments: dict[str, Any], options: dict[str, Any]) -> None:
        contract = self._contract
        if function == "__callback":
            seats = self._panels[arguments["queryId"]]
            arguments = arguments | {
                "rows": sorted(arguments["rows"], key=lambda row: seats.index(row["verifier"]))
            }
        sent = contract.functions[function](**arguments).transact(options)
        receipt = self._w3.eth.wait_for_transaction_receipt(sent)
        assert receipt["status"] == 1, function
        self.gas[function] += receipt["gasUsed"]
        for event in self._events(function, receipt):
            self.events[event["event"]] += 1
            if event["event"] == "PanelDrawn":
                self._panels[event["args"]["modelId"]] = event["args"]["panel"]

    def _events(self, function: str, receipt: Any) -> Iterator[Any]:
        from web3.logs import (
            DISCARD,
        )  # web3 is loaded by its own paths alone, so that ours are charged no memory

        for name in EVENTS[function]:
            yield from self._contract.events[name]().process_receipt(receipt, errors=DISCARD)

    def _created(self, deployer: Account, artifact: Any) -> str:
        factory = self._w3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
        sent = factory.constructor().transact({"from": deployer.address})
        return self._w3.eth.wait_for_transaction_receipt(sent)["contractAddress"]

    def head(self) -> str:
        """Return the newest block's hash in hexadecimal."""
        return self._w3.eth.get_block("latest")["hash"].to_0x_hex()

    @abstractmethod
    def _pass_time(self, seconds: int) -> None: ...

    @abstractmethod
    def _mine(self) -> None: ...


class EthTester(ThroughWeb3):
    """eth-tester with py-evm as they come, but for who owns ether."""

    def __init__(self, tasks: int):
        from eth_keys.datatypes import PrivateKey
        from eth_tester import EthereumTester, PyEVMBackend
        from web3 import EthereumTesterProvider, Web3

        who = people(tasks)
        keys = [PrivateKey(account.private_key) for account in who.values()]
        owned = {"balance": WEALTH_WEI, "nonce": 0, "code": b"", "storage": {}}
        backend = PyEVMBackend(genesis_state={key.public_key.to_canonical_address(): owned for key in keys})
        backend.account_keys = tuple(keys)
        self._tester = EthereumTester(backend)
        super().__init__(Web3(EthereumTesterProvider(self._tester)), who)

    def _pass_time(self, seconds: int) -> None:
        self._tester.time_travel(self._tester.get_block_by_number("pending")["timestamp"] + seconds)

    def _mine(self) -> None:
        self._tester.mine_block()

    def close(self) -> None:
        """Do nothing."""


class AnvilOverHttp(ThroughWeb3):
    """anvil as it comes, quiet and mining each transaction at once, signing for everybody."""

    def __init__(self, tasks: int):
        from web3 import HTTPProvider, Web3

        from verifuse.chain.anvil import find_anvil

        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        options = ["--quiet", "--auto-impersonate", "--chain-id", str(CHAIN_ID), "--port", str(port)]
        self._process = subprocess.Popen([find_anvil(), *options])
        w3 = Web3(HTTPProvider(f"http://127.0.0.1:{port}"))
        while not w3.is_connected():
            assert self._process.poll() is None, "anvil did not start"
            time.sleep(0.05)
        self._request = w3.provider.make_request
        who = people(tasks)
        for account in who.values():
            self._request("anvil_setBalance", [account.address, hex(WEALTH_WEI)])
        super().__init__(w3, who)

    def _pass_time(self, seconds: int) -> None:
        self._request("evm_increaseTime", [seconds])
        self._mine()  # gas is estimated on the newest block

    def _mine(self) -> None:
        self._request("evm_mine", [])

    def close(self) -> None:
        """End the node."""
        self._process.terminate()
        self._process.wait()


PATHS: dict[str, Callable[[int], Path]] = {
    "eth-tester": EthTester,
    "tester": lambda tasks: Ours("tester", tasks),
    "anvil, HTTP": AnvilOverHttp,
    "anvil": lambda tasks: Ours("anvil", tasks),
}
