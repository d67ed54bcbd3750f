"""Visitors take turns at the server's one worker."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from verifuse.app.shared_bench import Cancelled, SharedBench, TooLong, VisitorBench, Work


@pytest.fixture
def shared(tmp_path):
    bench = SharedBench(tmp_path)
    yield bench
    bench.close()


class Asker:
    """A visitor who asks for one answer on a thread of her own, and whose job we end ourselves."""

    def __init__(self, shared, pool, what):
        self.job = Future()
        self.began, self.told, self.cancelled = threading.Event(), [], threading.Event()
        self.has_to_wait = threading.Event()
        self.answer = pool.submit(shared.compute, self._submit, what, self.cancelled, self._tell)

    def _submit(self, workbench):
        self.began.set()
        return self.job

    def _tell(self, work):
        self.told.append(work)
        if work.ahead:
            self.has_to_wait.set()


@pytest.fixture
def ask(shared):
    with ThreadPoolExecutor() as pool:
        askers = []

        def one(what):
            askers.append(Asker(shared, pool, what))
            return askers[-1]

        yield one
        for asker in askers:
            asker.cancelled.set()
            if not asker.job.done():
                asker.job.set_result(None)


def test_one_job_at_a_time_in_the_order_of_asking(ask, shared):
    first = ask("training a model")
    assert first.began.wait(10)
    second = ask("fitting fusion heads")
    assert second.has_to_wait.wait(10)
    assert second.told == [Work("fitting fusion heads", 1)] and not second.began.is_set()
    assert shared.waiting == 2
    first.job.set_result("model")
    assert first.answer.result(10).result() == "model"
    assert second.began.wait(10)
    assert second.told[-1] == Work("fitting fusion heads", 0)


def test_who_cancels_goes_at_once_but_the_worker_is_busy_until_the_job_ends(ask):
    first = ask("training a model")
    assert first.began.wait(10)
    second = ask("training a model")
    assert second.has_to_wait.wait(10)
    first.cancelled.set()
    with pytest.raises(Cancelled):
        first.answer.result(10)
    assert not second.began.wait(0.3)
    first.job.set_result(None)
    assert second.began.wait(10)


def test_who_waits_can_cancel_too(ask, shared):
    first = ask("training a model")
    assert first.began.wait(10)
    second = ask("training a model")
    assert second.has_to_wait.wait(10)
    second.cancelled.set()
    with pytest.raises(Cancelled):
        second.answer.result(10)
    assert shared.waiting == 1 and not second.began.is_set()


def test_no_job_lasts_for_ever(tmp_path):
    shared = SharedBench(tmp_path, longest=0.3)
    with pytest.raises(TooLong, match=r"longer than 0\.3 s"):
        shared.compute(lambda bench: Future(), "training a model", threading.Event(), lambda work: None)
    assert shared.waiting == 0


def test_a_failed_job_gives_its_turn_back(shared):
    failed = Future()
    failed.set_exception(ValueError("no such model"))
    future = shared.compute(lambda bench: failed, "training a model", threading.Event(), lambda work: None)
    assert isinstance(future.exception(), ValueError)
    assert shared.waiting == 0


def test_doors_are_counted(shared):
    with VisitorBench(shared, lambda work: None) as one, VisitorBench(shared, lambda work: None):
        assert shared.visitors == 2
        one.close()
        one.close()
        assert shared.visitors == 1
    assert shared.visitors == 0
