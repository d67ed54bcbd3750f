"""anvil, foundry's node, started for one run and ended with it."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from eth_utils.address import to_checksum_address

from ..errors import InputError
from .config import ChainConfig
from .genesis import COINBASE, accounts_of, genesis_balances, genesis_base_fee_wei
from .keccak import use_fast_keccak
from .on_demand import OnDemandChain
from .rpc import Rpc, connect
from .types import Account, ChainUnreachable

KEEPER = Path(__file__).with_name("keeper.py")
PACKAGES = Path("node_modules", "@foundry-rs")
MISSING = (
    "anvil, which is not on PATH: install it with foundryup, or in this folder with"
    " `npm install @foundry-rs/anvil`"
)
STARTING_SECONDS = 30.0
_LISTENING = re.compile(r"^Listening on (\S+:\d+)", re.MULTILINE)


class Anvil:
    """A node of our own, on an address that only this machine reaches.

    A process beside it ends it and removes its files when ours goes, in whichever way; Ctrl-C in a terminal
    does not reach it before.

    Args:
        config: Chain id, genesis time, gas limit and price.
        balances: Wei at block 0 by checksum address; nobody else owns any.

    Attributes:
        url: Where it listens, on the loopback interface.
        rpc: The fastest connection to it.

    Raises:
        InputError: There is no anvil on this machine.
        ChainUnreachable: It did not start.
    """

    def __init__(self, config: ChainConfig, balances: Mapping[str, int]):
        program = find_anvil()
        self._folder = Path(tempfile.mkdtemp(prefix="verifuse-"))
        self._log = self._folder / "log"
        socket = self._folder / "ipc"
        genesis = self._folder / "genesis.json"
        genesis.write_text(json.dumps(genesis_block(config, balances)))
        keeper = [sys.executable, "-I", "-S", KEEPER, self._folder]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*keeper, program, *options(config, genesis, socket)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self.url = f"http://{self._address()}"
            place = self.url if sys.platform == "win32" else str(socket)
            self.rpc: Rpc = connect(place, config.patience)
            first_base_fee = genesis_base_fee_wei(config) * 7 // 8  # EIP-1559, after an empty block
            self.rpc.batch(
                [
                    ("anvil_setLoggingEnabled", [False]),
                    ("anvil_setCoinbase", [to_checksum_address(COINBASE)]),
                    ("anvil_setNextBlockBaseFeePerGas", [hex(first_base_fee)]),
                ]
            )
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the node; calling twice does no harm."""
        if hasattr(self, "rpc"):
            self.rpc.close()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _address(self) -> str:
        deadline = time.monotonic() + STARTING_SECONDS
        while time.monotonic() < deadline:
            printed = self._log.read_text(errors="replace")
            if listening := _LISTENING.search(printed):
                return listening[1]
            if self._process.poll() is not None:
                raise ChainUnreachable(f"anvil did not start: {' '.join(printed.split())[-300:]}")
            time.sleep(0.01)
        raise ChainUnreachable(f"anvil did not start within {STARTING_SECONDS:.0f} s")


def open_anvil(config: ChainConfig, balances: Mapping[Account | str, int]) -> OnDemandChain:
    """Return a chain at block 0 on an anvil of its own, which ends when the chain is closed.

    Raises:
        InputError: There is no anvil on this machine, or a balance is impossible.
        ChainUnreachable: It did not start.
    """
    use_fast_keccak()
    anvil = Anvil(config, genesis_balances(balances))
    coinbase = to_checksum_address(COINBASE)
    return OnDemandChain(config, anvil.rpc, anvil.url, coinbase, accounts_of(balances), anvil.close)


def find_anvil() -> Path:
    """Return anvil's program: from PATH, or from an npm package in this folder or in Verifuse's own.

    Raises:
        InputError: There is none.
    """
    if on_path := shutil.which("anvil"):
        return Path(on_path)
    name = "anvil.exe" if sys.platform == "win32" else "anvil"
    for folder in (Path.cwd(), Path(__file__).parents[1] / "contracts"):
        for found in sorted((folder / PACKAGES).glob(f"anvil-*/bin/{name}")):
            return found
    raise InputError("chain.name", "anvil", f"'tester', a node's URL, or {MISSING}")


def genesis_block(config: ChainConfig, balances: Mapping[str, int]) -> dict[str, object]:
    """Return block 0 in geth's form, equal to the one inside this process."""
    return {
        "config": {"chainId": config.chain_id},
        "timestamp": hex(config.genesis_time),
        "gasLimit": hex(config.block_gas_limit),
        "baseFeePerGas": hex(genesis_base_fee_wei(config)),
        "coinbase": to_checksum_address(COINBASE),
        "difficulty": "0x0",
        "alloc": {address: {"balance": hex(wei)} for address, wei in balances.items()},
    }


def options(config: ChainConfig, genesis: Path, socket: Path) -> list[str]:
    """Return anvil's arguments: a Cancun chain that seals blocks on demand, in the order of arrival."""
    ours = {
        "--init": genesis,
        "--chain-id": config.chain_id,
        "--timestamp": config.genesis_time,
        "--gas-limit": config.block_gas_limit,
        "--base-fee": genesis_base_fee_wei(config),
        "--hardfork": "cancun",
        "--order": "fifo",
        "--accounts": 0,
        "--host": "127.0.0.1",
        "--port": 0,
        "--ipc": socket,
    }
    flags = ["--no-mining", "--no-cors", "--no-priority-fee", "--disable-default-create2-deployer"]
    return [*flags, *(str(part) for option in ours.items() for part in option)]
