"""Commit–reveal: a panel member binds herself before she can see anybody else's number."""

from dataclasses import replace

import pytest

from verifuse.contracts import (
    AlreadyCommitted,
    CommitmentNotAsked,
    Deadlines,
    EvaluationCommitted,
    EvaluationCounted,
    EvaluationWindowOpen,
    EvaluationWindowOver,
    ModelSettled,
    ModelState,
    NotSeated,
    QuorumMissed,
    RevealWindowClosed,
    RowRefused,
    RowSkipped,
    SkipReason,
)

COMMITTED = {"reveal_window": 100}


def test_the_windows_follow_each_other(world):
    model_id, _ = world.seated(**COMMITTED, key_window=60)
    drawn = world.now
    assert world.market.deadlines(model_id) == Deadlines(drawn + 60, drawn + 360, drawn + 460, drawn + 660)
    world.must("expire_model", "stranger", wait=660, model_id=model_id)
    assert world.market.deadlines(model_id) == Deadlines(0, 0, 0, 0)


def test_an_honest_panel_commits_and_is_counted_by_the_oracle(world):
    model_id, panel = world.seated(**COMMITTED)
    rows = world.commit(model_id, [9_000, 9_000, 1_000])
    done = world.deliver(world.request(model_id), rows)
    assert done.the(ModelSettled) == ModelSettled(model_id, 1, ModelState.REWARDED, 3, 2)
    assert [world.market.credit(world[name].address) for name in panel] == [10_000] * 3


def test_a_commitment_tells_nothing_of_the_number(world):
    model_id, (who, *_) = world.seated(**COMMITTED)
    salted = {fitness: world.sign(model_id, who, fitness, salt=b"\1" * 32) for fitness in (0, 9_000)}
    otherwise = world.sign(model_id, who, 9_000, salt=b"\2" * 32)
    hidden = [world.committed_to(row) for row in (*salted.values(), otherwise)]
    assert len(set(hidden)) == 3
    done = world.must("commit_evaluation", who, model_id=model_id, seat=0, commitment=hidden[1])
    assert done.the(EvaluationCommitted) == EvaluationCommitted(model_id, world[who].address, hidden[1])


def test_a_copied_commitment_cannot_be_opened_by_its_copier(world):
    model_id, (author, copier, third) = world.seated(**COMMITTED)
    row = world.sign(model_id, author, 8_123, salt=b"\1" * 32)
    for seat, who in enumerate((author, copier)):
        copied = world.committed_to(row)
        world.must("commit_evaluation", who, model_id=model_id, seat=seat, commitment=copied)
    own = world.sign(model_id, third, 8_000, salt=b"\3" * 32)
    world.must("commit_evaluation", third, model_id=model_id, seat=2, commitment=world.committed_to(own))
    stolen = world.sign(model_id, copier, 8_123, salt=b"\1" * 32)
    done = world.deliver(world.request(model_id), [row, stolen, own])
    assert done.the(RowSkipped).verifier == world[copier].address
    assert done.the(RowSkipped).reason is SkipReason.NOT_COMMITTED
    assert done.the(ModelSettled).reports == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda world, row: replace(row, salt=b"\7" * 32),
        lambda world, row: altered(world, row, fitness_bps=9_001),
        lambda world, row: altered(world, row, fitness_bps=-1),
    ],
    ids=["another salt", "another number", "unreadable after all"],
)
def test_nothing_but_what_was_committed_is_counted(shared_world, change):
    model_id, _ = shared_world.seated(**COMMITTED)
    row = change(shared_world, shared_world.commit(model_id, [9_000])[0])
    assert shared_world.reveal(row).failure == RowRefused(SkipReason.NOT_COMMITTED)


def altered(world, row, **changes):
    """The same verifier signs something else afterwards."""
    said = replace(row.evaluation, **changes)
    verifier = world.name[said.verifier]
    return world.sign(said.model_id, verifier, said.fitness_bps, base_digest=said.base_digest, salt=row.salt)


def test_an_unrevealed_commitment_is_silence(world):
    model_id, panel = world.seated(**COMMITTED)
    rows = world.commit(model_id, [9_000, 9_000, 9_000])
    done = world.deliver(world.request(model_id), rows[:2])
    assert done.the(ModelSettled).reports == 2
    assert world.market.credit(world[panel[2]].address) == 0


def test_the_panel_can_decide_without_the_oracle(world):
    model_id, panel = world.seated(**COMMITTED)
    rows = world.commit(model_id, [9_000, 9_000, 1_000])
    for row in rows[:2]:
        assert world.reveal(row, "chris").the(EvaluationCounted).passed
    assert world.reveal(rows[0]).failure == RowRefused(SkipReason.ALREADY_COUNTED)
    wait = world.until(world.market.deadlines(model_id).tally)
    done = world.must("expire_model", "stranger", wait=wait, model_id=model_id)
    assert done.the(ModelSettled) == ModelSettled(model_id, 1, ModelState.REWARDED, 2, 2)
    assert world.market.credit(world["carol"].address) == 1_000_000
    assert world.market.credit(world["oracle"].address) == 0
    assert [world.market.credit(world[name].address) for name in panel] == [10_000, 10_000, 0]


def test_what_was_revealed_on_chain_and_what_the_oracle_brings_count_together(world):
    model_id, panel = world.seated(**COMMITTED, quorum=3)
    rows = world.commit(model_id, [9_000, 1_000, 9_000])
    assert world.reveal(rows[0]).failure is None
    query_id = world.request(model_id)
    first = world.deliver(query_id, rows[:2])
    assert first.the(RowSkipped).reason is SkipReason.ALREADY_COUNTED
    assert first.the(QuorumMissed) == QuorumMissed(query_id, model_id, 2, 3)
    second = world.deliver(world.request(model_id), rows[2:])
    assert second.the(ModelSettled) == ModelSettled(model_id, 1, ModelState.REWARDED, 3, 2)
    assert [world.market.credit(world[name].address) for name in panel] == [10_000] * 3


def test_each_call_has_its_window_to_the_second(world):
    model_id, (who, *_) = world.seated(**COMMITTED)
    ends = world.market.deadlines(model_id)
    row = world.sign(model_id, who, 9_000, salt=b"\1" * 32)
    arguments = {"model_id": model_id, "seat": 0, "commitment": world.committed_to(row)}
    world.must("commit_evaluation", who, wait=world.until(ends.evaluation, -1), **arguments)

    reveal = {"evaluation": row, "panel_size": 3}
    late = world.refusal("commit_evaluation", who, wait=1, **arguments)
    assert late == EvaluationWindowOver(model_id, ends.evaluation)
    early = world.refusal("request_evaluations", who, wait=99, model_id=model_id)
    assert early == EvaluationWindowOpen(model_id, ends.reveal)
    closed = world.refusal("reveal_evaluation", who, wait=1, **reveal)
    assert closed == RevealWindowClosed(model_id, ends.evaluation, ends.reveal)
    assert world.now == ends.reveal
    world.must("request_evaluations", who, model_id=model_id)


def test_the_reveal_window_opens_with_the_end_of_the_evaluation(world):
    model_id, _ = world.seated(**COMMITTED)
    ends = world.market.deadlines(model_id)
    first, second = world.commit(model_id, [9_000, 9_000])
    early = world.refusal(
        "reveal_evaluation", "carol", wait=ends.evaluation - 1 - world.now, evaluation=first, panel_size=3
    )
    assert early == RevealWindowClosed(model_id, ends.evaluation, ends.reveal)
    for row, at in ((first, ends.evaluation), (second, ends.reveal - 1)):
        world.must("reveal_evaluation", "carol", wait=at - world.now, evaluation=row, panel_size=3)


def test_a_seat_commits_once_and_only_for_itself(world):
    model_id, (first, second, _) = world.seated(**COMMITTED)
    arguments = {"model_id": model_id, "commitment": b"\1" * 32}
    for who, seat in ((second, 0), ("stranger", 0), (first, 3), (first, 2**255)):
        refusal = world.refusal("commit_evaluation", who, seat=seat, **arguments)
        assert refusal == NotSeated(world[who].address, seat)
    world.must("commit_evaluation", first, seat=0, **arguments)
    again = world.refusal("commit_evaluation", first, seat=0, **(arguments | {"commitment": b"\2" * 32}))
    assert again == AlreadyCommitted(model_id, 0)


def test_nobody_commits_to_nothing_or_where_it_is_not_asked(world):
    model_id, (who, *_) = world.seated(**COMMITTED)
    arguments = {"model_id": model_id, "seat": 0, "commitment": bytes(32)}
    assert world.refusal("commit_evaluation", who, **arguments) == CommitmentNotAsked(model_id)
    plain, (who, *_) = world.seated()
    arguments = {"model_id": plain, "seat": 0, "commitment": b"\1" * 32}
    assert world.refusal("commit_evaluation", who, **arguments) == CommitmentNotAsked(plain)
    row = world.sign(plain, who, 9_000)
    ends = world.market.deadlines(plain)
    assert world.reveal(row).failure == RevealWindowClosed(plain, ends.evaluation, ends.evaluation)
