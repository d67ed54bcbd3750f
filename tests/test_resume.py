"""A run on somebody else's node: lost, and continued from where it was."""

import re

import pytest

from verifuse.chain import ChainUnreachable
from verifuse.errors import InputError
from verifuse.scenarios import load, read_record, resume_scenario, run_scenario


@pytest.fixture
def short(small, cache):
    """Run the small scenario on a node, into a folder."""

    def run(url, out):
        return run_scenario(load("quick", [*small, f'chain.name="{url}"']), out, cache=cache, workers=1)

    return run


def told(record):
    """What a record says but for hashes and the order of seats, which follows from them."""
    payments = record.table("payments")[["reason", "name", "amount_wei", "block"]]
    transactions = record.table("transactions")[["sender", "function", "gas_used", "status", "block"]]
    return sorted(map(tuple, payments.values.tolist())), transactions.values.tolist()


@pytest.mark.parametrize("requests", [30, 90])
def test_a_run_that_lost_its_node_is_continued(short, running, fragile, cache, tmp_path, requests):
    with running("--chain-id", "31337", "--timestamp", "1700000000") as url:
        whole = told(short(url, tmp_path / "whole"))
    with running("--chain-id", "31337", "--timestamp", "1700000000") as url:
        proxy = fragile(url, requests, answer_last=False)
        with pytest.raises(ChainUnreachable, match="is gone") as gone:
            short(proxy.url, tmp_path / "lost")
        unfinished = tmp_path / "lost.unfinished"
        assert gone.value.__notes__ == [f"continue with: verifuse resume {unfinished}"]
        assert not (tmp_path / "lost").exists()
        with pytest.raises(ChainUnreachable):  # still gone: nothing is lost by trying
            resume_scenario(unfinished, cache=cache, workers=1)
        proxy.open(100_000)
        assert told(resume_scenario(unfinished, cache=cache, workers=1)) == whole
        assert told(read_record(tmp_path / "lost")) == whole
        assert not unfinished.exists()


def test_only_an_unfinished_run_is_continued(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(InputError, match=re.escape("a folder that an unfinished run left")):
        resume_scenario(tmp_path / "a")
