"""The four kinds of fitness: which numbers a row may hold, and which base a model gets."""

import pytest

from verifuse.contracts import (
    COPY,
    EMPTY_BASE,
    UNREADABLE,
    Base,
    EvaluationCounted,
    FitnessKind,
    ModelSettled,
    ModelState,
    PanelDrawn,
    RowSkipped,
    SkipReason,
    extend_base,
)

AGAINST_ZERO = (FitnessKind.ACCURACY, FitnessKind.STANDALONE)


@pytest.mark.parametrize("kind", FitnessKind)
@pytest.mark.parametrize("reference", [-1, 0, 1, 10_000, 10_001])
def test_only_what_is_measured_against_something_has_a_reference(shared_world, kind, reference):
    model_id, panel = shared_world.seated(fitness=kind, quorum=1, mafr_bps=-10_000)
    row = shared_world.sign(model_id, panel[0], 10_000, reference)
    done = shared_world.deliver(shared_world.request(model_id), [row])
    if reference == 0 or (kind not in AGAINST_ZERO and 0 < reference <= 10_000):
        counted = done.the(EvaluationCounted)
        assert (counted.fitness_bps, counted.reference_bps) == (10_000, reference)
        assert counted.passed is (10_000 - reference > -10_000)
    else:
        assert done.the(RowSkipped).reason is SkipReason.REFERENCE_OUT_OF_RANGE


@pytest.mark.parametrize("kind", FitnessKind)
def test_the_base_grows_under_every_kind_that_fuses(shared_world, kind):
    task_id = shared_world.post(fitness=kind, base=Base.ANNOUNCED)
    expected = EMPTY_BASE
    for index in range(3):
        model_id = shared_world.announce(task_id, cid=f"model-{index}")
        shared_world.mine()
        drawn = shared_world.must("draw_panel", "carol", model_id=model_id).the(PanelDrawn)
        assert (drawn.base_count, drawn.base_digest) == (
            (0, EMPTY_BASE) if kind is FitnessKind.STANDALONE else (index, expected)
        )
        shared_world.vote(model_id, [9_000] * 3)
        expected = extend_base(expected, f"model-{index}")


@pytest.mark.parametrize("kind", FitnessKind)
def test_unreadable_and_copy_are_words_under_every_kind(shared_world, kind):
    task_id = shared_world.post(fitness=kind, mafr_bps=-10_000)
    for word, reference in ((UNREADABLE, 0), (COPY, 1)):
        model_id = shared_world.announce(task_id)
        shared_world.draw(model_id)
        done = shared_world.vote(model_id, [word] * 3, reference)
        assert [event.passed for event in done.all(EvaluationCounted)] == [False] * 3
        assert done.the(ModelSettled).outcome is ModelState.REJECTED


def test_a_copy_names_an_earlier_model_of_the_same_task(world):
    task_id = world.post(quorum=1)
    first = world.announce(task_id)
    world.draw(first)
    world.vote(first, [9_000] * 3)
    copy = world.announce(task_id, "chris")
    panel = world.draw(copy)
    rows = [world.sign(copy, panel[0], COPY, index) for index in (0, 2, -1, 1)]
    done = world.deliver(world.request(copy), rows)
    assert [skip.reason for skip in done.all(RowSkipped)] == [SkipReason.REFERENCE_OUT_OF_RANGE] * 3
    counted = done.the(EvaluationCounted)
    assert (counted.fitness_bps, counted.reference_bps, counted.passed) == (COPY, 1, False)
    assert done.the(ModelSettled).outcome is ModelState.REJECTED


def test_reporters_of_a_copy_are_paid_and_outvote_who_measured_it(world):
    task_id = world.post()
    first = world.announce(task_id)
    world.draw(first)
    world.vote(first, [9_000] * 3)
    copy = world.announce(task_id, "chris")
    panel = world.draw(copy)
    before = [world.market.credit(world[name].address) for name in panel]
    rows = [world.sign(copy, name, COPY, 1) for name in panel[:2]] + [world.sign(copy, panel[2], 9_000)]
    done = world.deliver(world.request(copy), rows)
    assert done.the(ModelSettled) == ModelSettled(copy, task_id, ModelState.REJECTED, 3, 1)
    after = [world.market.credit(world[name].address) for name in panel]
    assert [late - early for late, early in zip(after, before, strict=True)] == [10_000] * 3
    assert world.market.credit(world["chris"].address) == 0
