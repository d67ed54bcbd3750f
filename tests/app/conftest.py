"""What tests of the page share: a browser, windows that must stay free of errors, and served pages."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from browser import PATIENCE_SECONDS, WIDE, Window, chromium, served
from playwright.sync_api import expect

expect.set_options(timeout=PATIENCE_SECONDS * 1000)


@pytest.fixture(scope="session")
def browser():
    """One browser for all windows."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def serve():
    """Serve a page: a context manager that takes a command, a log file and environment, and gives the URL."""
    return served


@pytest.fixture
def open_window(browser):
    """Open windows; what went wrong in any of them fails the test in the end."""
    windows = []

    def open_one(url, width=WIDE, height=900):
        windows.append(Window(browser, url, width, height))
        windows[-1].open()
        return windows[-1]

    yield open_one
    for window in windows:
        window.close()
    assert [window.errors for window in windows] == [[] for _ in windows]
    assert [window.strangers for window in windows] == [[] for _ in windows]
