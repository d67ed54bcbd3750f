"""What every room's tests share: one cache of trained models, and nodes that Verifuse did not start."""

import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import settings

from verifuse.agents import Market
from verifuse.chain.anvil import find_anvil
from verifuse.learning import Workbench
from verifuse.scenarios import load
from verifuse.storage import ModelStore

# No test is about how fast the machine is.
settings.register_profile("verifuse", deadline=None)
settings.load_profile("verifuse")

SMALL = (
    "contributors.count=2",
    "task.also_measure=[]",
    "task.mafr=0.3",
    "fusion.epochs=12",
    "fusion.stage_one_epochs=4",
)


def pytest_collection_modifyitems(items):
    """Begin with sweeps: their files take longest, and what is begun last keeps one process waiting."""
    items.sort(key=lambda item: "sweeps" not in item.path.parts)


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def small():
    """Overrides that make ``quick`` quicker still: two contributors, one strategy, few epochs."""
    return SMALL


@pytest.fixture(scope="session")
def workbench(cache):
    with Workbench(cache=cache) as workbench:
        yield workbench


@pytest.fixture
def open_market(workbench, tmp_path):
    """Open real markets on the small digits: two contributors, three verifiers, unless told otherwise."""
    opened = []

    def open_one(*overrides, seed=None):
        scenario = load("quick", [*SMALL, *overrides], seed=seed).resolved()
        market = Market(scenario, store=ModelStore(tmp_path / f"store-{len(opened)}"), workbench=workbench)
        opened.append(market)
        return market

    yield open_one
    for market in opened:
        market.close()


@contextmanager
def anvil_of_another(*options: str) -> Iterator[str]:
    """Run an anvil that the framework did not start; gives its URL."""
    command = [str(find_anvil()), "--port", "0", "--host", "127.0.0.1", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as node:
        assert node.stdout is not None
        listening = next(line for line in node.stdout if line.startswith("Listening on"))
        threading.Thread(target=node.stdout.read, daemon=True).start()
        try:
            yield f"http://{listening.split()[-1]}"
        finally:
            node.terminate()


@pytest.fixture(scope="session")
def running():
    """Run an anvil that somebody else owns: a context manager that takes its options and gives its URL."""
    return anvil_of_another


class FragileProxy:
    """Passes requests on to a node, but only so many; then it is gone, with or without the last answer."""

    def __init__(self, url: str, requests: int, answer_last: bool):
        self._node = re.fullmatch(r"http://(.+):(\d+)", url).groups()
        self._port = 0
        self.open(requests, answer_last)
        self.url = f"http://127.0.0.1:{self._port}"

    def open(self, requests: int, answer_last: bool = True) -> None:
        """Be there, or be there again."""
        self._left, self._answer_last = requests, answer_last
        self._door = socket.create_server(("127.0.0.1", self._port))
        self._port = self._door.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._door.accept()
                with client, socket.create_connection(self._node) as node:
                    self._pass_on(client, node)

    def _pass_on(self, client: socket.socket, node: socket.socket) -> None:
        while self._left and (request := _http_message(client)):
            self._left -= 1
            node.sendall(request)
            answer = _http_message(node)
            if self._left or self._answer_last:
                client.sendall(answer)
        if not self._left:
            self._door.close()


def _http_message(stream: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = stream.recv(1 << 16)
        if not piece:
            return b""
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
    while len(body) < length:
        body += stream.recv(1 << 16)
    return head + b"\r\n\r\n" + body


@pytest.fixture(scope="session")
def fragile():
    """Return the class of a node's proxy that is gone after so many requests."""
    return FragileProxy
