"""Bribes: p + epsilon costs nothing when it works, and real ether when it does not."""

EPSILON, FEE = 10**16, 5 * 10**16


def offer(**options):
    said = ", ".join(
        f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}"
        for key, value in options.items()
    )
    return ("initiator.behaviour=briber", f"initiator.options={{{said}}}")


def pool(bribed, honest=0, **options):
    said = ", ".join(f"{key} = {value!r}" for key, value in options.items())
    good = f"{{name='good', count={honest}}}, " if honest else ""
    return (
        f"verifiers.groups=[{good}{{name='bribed', count={bribed}, behaviour='bribed', options={{{said}}}}}]"
    )


def outcomes(record):
    return list(record.table("models")["outcome"])


def transfers(record):
    table = record.table("transactions").query("function == 'transfer' and status == 1")
    return [int(wei) for wei in table["value_wei"]]


def test_a_bribe_that_wins_costs_nothing(ran, gain, person):
    record = ran(*offer(), pool(3))
    assert outcomes(record) == ["Rejected"]
    assert transfers(record) == []
    assert person(record, "bribed-1").work_seconds == 0
    assert gain(record, "bribed-1") > 0
    assert gain(record, "initiator") > gain(ran(), "initiator")


def test_a_contributor_may_buy_what_it_would_not_be_paid(ran, gain):
    terms = ("contributors.behaviour=briber", "task.mafr=0.5")
    record = ran(*terms, pool(2, honest=1))
    assert outcomes(record) == ["Rewarded"] and transfers(record) == []
    assert gain(record, "contributor-1") > 9 * 10**17
    assert outcomes(ran(*terms)) == ["Rejected"]


def test_a_bribe_that_loses_is_paid_with_what_the_vote_could_cost(ran, gain):
    record = ran(*offer(), pool(1, honest=2))
    assert outcomes(record) == ["Rewarded"]
    assert transfers(record) == [FEE + EPSILON]
    assert gain(record, "bribed-1") > gain(record, "good-2") + FEE


def test_a_broken_promise_pays_nothing(ran, gain):
    record = ran(*offer(keeps_word=False), pool(1, honest=2))
    assert transfers(record) == []
    assert "breaks its word" in set(record.table("timeline")["kind"])


def test_a_plain_bribe_is_paid_for_every_vote_as_asked(ran):
    record = ran(*offer(if_lost=False, covers=False), pool(3))
    assert outcomes(record) == ["Rejected"]
    assert transfers(record) == [EPSILON] * 3


def test_who_is_not_asked_or_asks_for_more_is_honest(ran, person):
    for setting in (
        (*offer(verifiers=["good"]), pool(1, honest=2)),
        (*offer(), pool(3, price="1 ether")),
    ):
        record = ran(*setting)
        assert outcomes(record) == ["Rewarded"]
        assert transfers(record) == [] and person(record, "bribed-1").work_seconds > 0
