"""Sweeps that are killed, interrupted and run side by side, as processes of the command line."""

import json
import os
import random
import signal
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from verifuse.scenarios import read_record

MORE = "seeds = 2", "seeds = 4"
"""Enough runs to be killed in the middle of five times."""


@pytest.fixture(scope="module")
def longer(sweep_file):
    path = sweep_file.with_name("longer.toml")
    path.write_text(sweep_file.read_text("utf-8").replace(*MORE), "utf-8")
    return path


class Command:
    """A sweep of the command line, the leader of a process group of its own."""

    def __init__(self, environment, file, out, workers=1):
        sweep = ["sweep", file, "--out", out, "--workers", str(workers), "--json"]
        command = [sys.executable, "-m", "verifuse", *sweep]
        self.out = out
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a job of a shell's background
            signal.signal(signal.SIGINT, signal.default_int_handler)
        self.process = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def runs(self):
        folder = self.out / "runs"
        return len(list(folder.iterdir())) if folder.is_dir() else 0

    def wait_for(self, runs):
        """Wait until so many runs are there, or the sweep is over."""
        while self.runs() < runs and not self.ends_within(0.01):
            pass

    def ends_within(self, seconds):
        try:
            return self.process.wait(seconds) is not None
        except subprocess.TimeoutExpired:
            return False

    def signal(self, number, *, group=True):
        (os.killpg if group else os.kill)(self.process.pid, number)

    def end(self):
        out, err = self.process.communicate()
        return self.process.returncode, out, err


@pytest.fixture(scope="module")
def whole(longer, environment, tmp_path_factory):
    command = Command(environment, longer, tmp_path_factory.mktemp("whole"), workers=2)
    status, out, _ = command.end()
    assert status == 0 and json.loads(out)["ran"] == 12
    return command.out / "results.parquet"


def test_killed_five_times_at_random_moments_it_ends_as_if_nothing_had_happened(
    longer, environment, whole, tmp_path
):
    moments = random.Random(6)
    for _ in range(5):
        command = Command(environment, longer, tmp_path, workers=2)
        command.wait_for(command.runs() + 1)
        command.ends_within(moments.uniform(0, 0.4))
        command.signal(signal.SIGKILL)
        command.end()
        for folder in (tmp_path / "runs").iterdir():
            read_record(folder)
    status, out, err = Command(environment, longer, tmp_path).end()
    assert status == 0, err
    assert (tmp_path / "results.parquet").read_bytes() == whole.read_bytes()
    assert not any((tmp_path / "running").iterdir())
    told = json.loads(out)
    assert told["there_before"] + told["ran"] == 12 and told["there_before"] >= 5


def test_workers_end_when_the_sweep_is_killed_alone(longer, environment, tmp_path):
    command = Command(environment, longer, tmp_path)
    command.wait_for(1)
    command.signal(signal.SIGKILL, group=False)
    command.end()  # returns when the last worker has closed the streams that it shares
    done = command.runs()
    assert done < 12
    status, out, _ = Command(environment, longer, tmp_path).end()
    assert status == 0 and json.loads(out)["ran"] == 12 - done


def test_ctrl_c_stops_with_one_line_and_the_same_command_goes_on(longer, environment, whole, tmp_path):
    command = Command(environment, longer, tmp_path)
    command.wait_for(2)
    command.signal(signal.SIGINT)
    status, out, err = command.end()
    assert (status, out) == (130, "")
    assert err.splitlines()[-1] == "verifuse: stopped; finished runs are kept, and the same command goes on"
    assert "Traceback" not in err and not any((tmp_path / "running").iterdir())
    assert Command(environment, longer, tmp_path).end()[0] == 0
    assert (tmp_path / "results.parquet").read_bytes() == whole.read_bytes()


def test_two_sweeps_on_one_folder_share_the_work(longer, environment, whole, tmp_path):
    both = [Command(environment, longer, tmp_path) for _ in range(2)]
    ends = [command.end() for command in both]
    assert [status for status, _, _ in ends] == [0, 0], ends
    told = [json.loads(out) for _, out, _ in ends]
    assert sum(one["ran"] for one in told) == 12
    assert {one["rows"] for one in told} == {12}
    assert pq.read_table(tmp_path / "results.parquet").equals(pq.read_table(whole))
    assert (tmp_path / "results.parquet").read_bytes() == whole.read_bytes()
