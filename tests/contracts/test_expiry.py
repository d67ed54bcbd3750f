"""Whoever vanishes, anybody can free the money once a window has passed."""

import pytest

from verifuse.contracts import (
    Credited,
    CreditReason,
    Deadlines,
    DrawWindowOver,
    EvaluationWindowOpen,
    ModelSettled,
    ModelState,
    NotExpired,
    NotHead,
    TallyWindowOver,
    WrongState,
)


def expire(world, model_id, at):
    return world.do("expire_model", "stranger", wait=at - world.now, model_id=model_id)


def test_a_model_nobody_draws_a_panel_for_expires(world):
    model_id = world.announce(world.post())
    deadline = world.now + 600
    assert expire(world, model_id, deadline - 1).failure == NotExpired(model_id, deadline)
    done = expire(world, model_id, deadline)
    assert done.the(ModelSettled).outcome is ModelState.VOID
    assert world.market.task(1).reserved_wei == 0


def test_a_panel_cannot_be_drawn_once_the_window_is_over(world):
    model_id = world.announce(world.post())
    deadline = world.now + 600
    world.mine()
    late = world.refusal("draw_panel", "carol", wait=deadline - world.now, model_id=model_id)
    assert late == DrawWindowOver(model_id, deadline)


def test_the_draw_window_of_a_later_model_starts_when_its_turn_comes(world):
    task_id = world.post()
    first, second = world.announce(task_id), world.announce(task_id, "chris")
    early = world.refusal("expire_model", "carol", wait=600, model_id=second)
    assert early == NotHead(second, first)
    expire(world, first, world.now + 12)
    turn = world.now
    assert expire(world, second, turn + 599).failure == NotExpired(second, turn + 600)
    assert expire(world, second, turn + 600).failure is None


def test_an_announcement_after_an_idle_queue_starts_its_own_window(world):
    task_id = world.post()
    world.draw(world.announce(task_id))
    world.vote(1, [9_000] * 3)
    world.mine(wait=2_000)
    later, since = world.announce(task_id), world.now
    assert expire(world, later, since + 599).failure == NotExpired(later, since + 600)


@pytest.mark.parametrize("queried", [False, True], ids=["nobody asks", "the oracle is silent"])
def test_a_model_nobody_tallies_expires(world, queried):
    model_id, _ = world.seated()
    tally_deadline = world.market.deadlines(model_id).tally
    if queried:
        query = world.request(model_id)
    assert expire(world, model_id, tally_deadline - 1).failure == NotExpired(model_id, tally_deadline)
    assert expire(world, model_id, tally_deadline).failure is None
    assert world.market.model(model_id).state is ModelState.VOID
    assert not any(world.ledger.credit.values())
    if queried:
        late = world.refusal("deliver_evaluations", "oracle", query_id=query, evaluations=[])
        assert late == WrongState(model_id, ModelState.VOID)


def test_an_oracle_who_wakes_up_after_the_expiry_cannot_settle_a_model_again(world):
    task_id = world.post(escrow=2 * 1_030_500)
    sleeper, waiting = world.announce(task_id), world.announce(task_id, "chris")
    panel = world.draw(sleeper)
    query = world.request(sleeper)
    expire(world, sleeper, world.market.deadlines(sleeper).tally)
    before = world.market.task(task_id)
    rows = [world.sign(sleeper, name, 9_000) for name in panel]
    late = world.refusal("deliver_evaluations", "oracle", query_id=query, evaluations=rows)
    assert late == WrongState(sleeper, ModelState.VOID)
    assert world.market.task(task_id) == before
    world.draw(waiting)
    assert world.vote(waiting, [9_000] * 3).the(ModelSettled).outcome is ModelState.REWARDED


def test_below_quorum_the_evaluators_keep_their_fee_and_the_rest_is_released(world):
    model_id, panel = world.seated(escrow=2_000_000)
    world.vote(model_id, [9_000])
    done = expire(world, model_id, world.market.deadlines(model_id).tally)
    assert done.the(ModelSettled) == ModelSettled(model_id, 1, ModelState.VOID, 1, 1)
    assert world.market.task(1).unreserved_wei == 2_000_000 - 10_000
    assert world.market.credit(world[panel[0]].address) == 10_000
    assert world.market.credit(world["carol"].address) == 0


def test_what_expires_after_closing_goes_to_the_initiator(world):
    model_id, _ = world.seated(escrow=1_030_500)
    world.must("close_task", "initiator", task_id=1)
    assert world.market.credit(world["initiator"].address) == 0
    done = expire(world, model_id, world.market.deadlines(model_id).tally)
    assert done.the(Credited) == Credited(
        world["initiator"].address, 1, model_id, 1_030_500, CreditReason.REFUND
    )


def test_queries_belong_to_the_tally_window(world):
    model_id, _ = world.seated()
    ends, drawn = world.market.deadlines(model_id), world.now
    assert ends == Deadlines(drawn, drawn + 300, drawn + 300, drawn + 500)
    early = world.refusal("request_evaluations", "carol", wait=299, model_id=model_id)
    assert early == EvaluationWindowOpen(model_id, ends.evaluation)
    late = world.refusal("request_evaluations", "carol", wait=201, model_id=model_id)
    assert late == TallyWindowOver(model_id, ends.tally)


def test_a_final_state_never_changes(world):
    model_id, _ = world.seated()
    world.vote(model_id, [9_000] * 3)
    refused = WrongState(model_id, ModelState.REWARDED)
    for call in ("draw_panel", "request_evaluations", "expire_model"):
        assert world.refusal(call, "carol", wait=5_000, model_id=model_id) == refused


def test_past_all_deadlines_strangers_alone_return_every_wei(world):
    task_id = world.post(escrow=4 * 1_030_500)
    models = [world.announce(task_id, sender) for sender in ("carol", "chris", "carol")]
    world.draw(models[0])
    world.vote(models[0], [9_000])
    for model_id in models:
        world.must("expire_model", "stranger", wait=100_000, model_id=model_id)
    world.must("close_task", "stranger", task_id=task_id)
    for account in [account for account, wei in world.ledger.credit.items() if wei]:
        world.must("withdraw_for", "stranger", account=account)
    task = world.market.task(task_id)
    assert (task.unreserved_wei, task.reserved_wei) == (0, 0)
    assert world.chain.balance(world.market.address) == 0
