"""Starts the page's server: imports and the demo's models are warm before a browser is told to come.

The page trains for whoever asks, so it listens on this machine alone unless it is told otherwise.
"""

import os
import signal
import socket
import threading
import time
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec

from ..errors import InputError, VerifuseError
from .live import LiveMarket
from .offered import SCENARIO, offered
from .shared_bench import SharedBench, the_bench

NEEDED = ("solara", "solara_assets", "ipyvue", "ipyvuetify")
HOST, PORT = "127.0.0.1", 8765

SETTINGS = {
    "SOLARA_APP": "verifuse.app.page",
    "SOLARA_MODE": "production",
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "false",
    "SOLARA_KERNEL_CULL_TIMEOUT": "5m",
    "SOLARA_KERNEL_MAX_PER_SESSION": "12",
    "SOLARA_THEME_VARIANT": "light",
    "SOLARA_THEME_LOADER": "plain",
    "SOLARA_ASSETS_FONTAWESOME_ENABLED": "false",
}
"""Solara's settings: nothing is asked of the internet, and a page that was lost is given up after minutes."""


class AppMissing(VerifuseError):
    """What the page needs is not installed."""


def serve(
    scenario: str | None = None,
    *,
    host: str = HOST,
    port: int = PORT,
    browser: bool = True,
    say: Callable[[str], None] = print,
) -> None:
    """Serve the page until Ctrl-C.

    Args:
        scenario: What it begins with: a shipped name or the path of a TOML file; absent, the demo.
        host: Address to listen at.
        port: Port to listen at; 0 takes a free one.
        browser: Whether to open a browser.
        say: Prints a line for people.

    Raises:
        InputError: The scenario or the port cannot be used.
        AppMissing: The extra is not installed.
    """
    refuse_what_is_missing()
    listening = listen(host, port)
    with listening:
        port = listening.getsockname()[1]
        os.environ.update(SETTINGS)
        if scenario is not None:
            os.environ[SCENARIO] = scenario
        offered()
        say("getting ready: the demo's models are trained the first time, which takes up to a minute")
        began = time.perf_counter()
        warm(the_bench())
        where = f"http://{'localhost' if host in (HOST, '0.0.0.0') else host}:{port}"
        say(f"ready after {time.perf_counter() - began:.1f} s: {where}   (Ctrl-C ends it)")
        if host != HOST:
            say("whoever reaches this machine can use the page; it asks nobody for a password")
        _serve(listening, where if browser else None)
    say("the page is closed")


def refuse_what_is_missing() -> None:
    """Say what to install where the extra is not.

    Raises:
        AppMissing: Something of it is missing.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise AppMissing(f"the page needs {', '.join(missing)}; install it with: pip install 'verifuse[app]'")


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        InputError: The port is taken or not allowed, or there is no such address here.
    """
    if not 0 <= port <= 65_535:
        raise InputError("--port", port, "a number from 0 to 65535")
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=64)
    except socket.gaierror:
        raise InputError("--host", host, "an address of this machine, such as 127.0.0.1 or 0.0.0.0") from None
    except OSError as error:
        allowed = f"a port that is free ({error.strerror}); --port 0 takes any"
        raise InputError("--port", port, allowed) from None


def warm(shared: SharedBench) -> None:
    """Run the first market once to its end: what it imports, compiles and trains is there afterwards."""
    first = next(iter(offered().values()))
    market = LiveMarket(first.scenario(first.choices), shared)
    try:
        while not market.is_over:
            market.step()
    finally:
        market.close()


def _serve(listening: socket.socket, where: str | None) -> None:
    import uvicorn
    from solara.server import starlette

    from . import page  # noqa: F401  # imported now, so that the first visitor need not wait for it

    server = uvicorn.Server(
        uvicorn.Config(starlette.app, log_level="error", timeout_graceful_shutdown=1, ws_ping_interval=20)
    )
    if where is not None:
        threading.Thread(target=_open_browser, args=(server, where), daemon=True).start()
    # The server lets signals through when it has shut down; both then end up here.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listening])
    finally:
        the_bench().close()


def _open_browser(server: object, where: str) -> None:
    # Uvicorn says that it has started by an attribute alone.
    while not getattr(server, "started", False):
        time.sleep(0.05)
    webbrowser.open(where)
