"""One account in two roles, verifiers' own images, and work that costs."""

from fractions import Fraction

import numpy as np
import pytest

from verifuse.agents import CostSettings, head_seed
from verifuse.contracts import Credited, EvaluationCounted, ModelSettled, PanelDrawn, PoolJoined
from verifuse.errors import InputError
from verifuse.learning import FusionJob
from verifuse.scenarios import load
from verifuse.scenarios.summary import summarise
from verifuse.scenarios.tables import tabulate

ETHER = 10**18
BOTH = (
    "contributors.groups=[{name='both', count=2, verifies=true, start_every=0, speed=[0.5, 1]}]",
    "verifiers.count=2",
    "verifiers.panel=3",
    "task.mafr=0.01",
)


def events(market, kind):
    return [event for mined in market.mined for event in mined.events if isinstance(event, kind)]


def table(market, name):
    return tabulate(market)[name].to_pylist()


def images(samples):
    return [image.tobytes() for image in samples.images]


# Two roles.


def test_who_computes_and_verifies_is_paid_for_both_and_never_judges_herself(open_market):
    market = open_market(*BOTH)
    market.run()
    assert market.is_finished and market.chain.balance(market.contract.address) == 0
    assert not [mined.error for mined in market.mined if mined.error]
    assert [str(event.outcome) for event in events(market, ModelSettled)] == ["Rewarded", "Rewarded"]
    joined = {event.account for event in events(market, PoolJoined)}
    assert joined == {one.address for one in market.verifiers} and len(joined) == 4
    for drawn in events(market, PanelDrawn):
        assert market.web.models[drawn.model_id].contributor not in drawn.panel
        assert len(drawn.panel) == 3, "the other three of the pool"
    both = market.contributors[0]
    judged = [event for event in events(market, EvaluationCounted) if event.verifier == both.address]
    assert [market.web.models[event.model_id].contributor for event in judged] == [
        market.contributors[1].address
    ]

    (row,) = [row for row in table(market, "participants") if row["name"] == "both-1"]
    assert row["role"] == "contributor and verifier"
    earned = sum(event.amount for event in events(market, Credited) if event.account == both.address)
    assert row["credited_wei"] == earned == ETHER + market.config.task.verifier_fee
    assert row["balance_end_wei"] == row["balance_start_wei"] + earned - row["fees_wei"]
    paid = {(row["reason"], row["role"]) for row in table(market, "payments") if row["name"] == "both-1"}
    assert paid == {("ModelReward", "contributor"), ("VerifierFee", "verifier")}
    assert [row["role"] for row in table(market, "presence") if row["name"] == "both-1"] == [
        "verifier",
        "contributor",
    ]


@pytest.mark.parametrize(
    "keys", ["leaves='drawn'", "leaves='drawn', back_after=60", "stay=700", "stay=700, back_after=9"]
)
def test_both_roles_come_and_go_together(open_market, keys):
    groups = f"contributors.groups=[{{name='both', count=2, verifies=true, {keys}}}]"
    market = open_market(groups, *BOTH[1:], "task.commit_reveal=true", "verifiers.stake='0.1 ether'")
    market.run()
    assert market.is_finished
    assert summarise(market, tabulate(market))["finished"]
    visits = {}
    for visit in market.journal.visits:
        visits.setdefault(visit.name, {}).setdefault(visit.role, []).append((visit.arrived, visit.left))
    for name in ("both-1", "both-2"):
        assert visits[name]["contributor"] == visits[name]["verifier"]
        assert visits[name]["contributor"][0][1] is not None


def test_two_roles_need_a_wallet_for_both():
    with pytest.raises(
        InputError, match=r"contributors\.groups\[0\]\.balance: '1 wei' is not usable; .* stake"
    ):
        load("quick", [BOTH[0].replace("count=2", "count=2, balance=1"), "verifiers.stake='0.1 ether'"])


def test_who_verifies_beside_counts_for_the_panel():
    assert len(load("quick", ["verifiers.count=1", "contributors.verifies=true"]).pool) == 4
    with pytest.raises(InputError, match=r"verifiers\.panel: 5 is not usable; at most all verifiers, 4"):
        load("quick", ["verifiers.count=1", "contributors.verifies=true", "verifiers.panel=5"])


# Whose images.


@pytest.fixture
def fused(workbench, monkeypatch):
    """Note every fusion that a market asks for."""
    asked, fuse = [], workbench.fuse

    def listen(job: FusionJob):
        asked.append(job)
        return fuse(job)

    monkeypatch.setattr(workbench, "fuse", listen)
    return asked


def test_a_shared_sample_is_fused_by_the_whole_panel_at_once(open_market, fused):
    market = open_market("contributors.count=1")
    market.run()
    jobs = [job for job in fused if job.held_out is None]
    assert {len(job.seeds) for job in jobs} == {3}
    assert len({job.data.digest for job in jobs}) == 1


def test_a_split_sample_is_dealt_out_and_each_verifier_fits_her_own_head(open_market, fused):
    market = open_market("contributors.count=1", "verifiers.data=split", "task.mafr=0.01")
    market.run()
    jobs = [job for job in fused if job.held_out is None]
    seeds = [head_seed(market.config.seed, one.name) for one in market.verifiers]
    assert sorted(job.seeds for job in jobs) == sorted((seed,) for seed in seeds)
    whole = market.initiator.sample
    for part in ("train", "test", "verification"):
        dealt = [getattr(job.data, part) for job in jobs]
        assert sorted(image for one in dealt for image in images(one)) == sorted(images(getattr(whole, part)))
        counts = np.array([np.bincount(one.labels, minlength=10) for one in dealt])
        assert np.ptp(counts, axis=0).max() <= 1 and np.ptp(counts.sum(axis=1)) <= 1
    (integrated,) = [job for job in fused if job.held_out is not None]
    assert integrated.data.digest == whole.digest
    assert market.is_finished


def test_private_images_are_each_verifiers_own_and_nobody_elses(open_market, fused):
    overrides = ("contributors.count=1", "verifiers.train=100", "verifiers.verification=60")
    market = open_market(*overrides, "verifiers.data=private")
    market.run()
    jobs = [job for job in fused if job.held_out is None]
    assert [len(job.seeds) for job in jobs] == [1, 1, 1]
    seen = set()
    for share in market.data.shares.values():
        for part in (share.train, share.test, share.verification):
            assert not set(images(part)) & seen
            seen |= set(images(part))
    assert len(market.data.shares) == 1 + 1 + 3
    assert {len(job.data.train) for job in jobs} == {100}
    shared = open_market(*overrides)
    for name in ("contributor-1", "verifiers"):
        assert shared.data.shares[name].digest == market.data.shares[name].digest
    assert {row["verdict"] for row in table(market, "evaluations")} == {"measured"}


@pytest.mark.parametrize("data", ["split", "private"])
def test_own_images_go_with_seals_and_every_kind_of_fitness(open_market, data):
    market = open_market(
        f"verifiers.data={data}",
        "verifiers.train=100",
        "verifiers.verification=60",
        "task.access=sealed_for_initiator",
        "task.base=accepted",
        "task.sealed_sample=true",
        "task.fitness=gain",
        "task.mafr=-0.5",
    )
    market.run()
    assert market.is_finished
    assert [str(event.outcome) for event in events(market, ModelSettled)] == ["Rewarded", "Rewarded"]


def test_a_sample_that_is_too_small_to_be_split_is_refused():
    with pytest.raises(InputError, match=r"verifiers\.test: 2 is not usable; at least one for each of 3"):
        load("quick", ["verifiers.data=split", "verifiers.test=2"])


# What work costs.


def test_work_costs_what_its_seconds_and_watt_hours_cost(open_market):
    market = open_market("costs.per_second='1 gwei'", "costs.watts=120.5", "costs.watt_hour='3 gwei'")
    market.run()
    rows = {row["name"]: row for row in table(market, "participants")}
    for training in market.journal.trainings:
        seconds = rows[training.contributor]["work_seconds"]
        assert seconds == pytest.approx(training.finished - training.started) and seconds > 0
    measuring = market.config.costs.feature_sample * 450 + 12 * market.config.costs.head_epoch * 1
    assert rows["verifier-1"]["work_seconds"] == pytest.approx(2 * measuring + 12 * 0.2)
    assert rows["oracle"]["work_seconds"] == rows["platform"]["work_cost_wei"] == 0
    for row in rows.values():
        seconds = Fraction(row["work_seconds"])
        exact = seconds * 10**9 + seconds * Fraction(241, 2) / 3600 * 3 * 10**9
        assert int(row["work_cost_wei"]) == int(exact)


def test_a_second_at_no_price_costs_nothing():
    assert CostSettings().wei(1e9) == 0
    assert CostSettings(watts=1000, watt_hour=3600).wei(1.5) == 1500


def test_work_that_is_cut_costs_what_was_done_of_it(open_market):
    market = open_market("contributors.leaves=training", "contributors.count=1", "costs.per_second=1000")
    market.run()
    (training,) = market.journal.trainings
    (row,) = [row for row in table(market, "participants") if row["name"] == "contributor-1"]
    half = (training.finished - training.started) / 2
    assert row["work_seconds"] == pytest.approx(half) == pytest.approx(training.cut - training.started)
    assert row["work_cost_wei"] == pytest.approx(1000 * half, abs=1)
