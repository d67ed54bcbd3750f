"""A whole market on the real contract: who is paid, who is not, and nothing stays behind."""

import gc
import json
import os
import subprocess
import sys
import weakref

import pytest

from verifuse.agents import Market, TaskSpec
from verifuse.contracts import (
    UNREADABLE,
    Credited,
    CreditReason,
    EscrowExhausted,
    EvaluationCounted,
    ModelAnnounced,
    ModelSettled,
    PanelDrawn,
    Withdrawn,
)
from verifuse.learning import PrivateData, decode_fused, decode_model
from verifuse.scenarios import load
from verifuse.storage import ModelStore

ETHER = 10**18


def events(market, kind):
    return [event for mined in market.mined for event in mined.events if isinstance(event, kind)]


def outcomes(market):
    return [str(event.outcome) for event in events(market, ModelSettled)]


def credited(market, participant):
    return sum(event.amount for event in events(market, Credited) if event.account == participant.address)


def assert_nothing_was_lost(market):
    """Wallets differ from their start by what was paid, sent and burnt as fees, to the wei."""
    receipts = [mined.receipt for mined in market.mined]
    total = 0
    for name, account in market.accounts.items():
        sent = [receipt for receipt in receipts if receipt.transaction.sender == account]
        out = sum(receipt.fee_wei for receipt in sent)
        out += sum(receipt.transaction.value_wei for receipt in sent if receipt.succeeded)
        paid = sum(event.amount for event in events(market, Withdrawn) if event.account == account.address)
        end = market.chain.balance(account.address)
        assert end == market.start_balances[name] - out + paid
        total += end - market.start_balances[name]
    held = market.chain.balance(market.contract.address)
    assert total + held == -sum(receipt.fee_wei for receipt in receipts)


def test_every_role_does_its_part_and_is_paid(open_market):
    market = open_market()
    market.run()
    assert market.is_finished
    assert outcomes(market) == ["Rewarded", "Rewarded"]
    assert [credited(market, one) for one in market.contributors] == [ETHER, ETHER]
    assert [credited(market, one) for one in market.verifiers] == [2 * 5 * 10**16] * 3
    assert credited(market, market.oracle) == 2 * 2 * 10**16
    assert market.chain.balance(market.contract.address) == 0
    assert not [mined.error for mined in market.mined if mined.error]
    assert_nothing_was_lost(market)


def test_what_is_announced_can_be_fetched_checked_and_rebuilt_by_its_cid(open_market):
    market = open_market()
    market.run()
    announced = events(market, ModelAnnounced)
    assert [decode_model(market.store.get(event.cid)).spec.classes for event in announced] == [
        (0, 1, 2, 3, 4),
        (5, 6, 7, 8, 9),
    ]
    terms = market.web.tasks[1].posted.terms
    sample = PrivateData.from_bytes(market.store.get(terms.data_cid))
    assert [len(part) for part in (sample.train, sample.test, sample.verification)] == [250, 50, 150]
    assert TaskSpec.from_bytes(market.store.get(terms.spec_cid)) == market.specs["task"]


def test_the_initiator_ends_with_the_rewarded_models_fused(open_market):
    market = open_market()
    market.run()
    integrated = market.initiator.integrated
    assert integrated.models == (1, 2)
    fused = decode_fused(market.store.get(integrated.cid))
    assert [network.spec.classes for network in fused.networks] == [(0, 1, 2, 3, 4), (5, 6, 7, 8, 9)]
    assert integrated.held_out_images == 149
    assert integrated.held_out_accuracy > 0.5


def test_nobody_draws_the_same_image_as_another(open_market):
    market = open_market()
    seen = set()
    for share in market.data.shares.values():
        for part in (share.train, share.test, share.verification):
            images = {image.tobytes() for image in part.images}
            assert not images & seen
            seen |= images


def test_contributors_are_asynchronous(open_market):
    market = open_market("contributors.start_every=30", "contributors.speed=[0.25, 4.0]")
    market.run()
    first, second = sorted(market.journal.trainings, key=lambda training: training.contributor)
    assert second.started > first.started and second.finished < first.finished
    assert [event.contributor for event in events(market, ModelAnnounced)] == [
        market.contributors[1].address,
        market.contributors[0].address,
    ]


def test_models_are_evaluated_one_at_a_time_and_each_base_is_what_came_before(open_market):
    market = open_market("contributors.start_every=0")
    market.run()
    kinds = (PanelDrawn, ModelSettled)
    assert [type(event).__name__ for event in events(market, kinds)] == ["PanelDrawn", "ModelSettled"] * 2
    assert [event.base_count for event in events(market, PanelDrawn)] == [0, 1]


def test_with_a_mafr_of_one_nobody_is_rewarded_and_effort_is_paid(open_market):
    market = open_market("task.mafr=1.0")
    market.run()
    assert outcomes(market) == ["Rejected", "Rejected"]
    assert [credited(market, one) for one in market.contributors] == [0, 0]
    assert [credited(market, one) for one in market.verifiers] == [10**17] * 3
    refund = sum(event.amount for event in events(market, Credited) if event.reason is CreditReason.REFUND)
    assert refund == 2 * ETHER
    assert market.initiator.integrated is None
    assert_nothing_was_lost(market)


def test_a_rejected_model_is_in_the_base_when_announced_and_not_when_accepted(open_market):
    bases = {}
    for base in ("announced", "accepted"):
        market = open_market("task.mafr=1.0", f"task.base={base}")
        market.run()
        bases[base] = [event.base_count for event in events(market, PanelDrawn)]
    assert bases == {"announced": [0, 1], "accepted": [0, 0]}


def test_the_gain_is_measured_against_the_base_and_the_first_against_chance(open_market):
    market = open_market("task.fitness=gain", "task.mafr=0.01")
    market.run()
    signed = [market.web.evaluations(model_id) for model_id in (1, 2)]
    assert {one.evaluation.reference_bps for one in signed[0]} == {1_000}
    first = {one.evaluation.verifier: one.evaluation.fitness_bps for one in signed[0]}
    assert {one.evaluation.verifier: one.evaluation.reference_bps for one in signed[1]} == first
    assert outcomes(market) == ["Rewarded", "Rewarded"]


def test_below_the_threshold_nothing_is_announced_and_the_record_says_so(open_market):
    market = open_market("task.announce_threshold=0.99", "training.max_iterations=2")
    market.run()
    assert market.is_finished
    assert events(market, ModelAnnounced) == []
    assert len(market.journal.trainings) == 2
    assert {entry.who for entry in market.journal.diary if entry.kind == "gave up"} == {
        "contributor-1",
        "contributor-2",
    }
    assert_nothing_was_lost(market)


def test_who_trains_past_the_deadline_or_comes_after_it_is_told_so(open_market):
    market = open_market("contributors.count=3", "contributors.speed=[0.001, 1.0]", "task.deadline=1000")
    market.run()
    assert market.is_finished
    late = {entry.who: entry.text for entry in market.journal.diary if entry.kind == "too late"}
    assert "the task closed" in late["contributor-1"]
    assert late.get("contributor-3", "found no open task") == "found no open task"
    assert [market.names[event.contributor] for event in events(market, ModelAnnounced)] == ["contributor-2"]
    assert_nothing_was_lost(market)


def test_an_escrow_for_one_model_pays_one_and_refuses_the_next_by_name(open_market):
    market = open_market("task.escrow='1.2 ether'")
    market.run()
    assert market.is_finished
    assert outcomes(market) == ["Rewarded"]
    refusals = [mined.error for mined in market.mined if mined.error]
    assert refusals == [EscrowExhausted(available=3 * 10**16, needed=117 * 10**16)]
    assert_nothing_was_lost(market)


def test_a_verifier_steps_in_for_a_contributor_who_left_after_announcing(open_market):
    market = open_market("contributors.count=1")
    contributor = market.contributors[0]
    while not market.web.models:
        market.run_for(12)
    contributor.remove()
    market.run()
    assert outcomes(market) == ["Rewarded"]
    assert [entry.who for entry in market.journal.diary if entry.kind == "steps in"] == ["verifier-1"] * 2
    (paid,) = [event for event in events(market, Withdrawn) if event.account == contributor.address]
    assert paid.amount == ETHER, "the platform withdraws her reward for her"
    assert market.is_finished
    assert_nothing_was_lost(market)


def test_a_silent_oracle_freezes_nothing(open_market):
    market = open_market()
    market.schedule_event(market.oracle.remove, at=1.0)
    market.run()
    assert market.is_finished
    assert outcomes(market) == ["Void", "Void"]
    assert market.chain.balance(market.contract.address) == 0
    assert_nothing_was_lost(market)


@pytest.mark.parametrize("leave_at", [1.0, 60.0])
def test_verifiers_who_vanish_freeze_nothing(open_market, leave_at):
    market = open_market()
    for verifier in market.verifiers:
        market.schedule_event(verifier.remove, at=leave_at)
    market.run()
    assert market.is_finished
    assert outcomes(market) == ["Void", "Void"]
    assert [credited(market, one) for one in market.contributors] == [0, 0]
    assert_nothing_was_lost(market)


def test_a_wallet_without_ether_is_noted_and_the_market_goes_on(open_market):
    market = open_market("contributors.balance=1000")
    market.run()
    assert market.is_finished
    assert events(market, ModelAnnounced) == []
    assert {entry.kind for entry in market.journal.diary} >= {"cannot pay"}
    assert_nothing_was_lost(market)


def test_a_model_damaged_in_the_store_is_reported_as_unreadable(open_market):
    market = open_market("contributors.count=1")
    while not market.web.models:
        market.run_for(12)
    path = market.store.root / "content" / market.web.models[1].cid
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    market.run()
    assert outcomes(market) == ["Rejected"]
    told = [entry.text for entry in market.journal.diary if "unreadable" in entry.text]
    assert len(told) == 3 and all("was altered" in text for text in told)
    rows = events(market, EvaluationCounted)
    assert [(row.fitness_bps, row.passed) for row in rows] == [(UNREADABLE, False)] * 3
    assert all(credited(market, verifier) for verifier in market.verifiers)
    assert_nothing_was_lost(market)


def test_the_seed_decides_every_block(open_market):
    heads = []
    for seed in (1, 1, 2):
        market = open_market(seed=seed)
        market.run()
        heads.append(market.chain.w3.eth.get_block("latest").hash)
    assert heads[0] == heads[1] != heads[2]


def test_another_contributor_leaves_the_draws_of_the_others_alone(open_market):
    two, three = open_market(), open_market("contributors.count=3")
    assert two.accounts["contributor-1"] == three.accounts["contributor-1"]
    shares = [market.data.shares["contributor-1"].digest for market in (two, three)]
    assert shares[0] == shares[1]


def test_a_closed_market_is_collected(workbench, tmp_path):
    market = Market(load("quick"), store=ModelStore(tmp_path), workbench=workbench)
    market.run_for(24)
    gone = weakref.ref(market)
    market.close()
    del market
    gc.collect()
    assert gone() is None


def test_another_process_gives_the_same_digest(cache, small, tmp_path):
    digests = set()
    for hash_seed in ("1", "2"):
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "verifuse",
                "run",
                "quick",
                *small,
                "--json",
                "--out",
                tmp_path / hash_seed,
            ],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "VERIFUSE_CACHE": str(cache)},
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(json.loads(done.stdout)["manifest"]["digest"])
    assert len(digests) == 1
