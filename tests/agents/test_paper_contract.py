"""The same agents on the paper's literal contract: equal among honest people, and always at an end."""

import pytest

from verifuse.analysis import check_conservation, tell, write_report
from verifuse.contracts import (
    Credited,
    CreditReason,
    EscrowExhausted,
    ModelSettled,
    PanelDrawn,
    TaskClosed,
    TaskPosted,
    Withdrawn,
)
from verifuse.errors import InputError
from verifuse.scenarios import load, run_scenario, shipped

ETHER = 10**18
FEE = 5 * 10**16
PAPER = "contract=paper"


@pytest.fixture
def paper_market(open_market):
    """Open markets on the paper's contract."""

    def open_one(*overrides, seed=None):
        return open_market(PAPER, *overrides, seed=seed)

    return open_one


def events(market, kind):
    return [event for mined in market.mined for event in mined.events if isinstance(event, kind)]


def outcomes(market):
    return [str(event.outcome) for event in events(market, ModelSettled)]


def paid(market, participant):
    return sum(event.amount for event in events(market, Withdrawn) if event.account == participant.address)


def errors(market):
    return [mined.error for mined in market.mined if mined.error]


def assert_every_wei_is_accounted_for(market):
    receipts = [mined.receipt for mined in market.mined]
    for name, account in market.accounts.items():
        sent = [receipt for receipt in receipts if receipt.transaction.sender == account]
        spent = sum(one.fee_wei + one.transaction.value_wei * one.succeeded for one in sent)
        came = sum(event.amount for event in events(market, Withdrawn) if event.account == account.address)
        assert market.chain.balance(account.address) == market.start_balances[name] - spent + came
    assert market.chain.balance(market.contract.address) == 0


def test_the_honest_market_pays_everybody_on_both_contracts_and_measures_the_same(open_market, paper_market):
    other, market = open_market(), paper_market()
    for one in (other, market):
        one.run()
        assert one.is_finished and not errors(one)
        assert outcomes(one) == ["Rewarded", "Rewarded"]
        assert [paid(one, contributor) for contributor in one.contributors] == [ETHER, ETHER]
        assert [paid(one, verifier) for verifier in one.verifiers] == [2 * FEE] * 3
        assert_every_wei_is_accounted_for(one)
    assert paid(other, other.oracle) > 0 == paid(market, market.oracle)
    measured, literally = (
        [(m.model_id, m.verifier, m.strategy, m.fused_models, m.accuracy) for m in one.journal.measurements]
        for one in (other, market)
    )
    assert measured == literally
    assert other.initiator.integrated == market.initiator.integrated


def test_agents_are_told_the_terms_that_the_paper_does_not_name(paper_market):
    market = paper_market("task.evaluation_window=240")
    market.run()
    (posted,) = events(market, TaskPosted)
    assert (posted.terms.evaluation_window, posted.terms.deadline) == (
        240,
        market.timestamp_at(market.book.entries[0].deadline),
    )
    assert (posted.terms.model_reward_wei, posted.terms.oracle_fee_wei) == (ETHER, 0)


def test_everybody_is_on_every_panel_from_the_announcement_on(paper_market):
    market = paper_market("contributors.start_every=0")
    market.run()
    kinds = (PanelDrawn, ModelSettled)
    assert [type(event).__name__ for event in events(market, kinds)] == [
        *["PanelDrawn"] * 2,
        *["ModelSettled"] * 2,
    ], "models do not wait for each other"
    drawn = events(market, PanelDrawn)
    assert [event.panel for event in drawn] == [tuple(one.address for one in market.verifiers)] * 2
    assert [event.base_count for event in drawn] == [0, 1]
    assert outcomes(market) == ["Rewarded", "Rewarded"]


def test_whoever_is_registered_is_paid_even_if_she_never_evaluates(paper_market):
    market = paper_market()
    market.schedule_event(market.verifiers[0].remove, at=60.0)
    market.run()
    assert market.is_finished
    assert [(event.reports, event.passes) for event in events(market, ModelSettled)] == [(2, 2), (2, 2)]
    assert paid(market, market.verifiers[0]) == 2 * FEE
    assert_every_wei_is_accounted_for(market)


def test_without_any_evaluation_a_model_is_rejected_unseen(paper_market):
    market = paper_market()
    for verifier in market.verifiers:
        market.schedule_event(verifier.remove, at=60.0)
    market.run()
    assert market.is_finished
    assert outcomes(market) == ["Rejected", "Rejected"]
    assert [paid(market, one) for one in market.verifiers] == [2 * FEE] * 3
    assert_every_wei_is_accounted_for(market)


def test_a_silent_oracle_leaves_the_escrow_to_the_initiator(paper_market):
    market = paper_market()
    market.schedule_event(market.oracle.remove, at=1.0)
    market.run()
    assert market.is_finished
    assert outcomes(market) == ["Void", "Void"]
    (refund,) = (event for event in events(market, Credited) if event.reason is CreditReason.REFUND)
    assert refund.amount == market.book.entries[0].escrow
    assert [paid(market, one) for one in market.contributors] == [0, 0]
    assert_every_wei_is_accounted_for(market)


def test_the_initiator_waits_for_models_that_are_being_evaluated_at_the_deadline(paper_market):
    market = paper_market("contributors.start_every=0", "task.deadline=300")
    market.run()
    assert market.is_finished
    kinds = [type(event) for event in events(market, (ModelSettled, TaskClosed))]
    assert kinds == [ModelSettled, ModelSettled, TaskClosed]
    assert outcomes(market) == ["Rewarded", "Rewarded"]


def test_an_escrow_for_one_model_leaves_the_next_unpaid(paper_market):
    market = paper_market("task.escrow='1.2 ether'")
    market.run()
    assert market.is_finished
    assert outcomes(market) == ["Rewarded", "Void"]
    assert errors(market) == [EscrowExhausted(available=5 * 10**16, needed=115 * 10**16)]
    assert_every_wei_is_accounted_for(market)


def test_a_verifier_asks_for_a_contributor_who_left_and_who_is_paid_all_the_same(paper_market):
    market = paper_market("contributors.count=1")
    while not market.web.models:
        market.run_for(12)
    market.contributors[0].remove()
    market.run()
    assert market.is_finished
    assert [entry.who for entry in market.journal.diary if entry.kind == "steps in"] == ["verifier-1"]
    assert paid(market, market.contributors[0]) == ETHER


def test_verifiers_who_cannot_register_leave_a_market_that_ends(paper_market):
    market = paper_market("verifiers.balance=1000")
    market.run()
    assert market.is_finished
    assert [event.panel for event in events(market, PanelDrawn)] == [(), ()]
    assert outcomes(market) == ["Rejected", "Rejected"]
    assert_every_wei_is_accounted_for(market)


def test_an_unreadable_model_passes_no_mafr_not_even_a_negative_one(paper_market):
    market = paper_market("contributors.count=1", "task.fitness='gain'", "task.mafr=-0.5")
    uploaded = []
    while not uploaded:
        market.run_for(1)
        uploaded = [entry.text for entry in market.journal.diary if entry.kind == "uploaded"]
    path = market.store.root / "content" / uploaded[0].split()[-1]
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    market.run()
    assert outcomes(market) == ["Rejected"]
    assert [event.passes for event in events(market, ModelSettled)] == [0]


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["task.rule=proportional", "task.full_margin=0.1"], "task.rule: 'proportional'"),
        (["task.base=accepted"], "task.base: 'accepted'"),
        (["task.access=sealed_for_initiator", "task.base=accepted"], "task.access: 'sealed_for_initiator'"),
        (["task.access=sealed_for_rewarded", "task.base=accepted"], "task.access: 'sealed_for_rewarded'"),
        (["task.sealed_sample=true"], "task.sealed_sample: True"),
        (["task.commit_reveal=true"], "task.commit_reveal: True"),
        (["task.commit_reveal=true", "task.bond=0.1 ether"], "task.bond: '0.1 ether'"),
        (["initiator.plants=1"], "initiator.plants: 1"),
        (["verifiers.quorum=2"], "verifiers.quorum: 2"),
        (["verifiers.panel=2"], "verifiers.panel: 2"),
        (["verifiers.stake=0.1 ether"], "verifiers.stake"),
        (["contract=papers"], "contract: 'papers'"),
    ],
)
def test_what_the_paper_cannot_keep_is_refused_by_name(overrides, said):
    with pytest.raises(InputError) as caught:
        load("quick", [PAPER, *overrides])
    message = str(caught.value)
    assert message.startswith(said) and "\n" not in message
    assert "paper" in message


@pytest.mark.parametrize("key", ["task.full_margin=0.1", "task.base=accepted", "verifiers.quorum=2"])
def test_the_task_market_keeps_what_the_paper_cannot(key):
    rule = ["task.rule=median"] if "margin" in key else []
    assert load("quick", [key, *rule]).contract == "task_market"


def test_settings_that_follow_from_the_contract_are_filled_in_and_can_be_run_again():
    resolved = load("quick", [PAPER]).resolved()
    assert (resolved.task.oracle_fee, resolved.task.report_copies, resolved.verifiers.quorum) == (
        0,
        False,
        None,
    )
    assert resolved.task_list[0].escrow == resolved.task.escrow == 3 * (ETHER + 3 * FEE)
    assert resolved.resolved() == resolved
    assert load("paper_contract").resolved().task == resolved.task


def test_the_seed_decides_the_whole_record_and_every_page_can_be_made_of_it(cache, small, tmp_path):
    assert "paper_contract" in shipped()
    record = run_scenario(load("paper_contract", small, seed=1), tmp_path / "one", cache=cache)
    assert record.summary["finished"] and check_conservation(record) == []
    again = run_scenario(load(record.path / "scenario.toml"), tmp_path / "again", cache=cache)
    other = run_scenario(load("paper_contract", small, seed=2), tmp_path / "two", cache=cache)
    assert record.manifest["digest"] == again.manifest["digest"] != other.manifest["digest"]
    assert len(record.table("evaluations")) == 6 and record.table("evaluations").counted.all()
    assert set(record.table("models").outcome) == {"Rewarded"}
    for who in record.table("participants").name:
        story = "\n".join(tell(record, who))
        assert "quorum" not in story and "0.00 ether" not in story
    assert "nothing of the escrow is set aside" in "\n".join(tell(record, "contributor-1"))
    assert "everybody who is registered" in "\n".join(tell(record, "initiator"))
    assert write_report([record], tmp_path / "report").page.exists()


def test_a_model_that_is_gone_when_it_is_paid_for_is_noted_and_the_market_ends(paper_market):
    market = paper_market("contributors.count=1")
    while not market.web.models:
        market.run_for(12)
    (market.store.root / "content" / market.web.models[1].cid).unlink()
    market.run()
    assert market.is_finished and outcomes(market) == ["Rewarded"]
    assert market.initiator.integrated is None
    (told,) = (entry.text for entry in market.journal.diary if entry.kind == "cannot open")
    assert told.startswith("model 1, which she paid for")
