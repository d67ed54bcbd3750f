import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from verifuse.learning import FusionConfig, FusionJob, TrainingConfig, network_spec
from verifuse.learning.cache import Cache, cache_key
from verifuse.learning.results import fusion_key, training_key


def test_what_goes_in_comes_out(tmp_path):
    cache, key = Cache(tmp_path / "new"), cache_key("test", part=1)
    assert cache.get(key) is None
    cache.put(key, {"a": np.arange(6, dtype=np.float32).reshape(2, 3)}, {"b": [1, 2.5, None, "ü"]})
    arrays, values = cache.get(key)
    assert arrays["a"].tolist() == [[0, 1, 2], [3, 4, 5]] and values == {"b": [1, 2.5, None, "ü"]}


def test_a_damaged_entry_is_absent_and_can_be_replaced(tmp_path):
    cache, key = Cache(tmp_path), cache_key("test")
    cache.put(key, {}, {"n": 1})
    (path,) = (file for file in tmp_path.rglob("*") if file.is_file())
    path.write_bytes(path.read_bytes()[:-3])
    assert cache.get(key) is None
    cache.put(key, {}, {"n": 2})
    assert cache.get(key) == ({}, {"n": 2})


def test_concurrent_writers_leave_one_whole_entry(tmp_path):
    cache, key = Cache(tmp_path), cache_key("test")
    big = np.arange(200_000, dtype=np.float32)

    def write(_):
        cache.put(key, {"big": big}, {})
        return np.array_equal(cache.get(key)[0]["big"], big)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(write, range(40)))
    assert len([file for file in tmp_path.rglob("*") if file.is_file()]) == 1


def test_a_training_is_addressed_by_everything_it_depends_on(jobs):
    job = jobs[0]
    variants = [
        job,
        replace(job, network=network_spec("dense", (8, 8), job.network.classes)),
        replace(job, data=jobs[1].data),
        replace(job, config=TrainingConfig(patience=3)),
        replace(job, threshold=0.9),
        replace(job, seed=77),
    ]
    assert len({training_key(variant) for variant in variants}) == len(variants)
    assert training_key(job) == training_key(replace(job))


def test_a_fusion_is_addressed_by_everything_it_depends_on(shares):
    job = FusionJob((b"one", b"two"), shares.shares["verifiers"], 10)
    variants = [
        job,
        replace(job, model_files=(b"two", b"one")),
        replace(job, model_files=(b"one",)),
        replace(job, data=shares.shares["contributor-1"]),
        replace(job, classes=11),
        replace(job, strategy="I"),
        replace(job, config=FusionConfig(epochs=3)),
        replace(job, seeds=(1,)),
        replace(job, held_out=shares.held_out),
        replace(job, control=True),
    ]
    assert len({fusion_key(variant) for variant in variants}) == len(variants)


def test_what_is_passing_makes_room_for_what_is_new(tmp_path, monkeypatch):
    monkeypatch.setattr("verifuse.learning.cache.PASSING_BYTES", 2_500)
    cache, block = Cache(tmp_path), {"a": np.zeros(200, np.float32)}
    cache.put("kept", block, {})
    for number in range(4):
        cache.put(f"entry{number}", block, {}, passing=True)
        os.utime(next((tmp_path / "passing").glob(f"entry{number}*")), (number, number))
    assert [cache.get(f"entry{number}", passing=True) is not None for number in range(4)] == [0, 0, 1, 1]
    assert cache.get("kept") is not None and cache.get("entry3") is None
