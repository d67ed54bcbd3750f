"""Thresholds, majorities and quorums."""

import pytest

from verifuse.contracts import (
    EvaluationCounted,
    FitnessKind,
    ModelSettled,
    ModelState,
    QueryAnswered,
    QueryOpen,
    QuorumMissed,
    RowSkipped,
    SkipReason,
    TallyWindowOver,
)

PASS, FAIL = 9_000, 1_000


@pytest.mark.parametrize("panel_size", [1, 2, 3, 4, 5, 6])
def test_strictly_more_than_half_of_the_reports_must_pass(shared_world, panel_size):
    for passes in (panel_size // 2, panel_size // 2 + 1):
        model_id, _ = shared_world.seated(panel_size=panel_size, quorum=1)
        settled = shared_world.vote(model_id, [PASS] * passes + [FAIL] * (panel_size - passes)).the(
            ModelSettled
        )
        expected = ModelState.REWARDED if passes > panel_size / 2 else ModelState.REJECTED
        assert (settled.outcome, settled.reports, settled.passes) == (expected, panel_size, passes)


def test_the_majority_is_of_those_who_report_not_of_the_seats(world):
    model_id, _ = world.seated(panel_size=6, quorum=2)
    assert world.vote(model_id, [PASS, PASS]).the(ModelSettled).outcome is ModelState.REWARDED


@pytest.mark.parametrize(
    ("mafr", "fitness", "passed"),
    [(7_500, 7_500, False), (7_500, 7_501, True), (-1, 0, True), (0, 0, False), (10_000, 10_000, False)],
)
def test_accuracy_must_strictly_exceed_mafr(shared_world, mafr, fitness, passed):
    model_id, _ = shared_world.seated(mafr_bps=mafr, quorum=1)
    done = shared_world.vote(model_id, [fitness])
    assert done.the(EvaluationCounted).passed is passed
    assert done.the(ModelSettled).outcome is (ModelState.REWARDED if passed else ModelState.REJECTED)


@pytest.mark.parametrize(
    ("mafr", "fitness", "reference", "passed"),
    [
        (0, 9_500, 9_499, True),
        (0, 9_500, 9_500, False),
        (-50, 9_450, 9_500, False),
        (-50, 9_451, 9_500, True),
        (100, 1_000, 900, False),
        (-10_000, 0, 10_000, False),
        (-9_999, 1, 10_000, False),
        (-10_000, 1, 10_000, True),
        (9_999, 10_000, 0, True),
    ],
)
def test_gain_must_strictly_exceed_a_signed_mafr(shared_world, mafr, fitness, reference, passed):
    model_id, _ = shared_world.seated(fitness=FitnessKind.GAIN, mafr_bps=mafr, quorum=1)
    counted = shared_world.vote(model_id, [fitness], reference).the(EvaluationCounted)
    assert (counted.fitness_bps, counted.reference_bps, counted.passed) == (fitness, reference, passed)


def test_accuracy_takes_no_reference(world):
    model_id, _ = world.seated(quorum=1)
    done = world.vote(model_id, [PASS], reference=1)
    assert done.the(RowSkipped).reason is SkipReason.REFERENCE_OUT_OF_RANGE


def test_rows_below_quorum_are_paid_and_a_second_query_may_complete_them(world):
    model_id, panel = world.seated(panel_size=4, quorum=3)
    query = world.request(model_id)
    first = world.deliver(query, [world.sign(model_id, name, PASS) for name in panel[:2]])
    assert first.the(QuorumMissed) == QuorumMissed(query, model_id, reports=2, quorum=3)
    assert [world.market.credit(world[name].address) for name in panel] == [10_000, 10_000, 0, 0]
    assert world.market.credit(world["oracle"].address) == 0
    assert world.market.model(model_id).state is ModelState.EVALUATING

    second = world.deliver(world.request(model_id), [world.sign(model_id, panel[3], PASS)])
    assert second.the(ModelSettled) == ModelSettled(model_id, 1, ModelState.REWARDED, 3, 3)
    assert [world.market.credit(world[name].address) for name in panel] == [10_000, 10_000, 0, 10_000]
    assert world.market.credit(world["oracle"].address) == 500


def test_an_empty_answer_pays_nobody(world):
    model_id, _ = world.seated()
    done = world.deliver(world.request(model_id), [])
    assert done.the(QuorumMissed).reports == 0
    assert not any(world.ledger.credit.values())


def test_a_query_is_answered_once_and_one_is_open_at_a_time(world):
    model_id, panel = world.seated()
    query = world.request(model_id)
    assert world.refusal("request_evaluations", "carol", model_id=model_id) == QueryOpen(model_id, query)
    world.deliver(query, [])
    again = {"query_id": query, "evaluations": [world.sign(model_id, panel[0], PASS)]}
    assert world.refusal("deliver_evaluations", "oracle", **again) == QueryAnswered(query)
    world.vote(model_id, [PASS] * 3)
    assert world.refusal("deliver_evaluations", "oracle", **again) == QueryAnswered(query)


def test_the_oracle_is_in_time_in_the_last_second_only(world):
    for late in (False, True):
        model_id, panel = world.seated(quorum=1)
        query = world.request(model_id)
        deadline = world.market.deadlines(model_id).tally
        rows = [world.sign(model_id, panel[0], PASS)]
        wait = deadline - world.now - (0 if late else 1)
        done = world.do("deliver_evaluations", "oracle", wait=wait, query_id=query, evaluations=rows)
        assert done.failure == (TallyWindowOver(model_id, deadline) if late else None)
