"""A task and its models from the first wei to the last."""

from verifuse.contracts import (
    EMPTY_BASE,
    Access,
    Base,
    Credited,
    CreditReason,
    DeadlinePassed,
    EscrowExhausted,
    FitnessKind,
    InitiatorCannotAnnounce,
    ModelAnnounced,
    ModelSettled,
    ModelState,
    NotHead,
    NotInitiator,
    PanelDrawn,
    PoolJoined,
    PoolTooSmall,
    TaskClosed,
    TaskIsClosed,
    TaskPosted,
    TaskState,
    TaskToppedUp,
    Withdrawn,
    extend_base,
)

UNIT = 1_000_000 + 3 * 10_000 + 500


def test_a_rewarded_model_pays_contributor_panel_and_oracle(world):
    task_id = world.post(escrow=2 * UNIT)
    announced = world.must("announce_model", "carol", task_id=task_id, cid="first").the(ModelAnnounced)
    assert (announced.index, announced.cid, announced.reserved) == (1, "first", UNIT)
    assert announced.draw_block == world.chain.block_number + 1
    task = world.market.task(task_id)
    assert (task.unreserved_wei, task.reserved_wei, task.head) == (UNIT, UNIT, announced.model_id)

    panel = world.draw(announced.model_id)
    assert len(set(panel)) == 3
    done = world.vote(announced.model_id, [9_000, 9_000, 1_000])

    model = world.market.model(announced.model_id)
    assert (model.state, model.reports, model.passes) == (ModelState.REWARDED, 3, 2)
    assert done.the(ModelSettled).outcome is ModelState.REWARDED
    assert world.market.credit(world["carol"].address) == 1_000_000
    assert [world.market.credit(world[name].address) for name in panel] == [10_000] * 3
    assert world.market.credit(world["oracle"].address) == 500
    task = world.market.task(task_id)
    assert (task.unreserved_wei, task.reserved_wei, task.head) == (UNIT, 0, 0)

    before = world.chain.balance(world["carol"].address)
    world.must("withdraw_for", "stranger", account=world["carol"].address)
    assert world.chain.balance(world["carol"].address) == before + 1_000_000


def test_a_rejected_model_still_pays_its_verifiers_and_the_oracle(world):
    model_id, panel = world.seated(escrow=UNIT)
    done = world.vote(model_id, [1_000, 1_000, 9_000])
    assert done.the(ModelSettled).outcome is ModelState.REJECTED
    assert world.market.credit(world["carol"].address) == 0
    assert [world.market.credit(world[name].address) for name in panel] == [10_000] * 3
    assert world.market.credit(world["oracle"].address) == 500
    assert world.market.task(1).unreserved_wei == 1_000_000


def test_the_event_holds_all_terms_of_a_task(world):
    terms = world.terms(
        access_key=b"\2" * 33,
        mafr_bps=-25,
        fitness=FitnessKind.STANDALONE,
        base=Base.ACCEPTED,
        access=Access.SEALED_FOR_REWARDED,
        key_window=60,
        reveal_window=70,
        bond_wei=5,
        plant_tolerance_bps=100,
        plant_window=80,
        plant_root=b"\7" * 32,
    )
    assert terms.unit_budget_wei == UNIT
    posted = world.must("post_task", "initiator", terms=terms, value_wei=77).the(TaskPosted)
    assert posted == TaskPosted(1, world["initiator"].address, terms, 77)
    task = world.market.task(1)
    assert (task.initiator, task.state, task.unreserved_wei) == (posted.initiator, TaskState.OPEN, 77)
    assert (task.head, task.last_settled, task.tail, task.model_count) == (0, 0, 0, 0)


def test_models_of_a_task_wait_for_their_turn(world):
    task_id = world.post()
    first, second = (world.announce(task_id, sender) for sender in ("carol", "chris"))
    world.mine()
    assert world.refusal("draw_panel", "chris", model_id=second) == NotHead(second, first)
    world.draw(first)
    world.vote(first, [9_000] * 3)
    assert world.market.task(task_id).head == second
    world.draw(second)
    assert world.market.model(second).index == 2


def test_tasks_do_not_wait_for_each_other(world):
    models = [world.announce(world.post()) for _ in range(2)]
    assert [world.market.task(task_id).head for task_id in (1, 2)] == models
    world.draw(models[1])
    world.draw(models[0])


def test_the_base_grows_as_the_terms_say(world):
    for base, count_after in ((Base.ANNOUNCED, [0, 1, 2, 2, 3]), (Base.ACCEPTED, [0, 1, 1, 1, 2])):
        task_id = world.post(base=base)
        outcomes, expected = [[9_000] * 3, [0] * 3, [], [9_000] * 3, [9_000] * 3], EMPTY_BASE
        for index, (votes, count) in enumerate(zip(outcomes, count_after, strict=True)):
            model_id = world.announce(task_id, cid=f"model-{index}")
            world.mine()
            drawn = world.must("draw_panel", "carol", model_id=model_id).the(PanelDrawn)
            assert (drawn.base_count, drawn.base_digest) == (count, expected)
            if votes:
                outcome = world.vote(model_id, votes).the(ModelSettled).outcome
            else:
                outcome = world.must("expire_model", "carol", wait=500, model_id=model_id)
                outcome = outcome.the(ModelSettled).outcome
            if outcome is ModelState.REWARDED or (base is Base.ANNOUNCED and outcome is ModelState.REJECTED):
                expected = extend_base(expected, f"model-{index}")


def test_escrow_limits_announcements_and_anyone_may_add_to_it(world):
    task_id = world.post(escrow=UNIT + 1)
    world.announce(task_id)
    refusal = world.refusal("announce_model", "chris", task_id=task_id, cid="x")
    assert refusal == EscrowExhausted(available=1, needed=UNIT)
    topped = world.must("top_up", "stranger", task_id=task_id, value_wei=UNIT - 1).the(TaskToppedUp)
    assert topped == TaskToppedUp(task_id, world["stranger"].address, UNIT - 1)
    world.announce(task_id, "chris")


def test_the_initiator_cannot_announce_and_nobody_can_after_the_deadline(world):
    deadline = world.now + 100
    task_id = world.post(deadline=deadline)
    refusal = world.refusal("announce_model", "initiator", task_id=task_id, cid="x")
    assert refusal == InitiatorCannotAnnounce(task_id, world["initiator"].address)
    wait = deadline - world.now
    refusal = world.refusal("announce_model", "carol", wait=wait, task_id=task_id, cid="x")
    assert refusal == DeadlinePassed(deadline, deadline)


def test_a_model_announced_in_the_last_second_counts(world):
    deadline = world.now + 100
    task_id = world.post(deadline=deadline)
    world.must("announce_model", "carol", wait=deadline - 1 - world.now, task_id=task_id, cid="x")


def test_closing_with_open_models_returns_only_what_they_do_not_need(world):
    task_id = world.post(escrow=3 * UNIT)
    first, second = world.announce(task_id), world.announce(task_id, "chris")
    world.draw(first)
    done = world.must("close_task", "initiator", task_id=task_id)
    assert done.the(TaskClosed).returned == UNIT
    assert done.the(Credited).reason is CreditReason.REFUND
    initiator = world["initiator"].address
    assert world.market.credit(initiator) == UNIT
    assert world.market.task(task_id).state is TaskState.CLOSED
    for call, extra in (("announce_model", {"cid": "x"}), ("top_up", {"value_wei": 1}), ("close_task", {})):
        assert world.refusal(call, "chris", task_id=task_id, **extra) == TaskIsClosed(task_id)

    world.vote(first, [0, 0])
    assert world.market.credit(initiator) == UNIT + 1_000_000 + 10_000
    world.draw(second)
    world.vote(second, [9_000] * 3)
    task = world.market.task(task_id)
    assert (task.unreserved_wei, task.reserved_wei) == (0, 0)
    assert world.market.credit(initiator) == UNIT + 1_000_000 + 10_000
    assert world.market.credit(world["chris"].address) == 1_000_000


def test_anyone_may_close_after_the_deadline_but_only_the_initiator_gains(world):
    deadline = world.now + 100
    task_id = world.post(escrow=UNIT, deadline=deadline)
    early = world.refusal("close_task", "stranger", wait=deadline - 1 - world.now, task_id=task_id)
    assert early == NotInitiator(world["stranger"].address, world["initiator"].address)
    world.must("close_task", "stranger", wait=1, task_id=task_id)
    assert world.market.credit(world["initiator"].address) == UNIT
    assert world.market.credit(world["stranger"].address) == 0


def test_a_task_without_fees_pays_only_the_reward(world):
    model_id, _ = world.seated(escrow=5, model_reward_wei=5, verifier_fee_wei=0, oracle_fee_wei=0)
    done = world.vote(model_id, [9_000, 9_000])
    assert done.the(Credited) == Credited(world["carol"].address, 1, model_id, 5, CreditReason.MODEL_REWARD)


def test_many_credits_are_withdrawn_at_once(world):
    task_id = world.post()
    for _ in range(2):
        model_id = world.announce(task_id)
        world.draw(model_id)
        world.vote(model_id, [9_000] * 3)
    done = world.must("withdraw_for", "carol", account=world["carol"].address)
    assert done.the(Withdrawn).amount == 2_000_000
    assert world.market.credit(world["carol"].address) == 0


def test_the_pool_emits_the_public_key(open_world):
    world = open_world(joined=False)
    key = b"\x02" + bytes(32)
    joined = world.must("join_pool", "v0", public_key=key, value_wei=9).the(PoolJoined)
    assert joined == PoolJoined(world["v0"].address, 0, 9, key)
    assert world.market.is_in_pool(world["v0"].address)


def test_several_initiators_share_the_contract_and_nothing_else(world):
    tasks = {}
    for initiator, reward in (("initiator", 700), ("stranger", 900)):
        terms = world.terms(model_reward_wei=reward)
        escrow = terms.unit_budget_wei
        posted = world.must("post_task", initiator, terms=terms, value_wei=escrow).the(TaskPosted)
        tasks[initiator] = posted.task_id, world.announce(posted.task_id, cid=initiator)
    (ours, first), (theirs, second) = tasks.values()
    world.draw(second)
    world.draw(first)
    refusal = world.refusal("close_task", "initiator", task_id=theirs)
    assert refusal == NotInitiator(world["initiator"].address, world["stranger"].address)
    world.must("close_task", "initiator", task_id=ours)
    assert world.vote(first, [0] * 3).the(ModelSettled).outcome is ModelState.REJECTED
    assert world.vote(second, [9_000] * 3).the(ModelSettled).outcome is ModelState.REWARDED
    assert world.market.credit(world["initiator"].address) == 700
    assert world.market.credit(world["carol"].address) == 900
    assert world.market.credit(world["stranger"].address) == 0
    assert world.market.task(theirs).state is TaskState.OPEN


def test_one_account_computes_verifies_and_initiates_each_in_another_task(open_world):
    world = open_world(verifiers=1)
    world.join("carol")
    hers = world.must("post_task", "carol", terms=world.terms(), value_wei=UNIT).the(TaskPosted).task_id
    computing, judging = world.post(escrow=UNIT, quorum=1), world.post(escrow=UNIT)
    models = (
        world.announce(computing, "carol"),
        world.announce(judging, "chris"),
        world.announce(hers, "chris"),
    )
    assert world.draw(models[0]) == ["v0"]
    assert sorted(world.draw(models[1])) == ["carol", "v0"]
    world.mine()
    refusal = world.refusal("draw_panel", "chris", model_id=models[2])
    assert refusal == PoolTooSmall(eligible=1, quorum=2)
    world.vote(models[0], [9_000])
    for model_id in models[1:]:
        world.must("expire_model", "stranger", wait=1_200, model_id=model_id)
    assert world.market.credit(world["carol"].address) == 1_000_000
    world.must("close_task", "carol", task_id=hers)
    done = world.must("withdraw_for", "carol", account=world["carol"].address)
    assert done.the(Withdrawn).amount == 1_000_000 + UNIT
