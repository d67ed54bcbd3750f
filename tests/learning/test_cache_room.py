"""The cache stays within its limit, forgets what was used longest ago, and computes nothing twice at once."""

import os
import subprocess
import sys

import numpy as np
import pytest

from verifuse.errors import InputError
from verifuse.learning import cache_limit, parse_bytes, prune, usage
from verifuse.learning.cache import Cache


def fill(folder, count, kilobytes=100):
    cache = Cache(folder)
    for number in range(count):
        key = f"{number:02x}" * 32
        cache.put(key, {"features": np.zeros(kilobytes * 250, np.float32)}, {})
        path = folder / key[:2] / f"{key}.safetensors"
        os.utime(path, (1_000_000 + number, 1_000_000 + number))
    return cache


def test_what_was_used_longest_ago_goes_first(tmp_path):
    cache = fill(tmp_path, 10)
    assert cache.get("00" * 32) is not None  # the oldest, now used again
    gone = prune(tmp_path, 450_000)
    assert gone.entries == 6
    left = [number for number in range(10) if cache.has(f"{number:02x}" * 32)]
    assert left == [0, 7, 8, 9]


def test_the_limit_holds_while_entries_are_added(tmp_path, monkeypatch):
    monkeypatch.setenv("VERIFUSE_CACHE_LIMIT", "1MB")
    fill(tmp_path, 40)
    (features,) = usage(tmp_path)
    assert features.kind == "features"
    assert 800_000 < features.bytes <= 1_060_000


@pytest.mark.parametrize(
    ("text", "size"), [("5GB", 5 * 10**9), ("1.5 kB", 1500), ("7", 7), ("2tb", 2 * 10**12)]
)
def test_sizes_are_read_as_people_write_them(text, size):
    assert parse_bytes(text, "--prune") == size


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "five", "5XB"])
def test_what_is_no_size_is_refused(text, monkeypatch):
    with pytest.raises(InputError, match="--prune"):
        parse_bytes(text, "--prune")
    monkeypatch.setenv("VERIFUSE_CACHE_LIMIT", text)
    if text:
        with pytest.raises(InputError, match="VERIFUSE_CACHE_LIMIT"):
            cache_limit()


HOLD = """
import pathlib, sys
from verifuse.learning.cache import Cache
with Cache(pathlib.Path(sys.argv[1])).alone("a" * 64):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_who_waits_for_a_process_that_dies_takes_over(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with Cache(tmp_path).alone("a" * 64, wait=False) as mine:
            assert not mine
        with Cache(tmp_path).alone("b" * 64, wait=False) as mine:
            assert mine
        other.kill()
    with Cache(tmp_path).alone("a" * 64) as mine:
        assert mine
    with Cache(tmp_path).alone("a" * 64, wait=False) as mine:
        assert mine
