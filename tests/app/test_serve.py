"""Starting the page: mistakes end in one line, before anything is trained."""

import socket
import subprocess
import sys

import pytest

from verifuse.app import serve
from verifuse.errors import InputError


def run(*arguments):
    command = [sys.executable, "-m", "verifuse", "app", "--no-browser", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_a_port_that_is_taken_is_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("--port", str(port))
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith(f"verifuse: --port: {port} is not usable; a port that is free")
    assert len(done.stderr.splitlines()) == 1


def test_a_scenario_that_there_is_not_is_one_line():
    done = run("quik", "--port", "0")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and "'quik'" in done.stderr and "quick" in done.stderr


def test_an_address_that_is_not_here_is_refused():
    with pytest.raises(InputError, match="--host"):
        serve.listen("no.such.host.invalid", 0)
    with pytest.raises(InputError, match="--port"):
        serve.listen("127.0.0.1", 70_000)


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.setattr(serve, "NEEDED", ("json", "no_such_package"))
    with pytest.raises(
        serve.AppMissing, match=r"needs no_such_package; install it with: pip install 'verifuse\[app\]'"
    ):
        serve.refuse_what_is_missing()


def test_it_listens_on_this_machine_alone():
    with serve.listen(serve.HOST, 0) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"
