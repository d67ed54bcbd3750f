"""Real clients on a run's node: foundry's cast, and a web3.py script that knows the shipped ABI alone."""

import json
import os
import queue
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from verifuse.contracts import CreditReason, ModelState, TaskState
from verifuse.contracts.abi import event_entries, functions
from verifuse.scenarios import read_record

ROOT = Path(__file__).parents[1]
PATIENCE_SECONDS = 300
# What a shell starts in the background has SIGINT ignored; what stands in a terminal has not.
START = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    "from verifuse.cli import main; main()"
)


class Run:
    """``verifuse run quick --chain anvil`` as a process, with a folder of its own for temporary files."""

    def __init__(self, folder, cache, *arguments):
        self.record = folder / "run"
        self.temporary = Path(tempfile.mkdtemp(prefix="vf"))  # a socket's path may not be long
        command = ["run", "quick", "--chain", "anvil", "--out", self.record, *arguments]
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, *map(str, command)],
            env={**os.environ, "VERIFUSE_CACHE": str(cache), "TMPDIR": str(self.temporary)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said = []
        self._lines = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stderr:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def until(self, words):
        """Wait until it says something on standard error, and return that line."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            assert line is not None, f"it ended before it said '{words}':\n" + "\n".join(self.said)
            self.said.append(line)
            if words in line:
                return line

    def directed(self, word):
        """Return what it told people about one way to its node."""
        (line,) = (line for line in self.said if line.startswith(f"{word} "))
        return line.removeprefix(word).strip()

    def press_enter(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def stop(self, how):
        self.process.send_signal(how)
        return self.process.wait(PATIENCE_SECONDS)

    @property
    def port(self):
        """Where its node listens, as the node itself says."""
        (log,) = self.temporary.glob("verifuse-*/log")
        return int(re.search(r"Listening on 127\.0\.0\.1:(\d+)", log.read_text())[1])

    def clear(self):
        self.process.kill()
        self.process.wait()
        wait_until(lambda: left_in(self.temporary) == [])
        shutil.rmtree(self.temporary)


def left_in(folder):
    """Return what of ours is in a folder for temporary files."""
    return list(folder.glob("verifuse-*"))


def wait_until(holds):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that in time"


def answers(port, host="127.0.0.1"):
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        return False
    return True


@pytest.fixture
def start(tmp_path, cache):
    runs = []

    def start_one(*arguments):
        runs.append(Run(tmp_path, cache, *arguments))
        return runs[-1]

    yield start_one
    for run in runs:
        run.clear()


@pytest.fixture(scope="module")
def served(small, cache, tmp_path_factory):
    """A run that is over and whose node still answers."""
    run = Run(tmp_path_factory.mktemp("served"), cache, *small, "--serve")
    run.until("press Ctrl-C")
    yield run
    run.clear()


@pytest.fixture(scope="module")
def record(served):
    return read_record(served.record)


def find_cast():
    """Return foundry's client, which comes with the contract's tools."""
    if on_path := shutil.which("cast"):
        return on_path
    found = sorted(ROOT.glob("contracts/node_modules/@foundry-rs/cast-*/bin/cast*"))
    if not found:
        pytest.fail(
            "no cast for this machine, neither on PATH nor from npm in contracts/node_modules: "
            "`make contracts/node_modules/.installed`, or foundryup from getfoundry.sh"
        )
    return str(found[0])


@pytest.fixture(scope="module")
def cast(served):
    """Call cast on the served node; returns what it printed, read as JSON."""

    def call(command, *arguments):
        node = ["--json", "--rpc-url", served.directed("node")]
        done = subprocess.run(
            [find_cast(), command, *map(str, arguments), *node], capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)

    return call


def signature(entry):
    """Write a function or event of the ABI as cast reads it."""
    if entry.raw["type"] == "function":
        return f"{entry.name}({','.join(entry.input_types)})({','.join(entry.output_types)})"
    declared = zip(entry.input_types, entry.inputs, strict=True)
    return f"{entry.name}({','.join(kind + ' indexed' * one['indexed'] for kind, one in declared)})"


def expected_payments(record):
    """Return block, account, model (0 for none), wei and the contract's number of the reason."""
    reasons = [str(reason) for reason in CreditReason]
    table = record.table("payments")
    table["model_id"] = table.model_id.fillna(0).astype(int)
    return [
        (row.block, row.account, row.model_id, int(row.amount_wei), reasons.index(row.reason))
        for row in table.itertuples()
    ]


def test_cast_reads_task_models_credits_and_payments_as_the_record_has_them(served, record, cast):
    address = served.directed("contract").removeprefix("TaskMarket at ")
    assert address == record.summary["contract"]
    people = record.table("participants").set_index("name")

    program, *printed = shlex.split(served.directed("cast"))
    assert program == "cast"
    done = subprocess.run([find_cast(), *printed, "--json"], capture_output=True, text=True, check=True)
    [[initiator, state, _, unreserved, reserved, *_, models]] = json.loads(done.stdout)
    assert to_checksum_address(initiator) == people.account["initiator"]
    assert list(TaskState)[state] is TaskState.CLOSED
    assert (int(unreserved), int(reserved), models) == (0, 0, 2)

    model = functions()["model"]
    names = [component["name"] for component in model.raw["outputs"][0]["components"]]
    for row in record.table("models").itertuples():
        [told] = cast("call", address, signature(model), row.model_id)
        fields = dict(zip(names, told, strict=True))
        assert to_checksum_address(fields["contributor"]) == row.account
        assert str(list(ModelState)[fields["state"]]) == row.outcome
        assert (fields["reports"], fields["passes"]) == (row.reports, row.passes)
        assert fields["cidDigest"] == "0x" + keccak(text=row.cid).hex()

    payments, credit = expected_payments(record), signature(functions()["credit"])
    events = record.table("events").query("event == 'Withdrawn'")
    withdrawals = [(row.block, json.loads(row.arguments)) for row in events.itertuples()]
    for person in people.itertuples():
        assert int(cast("balance", person.account)) == person.balance_end_wei
    for block, account, *_ in payments:
        owed = sum(paid[3] for paid in payments if paid[0] <= block and paid[1] == account)
        owed -= sum(one["amount"] for when, one in withdrawals if when <= block and one["account"] == account)
        assert owed and int(cast("call", address, credit, account, "--block", block)[0]) == owed
        assert int(cast("call", address, credit, account)[0]) == 0

    (credited,) = (entry for entry in event_entries().values() if entry.name == "Credited")
    logs = cast("logs", "--address", address, "--from-block", 0, signature(credited))
    assert [
        (
            int(log["blockNumber"], 16),
            to_checksum_address("0x" + log["topics"][1][-40:]),
            int(log["topics"][3], 16),
            int(log["data"][2:66], 16),
            int(log["data"][66:], 16),
        )
        for log in logs
    ] == payments


def test_a_web3_script_with_the_shipped_abi_reads_the_same(served, record):
    file = served.directed("ABI").removesuffix(", under 'abi'")
    page = (ROOT / "docs/how-to/chains.md").read_text("utf-8")
    script = ROOT / "docs" / "examples" / "read_market.py"
    assert f"```python\n{script.read_text('utf-8')}```" in page
    command = [sys.executable, script, served.directed("node"), record.summary["contract"], file]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [line.split() for line in done.stdout.splitlines()]
    people = record.table("participants").set_index("name")
    models = record.table("models").itertuples()
    states = [str(state) for state in ModelState]
    assert [line[2:] for line in lines if line[0] == "task"] == [[people.account["initiator"], "1"]]
    assert [line[1:] for line in lines if line[0] == "model"] == [
        [str(row.model_id), row.account, str(states.index(row.outcome))] for row in models
    ]
    paid = [line[1:] for line in lines if line[0] == "paid"]
    assert [line[:5] for line in paid] == [list(map(str, row)) for row in expected_payments(record)]
    assert {line[5] for line in paid} == {"0"}

    done = subprocess.run(
        [sys.executable, "-c", served.directed("python")], capture_output=True, text=True, check=True
    )
    assert people.account["initiator"] in done.stdout


def test_the_node_listens_on_the_loopback_address_alone(served):
    port = served.port
    assert served.directed("node") == f"http://127.0.0.1:{port}" and answers(port)
    own = {place[4][0] for place in socket.getaddrinfo(socket.gethostname(), None)} - {"127.0.0.1"}
    assert not [host for host in {"127.0.0.2", "::1", *own} if answers(port, host)]
    tables = [path for path in map(Path, ("/proc/net/tcp", "/proc/net/tcp6")) if path.exists()]
    rows = [line.split() for table in tables for line in table.read_text().splitlines()[1:]]
    listening = {row[1] for row in rows if row[3] == "0A" and row[1].endswith(f":{port:04X}")}
    assert listening <= {f"0100007F:{port:04X}"}


def test_the_market_stands_still_goes_on_and_ends_with_ctrl_c(start, small):
    run = start(*small, "contributors.count=1", "--serve", "--pause-at", 100)
    run.until("stands still at second 100")
    assert answers(run.port) and not run.record.exists()
    assert not [line for line in run.said if "trained" in line]
    run.press_enter()
    run.until("trained tiny")
    run.until("press Ctrl-C")
    record = read_record(run.record)
    assert record.summary["finished"] and record.summary["models"]["rewarded"] == 1
    port = run.port
    assert answers(port)
    assert run.stop(signal.SIGINT) == 0
    assert not answers(port) and left_in(run.temporary) == []
    assert read_record(run.record).manifest == record.manifest


def test_ctrl_c_in_the_middle_leaves_no_node_and_no_file(start, small, tmp_path):
    run = start(*small, "--seed", 4711)
    run.until("posted the task")
    port = run.port
    assert answers(port)
    assert run.stop(signal.SIGINT) == 130
    assert not answers(port) and left_in(run.temporary) == []
    assert list(tmp_path.iterdir()) == []


def test_the_node_ends_with_a_process_that_is_killed(start, small):
    run = start(*small, "contract=paper", "--serve", "--pause-at", 0)
    run.until("stands still")
    assert run.directed("contract").startswith("PaperMarket at 0x") and "terms(uint256)" in run.directed(
        "cast"
    )
    port = run.port
    run.stop(signal.SIGKILL)
    wait_until(lambda: left_in(run.temporary) == [])
    assert not answers(port)


def test_a_missing_anvil_is_one_line_that_says_how_to_get_it(tmp_path, cache):
    # A copy of the package, for in the repository anvil lies where the package looks.
    packages = shutil.ignore_patterns(".*", "node_modules", "tests", "docs", "runs", "build", "__pycache__")
    shutil.copytree(ROOT, tmp_path / "site" / "verifuse", ignore=packages)
    (tmp_path / "empty").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "verifuse", "run", "quick", "--chain", "anvil"],
        cwd=tmp_path / "empty",
        env={
            **os.environ,
            "PATH": str(tmp_path / "empty"),
            "PYTHONPATH": str(tmp_path / "site"),
            "VERIFUSE_CACHE": str(cache),
        },
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("verifuse: chain.name: 'anvil'") and done.stderr.count("\n") == 1
    assert "foundryup" in done.stderr and "npm install @foundry-rs/anvil" in done.stderr
    assert list((tmp_path / "empty").iterdir()) == []
