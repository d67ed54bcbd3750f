"""A run whose node real clients reach: cast, web3, ethers.

The node listens on this machine alone and answers from the start. It goes on answering while the market
stands still and, when the run is over and recorded, until whoever started it has seen enough.
"""

import shlex
import sys
import time
from collections.abc import Callable
from importlib import resources
from typing import TYPE_CHECKING, TextIO

from .errors import InputError

if TYPE_CHECKING:
    from .agents import Market

READS = {"task_market": ("TaskMarket", "task"), "paper": ("PaperMarket", "terms")}
"""Which contract a market stands on, by the scenario's ``contract``, and what of it tells about a task."""


class Service:
    """Keeps a market's node open for others and tells how to reach it; it has to outlive the run.

    Args:
        say: Prints a line for people.
        pause_at: Simulated second at which the market stands still until a line can be read, if any.
        lines: Where that line comes from; standard input by default.
    """

    def __init__(
        self, say: Callable[[str], None], *, pause_at: float | None = None, lines: TextIO | None = None
    ):
        self._say = say
        self._pause_at = pause_at
        self._lines = lines or sys.stdin

    def begin(self, market: "Market") -> None:
        """Say how to reach the node of a market that is about to run, and plan its pause.

        Raises:
            InputError: Its chain has no address that others could use.
        """
        url = market.chain.url
        if url is None:
            allowed = "--serve needs a chain that others can reach: add --chain anvil"
            raise InputError("chain.name", market.config.chain.name, allowed)
        for line in directions(market, url):
            self._say(line)
        if self._pause_at is not None:
            market.schedule_event(self._pause, at=self._pause_at)

    def stay(self) -> None:
        """Return when somebody presses Ctrl-C."""
        try:
            self._say("The run is over and its record written; the node answers until you press Ctrl-C.")
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            self._say("The node is closed.")

    def _pause(self) -> None:
        self._say(f"The market stands still at second {self._pause_at:g}; press Enter to let it go on.")
        if not self._lines.readline():
            self._say("There is no standard input in which somebody could press Enter.")
        self._say("The market goes on.")


def directions(market: "Market", url: str) -> list[str]:
    """Return lines that say where a market's node is, and how cast and web3.py read its task."""
    from .contracts.abi import read_interface

    contract, function = READS[market.config.contract]
    address = market.contract.address
    file = str(resources.files("verifuse.contracts") / "artifacts" / f"{contract}.json")
    entry = read_interface(contract, {}).functions[function]
    signature = f"{function}({','.join(entry.input_types)})({','.join(entry.output_types)})"
    provider = "HTTPProvider" if url.startswith("http") else "IPCProvider"
    return [
        f"node      {url}",
        f"chain id  {market.chain.chain_id}",
        f"contract  {contract} at {address}",
        f"ABI       {file}, under 'abi'",
        f"cast      cast call {address} {shlex.quote(signature)} 1 --rpc-url {shlex.quote(url)}",
        f"python    import json, web3; market = web3.Web3(web3.{provider}({url!r})).eth.contract({address!r},"
        f" abi=json.load(open({file!r}))['abi']); print(market.functions.{function}(1).call())",
    ]
