"""What each dishonest oracle can do, and what it cannot."""

import pytest

ON_CHAIN = ("task.commit_reveal=true", "verifiers.reveal=chain")
LAZY_FIRST = "verifiers.groups=[{name='lazy', count=1, behaviour='lazy'}, {name='good', count=2}]"
SUBLIME = "task.mafr=0.99"
PAPER = ("learning=surrogate", "contributors.count=1", "task.also_measure=[]")


def oracle(name, **options):
    said = ", ".join(f"{key} = {value!r}" for key, value in options.items())
    return (f"oracle.behaviour={name}", f"oracle.options={{{said}}}")


def outcomes(record):
    return list(record.table("models")["outcome"])


def paid(record, name):
    payments = record.table("payments")
    return int(sum(payments[payments["name"] == name]["amount_wei"]))


def test_a_silent_oracle_leaves_every_model_void_and_nothing_in_the_contract(ran, gain):
    record = ran(*oracle("silent"))
    assert outcomes(record) == ["Void"]
    assert record.summary["contract_balance_end_wei"] == 0
    assert paid(record, "oracle") == 0 and gain(record, "oracle") == 0
    assert gain(record, "verifier-1") < 0 and gain(record, "contributor-1") < 0


def test_an_oracle_may_fall_silent_later(ran):
    assert outcomes(ran("contributors.count=2", *oracle("silent", after=1))) == ["Rewarded", "Void"]


@pytest.mark.parametrize("reveal", ["board", "chain"])
def test_evaluations_on_the_chain_need_no_oracle(ran, gain, reveal):
    record = ran("task.commit_reveal=true", f"verifiers.reveal={reveal}", *oracle("silent"))
    assert outcomes(record) == ["Rewarded" if reveal == "chain" else "Void"]
    assert (gain(record, "verifier-1") > 0) is (reveal == "chain")
    assert paid(record, "oracle") == 0


def test_a_slow_oracle_delays_and_a_slower_one_is_not_heard(ran):
    soon, late, never = (ran(*oracle("slow", seconds=seconds)) for seconds in (0.0, 240.0, 900.0))
    settled = [record.table("models")["settled_time"].iloc[0] for record in (soon, late)]
    assert 230 <= settled[1] - settled[0] <= 250
    assert outcomes(late) == ["Rewarded"] and outcomes(never) == ["Void"]
    assert paid(never, "oracle") == 0 < paid(late, "oracle")


def test_a_censoring_oracle_decides_where_a_quorum_is_left(ran):
    """One lazy yes against two honest noes, and a quorum of one."""
    terms = (SUBLIME, LAZY_FIRST, "verifiers.quorum=1")
    assert outcomes(ran(*terms)) == ["Rejected"]
    censored = ran(*terms, *oracle("censoring", rows="failing"))
    assert outcomes(censored) == ["Rewarded"]
    assert list(censored.table("models")["reports"]) == [1]
    assert paid(censored, "oracle") > 0 == paid(censored, "good-1")
    in_the_open = ran(*terms, *ON_CHAIN, *oracle("censoring", rows="failing"))
    assert outcomes(in_the_open) == ["Rejected"]
    assert paid(in_the_open, "good-1") > 0


def test_a_censoring_oracle_without_a_quorum_can_only_void(ran):
    record = ran(*oracle("censoring", rows="passing"), "task.tally_window=120")
    assert outcomes(record) == ["Void"] and paid(record, "oracle") == 0


def test_it_may_be_single_people_or_groups_whose_evaluations_are_lost(ran):
    record = ran(*oracle("censoring", rows="none", verifiers=["verifier-2"]))
    counted = record.table("evaluations").groupby("verifier")["counted"].all()
    assert dict(counted) == {"verifier-1": True, "verifier-2": False, "verifier-3": True}
    assert outcomes(record) == ["Rewarded"] and paid(record, "verifier-2") == 0


def test_forging_changes_nothing_where_evaluations_are_signed(ran, skipped, gain):
    record = ran(SUBLIME, *oracle("forging"), "task.tally_window=120")
    assert len(skipped(record)) >= 3 and set(skipped(record)) == {"BadSignature"}
    assert outcomes(record) == ["Void"]
    assert not record.table("evaluations")["counted"].any()
    assert paid(record, "oracle") == 0 > gain(record, "oracle")


def test_on_the_papers_contract_a_forging_oracle_decides_alone(ran):
    honest = ran(SUBLIME, scenario="paper_contract", tiny=PAPER)
    forged = ran(SUBLIME, *oracle("forging"), scenario="paper_contract", tiny=PAPER)
    assert set(outcomes(honest)) == {"Rejected"} and set(outcomes(forged)) == {"Rewarded"}


def test_a_committed_evaluation_cannot_be_altered_either(ran, skipped):
    record = ran(SUBLIME, "task.commit_reveal=true", *oracle("forging"), "task.tally_window=120")
    assert set(skipped(record)) == {"NotCommitted"}
    assert outcomes(record) == ["Void"]
