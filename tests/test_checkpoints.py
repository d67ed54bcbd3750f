"""A run with checkpoints, killed without warning, goes on to the record of a run that was never stopped."""

import json
import os
import signal
import subprocess
import sys

import pytest

from verifuse.errors import InputError
from verifuse.scenarios import load, resume_scenario, run_scenario

EVERY = 300
KEYS = ("learning=surrogate",)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return run_scenario(load("quick", KEYS), tmp_path_factory.mktemp("whole") / "record")


def killed_at(out, lines):
    """Run in a process of its own and kill it as soon as its file of checkpoints has so many lines."""
    command = [sys.executable, "-m", "verifuse", "run", "quick", *KEYS, "--out", str(out)]
    process = subprocess.Popen([*command, "--checkpoint", str(EVERY)], stderr=subprocess.PIPE, text=True)
    file = out.with_name(f"{out.name}.unfinished") / "checkpoints.jsonl"
    while process.poll() is None:
        if file.exists() and file.read_text("utf-8").count("\n") >= lines:
            process.send_signal(signal.SIGKILL)
            break
    assert process.wait() == -signal.SIGKILL, process.stderr.read()
    return file


@pytest.mark.skipif(os.name == "nt", reason="no kill without warning")
@pytest.mark.parametrize("lines", [1, 3, 7])
def test_a_killed_run_goes_on_to_the_same_record(whole, tmp_path, lines):
    file = killed_at(tmp_path / "out", lines)
    assert not (tmp_path / "out").exists()
    with file.open("a") as torn:
        torn.write('{"second": 12')  # killed within a line
    record = resume_scenario(file.parent)
    assert record.manifest["digest"] == whole.manifest["digest"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_who_goes_on_elsewhere_has_to_be_where_the_run_was(tmp_path):
    file = killed_at(tmp_path / "out", 5)
    head, *lines = file.read_text("utf-8").splitlines()
    other = json.loads(lines[1]) | {"block_hash": "00" * 32}
    file.write_text("\n".join([head, lines[0], json.dumps(other), *lines[2:]]) + "\n", "utf-8")
    with pytest.raises(InputError, match="the versions and the kind of machine that the run began with"):
        resume_scenario(file.parent)
    assert file.exists() and not (tmp_path / "out").exists()
    file.write_text("no checkpoints\n", "utf-8")
    with pytest.raises(InputError, match="delete the folder to begin anew"):
        resume_scenario(file.parent)


def test_a_run_without_checkpoints_or_with_wrong_ones_leaves_nothing(tmp_path):
    for wrong in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(InputError, match="checkpoint: "):
            run_scenario(load("quick", KEYS), tmp_path / "out", checkpoint=wrong)
    assert list(tmp_path.iterdir()) == []
