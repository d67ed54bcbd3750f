"""What initiators can do to those who work for them, and what the contract leaves them."""

import pytest

from verifuse.errors import InputError
from verifuse.scenarios import load

PAPER = ("learning=surrogate", "contributors.count=1", "task.also_measure=[]", "task.mafr=0.3")
FEE, REWARD = 5 * 10**16, 10**18
SYBILS = (
    "verifiers.groups=[{name='good', count=1},"
    " {name='sybil', count=2, behaviour='initiators_sybil', balance=0, first_start=15}]"
)


def initiator(name, **options):
    said = ", ".join(
        f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}"
        for key, value in options.items()
    )
    return (f"initiator.behaviour={name}", f"initiator.options={{{said}}}")


def outcomes(record):
    models = record.table("models")
    return [outcome if isinstance(outcome, str) else None for outcome in models["outcome"]]


def test_who_is_under_funded_refuses_the_next_model(ran, gain, person):
    record = ran(*initiator("under_funding", models=1), "contributors.count=2", "contributors.start_every=0")
    announced = record.table("models")["announced"]
    assert sorted(announced) == [False, True]
    failed = record.table("transactions").query("status == 0")
    assert list(failed["function"]) == ["announceModel"]
    assert failed["error"].str.contains("EscrowExhausted").all()
    lost = record.table("models").loc[~announced, "contributor"].iloc[0]
    assert gain(record, lost) < 0 < person(record, lost).work_seconds
    assert int(record.table("tasks")["escrow_wei"].iloc[0]) == REWARD + 3 * FEE + 2 * 10**16


def test_who_closes_early_still_pays_for_what_was_announced(ran, gain):
    record = ran(*initiator("closes_early"), "contributors.count=2", "contributors.start_every=60")
    assert outcomes(record) == ["Rewarded", None]
    assert gain(record, "contributor-1") > 0 == gain(record, "contributor-2")
    assert record.summary["contract_balance_end_wei"] == 0


def test_on_the_papers_contract_who_closes_early_pays_nobody(ran, gain):
    honest = ran(scenario="paper_contract", tiny=PAPER)
    record = ran(*initiator("closes_early", announced=1), scenario="paper_contract", tiny=PAPER)
    assert gain(honest, "contributor-1") > 0 > gain(record, "contributor-1")
    assert gain(honest, "verifier-1") > 0 > gain(record, "verifier-1")
    assert gain(record, "initiator") > -(10**16)


def test_she_may_close_once_enough_were_rewarded(ran):
    more = ("contributors.count=3", "contributors.starts=[0, 10, 740]")
    record = ran(*initiator("closes_early", rewarded=2), *more)
    assert outcomes(record) == ["Rewarded", "Rewarded", None]


def test_sybils_with_most_seats_keep_the_reward_for_the_fees(ran, gain, person):
    record = ran(*initiator("sybil_votes", funds=10**17), SYBILS)
    assert outcomes(record) == ["Rejected"]
    transfers = record.table("transactions").query("function == 'transfer'")
    assert list(transfers["sender_name"]) == ["initiator", "initiator", "sybil-1", "sybil-2"]
    assert person(record, "sybil-1").work_seconds == 0
    together = -gain(record, "initiator", "sybil-1", "sybil-2")
    honest = -gain(ran(), "initiator")
    assert FEE + 2 * 10**16 < together < REWARD < honest
    assert gain(record, "sybil-1") < 10**17


def test_in_a_larger_panel_they_are_outvoted(ran, gain):
    more = SYBILS.replace("count=1", "count=3")
    record = ran(*initiator("sybil_votes"), more, "verifiers.panel=5")
    assert outcomes(record) == ["Rewarded"]


def test_withheld_keys_leave_every_model_void(ran, gain):
    record = ran(*initiator("withholding"), "task.sealed_sample=true")
    assert outcomes(record) == ["Void"]
    assert not record.table("evaluations")["counted"].any()
    assert gain(record, "contributor-1") < 0 and record.summary["contract_balance_end_wei"] == 0


@pytest.mark.parametrize(
    "table, behaviour, option, near",
    [
        ("verifiers", "cartel", "contributors=['contributors']", "contributor"),
        ("verifiers", "initiators_sybil", "initiator='initator'", "initiator"),
        ("oracle", "censoring", "verifiers=['verifier-9']", "verifier-"),
        ("initiator", "sybil_votes", "group='sybils'", None),
        ("initiator", "briber", "verifiers=['verifer']", "verifier"),
    ],
)
def test_an_accomplice_whom_nobody_knows_is_refused(table, behaviour, option, near):
    said = (f"{table}.behaviour={behaviour}", f"{table}.options={{{option}}}")
    with pytest.raises(InputError) as refused:
        load("quick", said)
    assert str(refused.value).startswith(f"{table}.options.{option.partition('=')[0]}: ")
    assert near is None or f"did you mean '{near}" in str(refused.value)
