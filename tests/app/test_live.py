"""A watched market is the market that ``verifuse run`` runs, picture by picture."""

import threading
from itertools import pairwise

import pytest

from verifuse.app.live import LiveMarket
from verifuse.app.picture import CONTRACT, STORE
from verifuse.app.shared_bench import Cancelled, SharedBench
from verifuse.scenarios import load, run_scenario


@pytest.fixture(scope="module")
def shared(cache):
    bench = SharedBench(cache)
    yield bench
    bench.close()


@pytest.fixture(scope="module")
def scenario(small):
    return load("quick", [*small, 'task.also_measure=["I"]'])


@pytest.fixture(scope="module")
def pictures(shared, scenario):
    """All pictures of a market, from its opening to its end."""
    market = LiveMarket(scenario, shared)
    found = [market.picture]
    while not market.is_over:
        found.append(market.step())
    market.close()
    return found


@pytest.fixture(scope="module")
def record(workbench, scenario, tmp_path_factory):
    return run_scenario(scenario, tmp_path_factory.mktemp("runs") / "one", workbench=workbench)


def test_it_ends_as_the_command_line_does(pictures, record):
    assert pictures[-1].is_over
    assert pictures[-1].digest == record.manifest["digest"]
    assert [one.digest for one in pictures[:-1]] == [""] * (len(pictures) - 1)


def test_the_first_picture_is_there_before_anybody_acts(pictures, scenario):
    first = pictures[0]
    assert first.time == 0 and first.escrow_wei == 0 and not first.models and not first.notes
    assert {one.presence for one in first.people} == {"coming"}
    assert [one.function for one in first.calls] == ["constructor"] * first.news
    balances = {one.name: one.wallet_wei for one in first.people}
    assert balances["initiator"] == scenario.initiator.balance
    assert balances["verifier-2"] == scenario.verifiers.balance


def test_every_step_but_the_last_seals_one_block(pictures):
    blocks = [one.block for one in pictures]
    assert all(later - earlier == 1 for earlier, later in pairwise(blocks[:-1]))
    assert blocks[-1] - blocks[-2] in (0, 1)
    times = [one.time for one in pictures]
    assert times == sorted(times)


def test_news_add_up_to_what_happened(pictures):
    last = pictures[-1]
    assert sum(one.news for one in pictures) == len(last.calls)
    assert sum(one.new_notes for one in pictures) == len(last.notes)
    for earlier, later in pairwise(pictures):
        assert later.calls[: len(earlier.calls)] == earlier.calls
        assert len(later.calls) - len(earlier.calls) == later.news


def test_no_ether_is_lost_but_gas(pictures):
    first = pictures[0]
    whole = sum(one.wallet_wei + one.fees_wei for one in first.people)
    for picture in pictures:
        assert picture.escrow_wei + sum(one.wallet_wei + one.fees_wei for one in picture.people) == whole
        for one in picture.people:
            start = next(
                other.wallet_wei - other.change_wei for other in first.people if other.name == one.name
            )
            assert one.wallet_wei - one.change_wei == start


def test_accuracies_are_those_of_the_record(pictures, record):
    models = record.table("models").sort_values("model_id")
    last = pictures[-1]
    assert [one.accuracy for one in last.locals] == models["local_accuracy"].tolist()
    for strategy in ("I", "II"):
        assert [one.fused[strategy] for one in last.models] == models[f"fused_accuracy_{strategy}"].tolist()
    assert [one.state for one in last.models] == models["outcome"].tolist()
    assert [one.votes_for for one in last.models] == models["passes"].tolist()
    assert [one.cid for one in last.models] == models["cid"].tolist()


def test_they_grow(pictures):
    many = [(len(one.locals), len(one.models)) for one in pictures]
    assert many == sorted(many) and many[0] == (0, 0) and many[-1] == (2, 2)


def test_calls_are_decoded(pictures):
    last = pictures[-1]
    calls = {call.function: call for call in last.calls}
    assert dict(calls["announceModel"].arguments)["cid"] == last.models[-1].cid
    assert dict(calls["withdrawFor"].arguments)["account"] in {one.name for one in last.people}
    assert "mafr_bps 30.00 %" in dict(calls["postTask"].arguments)["terms"]
    assert calls["postTask"].sentence.startswith("initiator posts the task, with 2.")
    assert [event.name for event in calls["announceModel"].events] == ["ModelAnnounced"]
    assert "model 2 is Rewarded: 3 of 3 evaluations pass" in [
        event.sentence for event in calls["__callback"].events
    ]


def test_what_goes_from_one_to_another(pictures):
    people = {one.name for one in pictures[0].people} | {CONTRACT, STORE}
    acts = [act for one in pictures for act in one.acts]
    assert {end for act in acts for end in (act.source, act.target)} <= people
    assert {act.kind for act in acts} == {"transaction", "event", "money", "model", "evaluation"}
    uploads = [act for act in acts if act.target == STORE and act.source.startswith("contributor")]
    assert len(uploads) == 2
    evaluations = [act for act in acts if act.kind == "evaluation"]
    assert len(evaluations) == 6 and {act.target for act in evaluations} == {"oracle"}


def test_the_end_says_what_the_initiator_has(pictures):
    assert pictures[-1].integrated.startswith("2 rewarded models fused by Strategy II: ")


def test_dishonest_people_are_told_apart(shared, small):
    groups = (
        "verifiers.groups=[{name = 'verifier', count = 2}, {name = 'lazy', count = 1, behaviour = 'lazy'}]"
    )
    market = LiveMarket(load("quick", [*small, groups]), shared)
    behaviours = {one.name: one.behaviour for one in market.picture.people}
    market.close()
    assert behaviours["lazy-1"] == "lazy" and behaviours["verifier-1"] == "honest"


@pytest.mark.parametrize("name", ["many_tasks", "participation", "paper_contract"])
def test_other_kinds_of_markets_can_be_watched(shared, name):
    """Several tasks and initiators, a market without networks, and the paper's contract: the first blocks."""
    market = LiveMarket(load(name), shared)
    pictures = [market.step() for _ in range(3)]
    market.close()
    assert pictures[-1].escrow_wei > 0
    assert all(call.sentence for call in pictures[-1].calls)


def test_a_step_that_learns_can_be_cancelled_and_leaves_nothing_behind(tmp_path, small):
    shared = SharedBench(tmp_path / "empty")
    told, working, outcome = [], threading.Event(), []

    def tell(work):
        told.append(work)
        if work.what:
            working.set()

    market = LiveMarket(load("quick", small), shared, tell)

    def play():
        try:
            while not market.is_over:
                market.step()
        except Cancelled as error:
            outcome.append(error)

    thread = threading.Thread(target=play)
    thread.start()
    assert working.wait(30) and told[0].what == "training a model"
    market.cancel()
    thread.join(30)
    assert len(outcome) == 1 and told[-1].what == ""
    assert shared.started and shared.visitors == 1
    market.close()
    market.close()
    assert not shared.started and shared.visitors == 0
