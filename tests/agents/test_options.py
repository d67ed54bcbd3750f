"""The options of a task, one by one, in whole markets: what each brings, and whom silence costs."""

import pytest

from verifuse.agents.behaviours.verifiers.lazy import Lazy, LazyOptions
from verifuse.contracts import (
    COPY,
    UNREADABLE,
    Credited,
    EvaluationCommitted,
    EvaluationCounted,
    KeyReleased,
    KeyShared,
    ModelAnnounced,
    ModelSettled,
    PlantRevealed,
    RuleFailed,
    SeatOutcome,
    SeatSettled,
    Withdrawn,
)
from verifuse.errors import InputError
from verifuse.learning import ModelFileError, decode_model
from verifuse.scenarios import load
from verifuse.storage import SealBroken, is_sealed

SEALED = ("task.access=sealed_for_initiator", "task.base=accepted")
BONDED = ("task.commit_reveal=true", "task.bond='0.1 ether'", "verifiers.balance='3 ether'")
PLANTED = (*BONDED, "task.fitness=standalone", "initiator.plants=1", "initiator.balance='10 ether'")
ETHER = 10**18
BROKEN_RULE = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;
import {IRewardRule} from "IRewardRule.sol";
contract Broken is IRewardRule {
    function decide(int256, uint256, int256[] calldata margins) external pure returns (bool, uint256) {
        require(margins.length > 128, "no");
        return (true, 0);
    }
}
"""


def events(market, kind):
    return [event for mined in market.mined for event in mined.events if isinstance(event, kind)]


def outcomes(market):
    return [str(event.outcome) for event in events(market, ModelSettled)]


def credited(market, participant):
    return sum(event.amount for event in events(market, Credited) if event.account == participant.address)


def assert_everything_ended(market):
    """All windows are over, nobody is owed anything, and wallets changed by what events and receipts tell."""
    assert market.is_finished
    for task_id in market.web.tasks:
        status = market.contract.task(task_id)
        assert (status.unreserved_wei, status.reserved_wei) == (0, 0)
    receipts = [mined.receipt for mined in market.mined]
    for name, account in market.accounts.items():
        sent = [receipt for receipt in receipts if receipt.transaction.sender == account]
        out = sum(receipt.fee_wei for receipt in sent)
        out += sum(receipt.transaction.value_wei for receipt in sent if receipt.succeeded)
        paid = sum(event.amount for event in events(market, Withdrawn) if event.account == account.address)
        assert market.chain.balance(account.address) == market.start_balances[name] - out + paid


def until_announced(market, count=1):
    while len(events(market, ModelAnnounced)) < count:
        market.run_for(12)


def test_an_initiator_who_reads_before_paying_gets_a_public_model_and_no_sealed_one(open_market):
    public, closed = open_market(), open_market(*SEALED)
    until_announced(public)
    until_announced(closed)

    taken = public.store.get(public.web.models[1].cid)
    assert decode_model(taken).spec.name == "tiny"

    content = closed.store.get(closed.web.models[1].cid)
    assert is_sealed(content)
    with pytest.raises(ModelFileError):
        decode_model(content)
    with pytest.raises(SealBroken, match="never delivered"):
        closed.initiator.keys.read(closed.web.models[1].cid)
    for mined in closed.mined:  # nor does any log or call data so far hold the key in the clear
        assert closed.contributors[0].undertakings[1].sealed.key not in mined.receipt.transaction.data

    closed.run()
    assert outcomes(closed) == ["Rewarded", "Rewarded"]
    assert decode_model(closed.initiator.keys.read(closed.web.models[1].cid)).spec.name == "tiny"
    assert closed.initiator.integrated is not None and closed.initiator.integrated.models == (1, 2)
    assert_everything_ended(closed)


def test_sealing_changes_no_measurement(open_market):
    sealed = open_market(*SEALED, "task.sealed_sample=true")
    plain = open_market("task.base=accepted")
    sealed.run()
    plain.run()
    values = [[one.accuracy for one in market.journal.measurements] for market in (sealed, plain)]
    assert values[0] == values[1] and len(values[0]) == 6


def test_a_contributor_who_keeps_the_key_is_voted_down_and_the_panel_is_paid(open_market):
    market = open_market(*SEALED, "contributors.count=1")
    until_announced(market)
    market.contributors[0].remove()
    market.run()
    assert outcomes(market) == ["Rejected"]
    assert {row.fitness_bps for row in events(market, EvaluationCounted)} == {UNREADABLE}
    assert all(credited(market, verifier) for verifier in market.verifiers)
    assert_everything_ended(market)


def test_a_key_that_is_not_the_promised_one_is_unreadable(open_market):
    market = open_market(*SEALED, "contributors.count=1")
    until_announced(market)
    listed = market.web.models[1]
    listed.key_commitment = bytes(32)  # as if another wrap had been committed to
    market.run()
    assert outcomes(market) == ["Rejected"]
    assert any("commits to another key" in entry.text for entry in market.journal.diary)
    assert_everything_ended(market)


def test_a_sample_whose_key_never_comes_makes_the_model_void(open_market):
    market = open_market("task.sealed_sample=true", "contributors.count=1")
    until_announced(market)
    market.initiator.keys._keys.clear()
    market.run()
    assert outcomes(market) == ["Void"]
    assert_everything_ended(market)


def test_a_panel_member_releases_the_key_of_a_contributor_who_vanished(open_market):
    market = open_market(*SEALED, "contributors.count=1")
    until_announced(market)
    while not market.web.models[1].queried:
        market.run_for(12)
    market.contributors[0].remove()
    market.run()
    assert outcomes(market) == ["Rewarded"]
    (released,) = events(market, KeyReleased)
    assert released.by in {verifier.address for verifier in market.verifiers}
    assert market.initiator.integrated is not None
    assert_everything_ended(market)


def test_rewarded_contributors_get_each_others_models_where_the_task_shares_them(open_market):
    market = open_market("task.access=sealed_for_rewarded", "task.base=accepted")
    market.run()
    assert outcomes(market) == ["Rewarded", "Rewarded"]
    shared = {(event.model_id, event.recipient) for event in events(market, KeyShared)}
    first, second = market.contributors
    assert shared == {(1, second.address), (2, first.address)}
    for contributor, other in ((first, 2), (second, 1)):
        assert decode_model(contributor.keys.read(market.web.models[other].cid)).spec.name == "tiny"


@pytest.mark.parametrize("place", ["board", "chain"])
def test_nobody_can_read_an_evaluation_before_everybody_has_committed(open_market, place):
    market = open_market("task.commit_reveal=true", f"verifiers.reveal={place}", "contributors.count=1")
    while not events(market, EvaluationCommitted):
        market.run_for(12)
    while market.timestamp_at(market.time) < market.web.models[1].deadlines.evaluation:
        assert market.web.evaluations(1) == () and events(market, EvaluationCounted) == []
        market.run_for(1)
    market.run()
    assert outcomes(market) == ["Rewarded"]
    assert len(events(market, EvaluationCommitted)) == len(events(market, EvaluationCounted)) == 3
    assert_everything_ended(market)


def test_evaluations_shown_on_chain_decide_without_any_oracle(open_market):
    market = open_market("task.commit_reveal=true", "verifiers.reveal=chain", "contributors.count=1")
    market.schedule_event(market.oracle.remove, at=1.0)
    market.run()
    assert outcomes(market) == ["Rewarded"]
    assert credited(market, market.oracle) == 0
    assert_everything_ended(market)


def test_a_bonded_seat_that_is_silent_loses_its_bond(open_market):
    market = open_market(*BONDED, "contributors.count=1")
    silent = market.verifiers[0]
    until_announced(market)
    silent.remove()
    market.run()
    outcomes_of_seats = [event.outcome for event in events(market, SeatSettled)]
    assert outcomes_of_seats.count(SeatOutcome.PAID) == 2
    # She is gone, so the initiator has her seat settled.
    (lost,) = [event for event in events(market, SeatSettled) if event.verifier == silent.address]
    assert (lost.outcome, lost.burnt) == (SeatOutcome.SILENT, ETHER // 10)
    assert market.contract.burnt() == ETHER // 10


def test_bonds_and_stakes_come_back_to_those_who_spoke(open_market):
    market = open_market(*BONDED)
    market.run()
    assert {event.outcome for event in events(market, SeatSettled)} == {SeatOutcome.PAID}
    assert_everything_ended(market)
    assert market.chain.balance(market.contract.address) == 0
    for verifier in market.verifiers:
        fees = sum(mined.receipt.fee_wei for mined in sent_by(market, verifier))
        earned = 2 * market.config.task.verifier_fee
        assert market.chain.balance(verifier.address) == market.start_balances[verifier.name] + earned - fees


def sent_by(market, participant):
    return [mined for mined in market.mined if mined.receipt.transaction.sender == participant.account]


def test_a_planted_test_catches_a_verifier_who_does_not_measure(open_market):
    market = open_market(*PLANTED, "contributors.count=1")
    lazy = market.verifiers[0]
    lazy.behaviour = Lazy(LazyOptions())
    market.run()
    (plant,) = events(market, PlantRevealed)
    assert plant.agreed and plant.median_bps == plant.plant_bps
    settled = [event for event in events(market, SeatSettled) if event.model_id == plant.model_id]
    assert {event.verifier: event.outcome for event in settled} == {
        verifier.address: SeatOutcome.SLASHED if verifier is lazy else SeatOutcome.PAID
        for verifier in market.verifiers
    }
    assert market.contract.burnt() == ETHER // 10
    assert market.initiator.integrated is None or plant.model_id not in market.initiator.integrated.models
    assert_everything_ended(market)


def test_a_copy_of_an_earlier_model_is_reported_as_one(open_market):
    market = open_market()
    thief = market.contributors[1]
    until_announced(market)
    stolen = market.store.get(market.web.models[1].cid)
    honest = thief.announce
    thief.announce = lambda model_file, *more: honest(stolen, *more)
    market.run()
    assert outcomes(market) == ["Rewarded", "Rejected"]
    rows = [row for row in events(market, EvaluationCounted) if row.model_id == 2]
    assert {(row.fitness_bps, row.reference_bps, row.passed) for row in rows} == {(COPY, 1, False)}
    assert_everything_ended(market)


def test_a_fingerprint_that_is_not_the_models_is_unreadable(open_market):
    market = open_market("contributors.count=1")
    until_announced(market)
    market.web.models[1].fingerprint = bytes(range(32))
    market.run()
    assert outcomes(market) == ["Rejected"]
    assert any("fingerprint" in entry.text for entry in market.journal.diary)


def test_a_proportional_rule_pays_by_the_margin(open_market):
    market = open_market("task.rule=proportional", "task.full_margin=1.0", "contributors.count=1")
    market.run()
    margins = [row.fitness_bps for row in events(market, EvaluationCounted)]
    expected = market.config.task.reward * sum(margins) // len(margins) // 10_000
    assert credited(market, market.contributors[0]) == expected
    assert_everything_ended(market)


def test_a_rule_that_fails_makes_its_models_void_and_pays_the_panel(open_market, tmp_path):
    rule = tmp_path / "Broken.sol"
    rule.write_text(BROKEN_RULE, encoding="utf-8")
    market = open_market(f"task.rule={rule}", "contributors.count=1")
    market.run()
    assert outcomes(market) == ["Void"] and len(events(market, RuleFailed)) == 1
    assert all(credited(market, verifier) for verifier in market.verifiers)
    assert_everything_ended(market)


@pytest.mark.parametrize("fitness", ["gain", "random_control", "standalone"])
def test_each_kind_of_fitness_pays_honest_models(open_market, fitness):
    mafr = "0.3" if fitness == "standalone" else "-0.3"
    market = open_market(f"task.fitness={fitness}", f"task.mafr={mafr}")
    market.run()
    assert outcomes(market) == ["Rewarded", "Rewarded"]
    bases = [market.contract.model(model_id).base_count for model_id in (1, 2)]
    assert bases == ([0, 0] if fitness == "standalone" else [0, 1])
    assert_everything_ended(market)


def test_all_options_together_leave_nothing_behind(open_market):
    heads = []
    for _ in range(2):
        market = open_market(*PLANTED, "task.access=sealed_for_rewarded", "task.sealed_sample=true")
        market.run()
        assert outcomes(market).count("Rewarded") >= 2
        assert_everything_ended(market)
        heads.append(market.chain.w3.eth.get_block("latest").hash)
    assert heads[0] == heads[1]


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (("task.access=sealed_for_initiator",), "task.base: 'announced'"),
        (("task.bond='0.1 ether'",), "task.bond: '0.1 ether'"),
        (("initiator.plants=1",), "initiator.plants: 1"),
        (("task.commit_reveal=true", "task.bond='1 ether'", "verifiers.stake=5"), "verifiers.stake"),
        ((*BONDED[:2], "verifiers.balance='0.1 ether'"), "verifiers.balance"),
        (("task.fitness=standalone", "task.mafr=-0.1"), "task.mafr: -0.1"),
        (("task.access=secret",), "task.access: 'secret'"),
        ((*BONDED, "task.reveal_window=24"), "task.reveal_window: 24"),
        ((*BONDED, "task.evaluation_window=59"), "task.evaluation_window: 59"),
        (("task.deadline=12",), "task.deadline: 12"),
        (("task.full_margin=0.1",), "task.full_margin: 0.1"),
        (("task.rule=median",), "task.full_margin: None"),
        (("task.rule=generous",), "task.rule: 'generous'"),
        (("task.deadline=9999999999999999",), "task.deadline: 9999999999999999"),
        (("initiator.plants=2", "initiator.balance=1"), "initiator.plants: 2"),
    ],
)
def test_options_that_do_not_fit_together_are_refused_in_one_line(overrides, said):
    with pytest.raises(InputError) as refusal:
        load("quick", overrides)
    assert str(refusal.value).removeprefix("quick: ").startswith(said) and "\n" not in str(refusal.value)


CONSTRUCTORS = {
    "needs a margin": ("constructor(uint256) {}", "task.full_margin: None .* Own.sol needs it"),
    "reverts": ('constructor() { revert("never"); }', "task.rule: 'Own.sol' .* reverts: never"),
    "panics": ("constructor() { assert(false); }", "task.rule: 'Own.sol' .* reverts: Panicked"),
    "takes a text": ("constructor(string memory) {}", r"task.rule: 'Own.sol' .* takes \(string\)"),
}


@pytest.mark.parametrize("kind", CONSTRUCTORS)
def test_a_rule_that_cannot_be_created_is_refused_in_one_line(open_market, tmp_path, kind):
    code, said = CONSTRUCTORS[kind]
    rule = tmp_path / "Own.sol"
    head, tail = BROKEN_RULE.replace("contract Broken", "contract Own").split("{\n", 1)
    rule.write_text(f"{head}{{\n{code}\n{tail}", encoding="utf-8")
    with pytest.raises(InputError, match=said):
        open_market(f"task.rule={rule}")


def test_a_rule_that_does_not_exist_is_refused_before_anything_happens(open_market):
    with pytest.raises(InputError, match=r"task\.rule: .*it cannot be read"):
        open_market("task.rule=no/such/Rule.sol")
