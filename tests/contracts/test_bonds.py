"""Bonds: a stake stands behind each seat, and silence costs it."""

import pytest

from verifuse.contracts import (
    Credited,
    CreditReason,
    ModelSettled,
    ModelState,
    NotBonded,
    NothingToReclaim,
    NotSeated,
    PanelDrawn,
    PoolTooSmall,
    SeatAlreadySettled,
    SeatOutcome,
    SeatSettled,
    StakeReclaimed,
    StakeStillBound,
    UnknownSlot,
    WrongState,
)

FEE, BOND = 10_000, 300
BONDED = {"reveal_window": 100, "bond_wei": BOND}


@pytest.fixture
def world(open_world):
    """Six verifiers, each with a stake of three bonds."""
    world = open_world(joined=False)
    world.join(*world.verifiers, stake=3 * BOND)
    return world


def slot_of(world, name):
    (slot,) = (
        slot
        for slot in map(world.market.pool_slot, range(world.market.counts().pool_length))
        if slot.account == world[name].address and not slot.left_block
    )
    return slot


def settle(world, model_id, seat):
    return world.must("settle_seat", "stranger", model_id=model_id, seat=seat)


def outcomes(world, model_id):
    """Settle every seat and return what became of each."""
    seats = range(len(world.market.panel(model_id)))
    return [settle(world, model_id, seat).the(SeatSettled).outcome for seat in seats]


def test_a_draw_locks_a_bond_for_each_seat_and_settling_frees_it(world):
    model_id, panel = world.seated(**BONDED)
    assert [slot_of(world, name).locked_wei for name in panel] == [BOND] * 3
    world.vote(model_id, [9_000] * 3)
    assert [world.market.credit(world[name].address) for name in panel] == [0] * 3
    done = settle(world, model_id, 0)
    who = world[panel[0]].address
    assert done.events == (
        SeatSettled(model_id, who, SeatOutcome.PAID, seat=0, burnt=0),
        Credited(who, 1, model_id, FEE, CreditReason.VERIFIER_FEE),
    )
    assert (slot_of(world, panel[0]).locked_wei, slot_of(world, panel[0]).stake_wei) == (0, 3 * BOND)
    assert [seat.settled for seat in world.market.panel(model_id)] == [True, False, False]
    assert world.refusal("settle_seat", "carol", model_id=model_id, seat=0) == SeatAlreadySettled(model_id, 0)


def test_the_draw_says_which_bond_is_locked(world):
    for terms, bond in ((BONDED, BOND), ({}, 0)):
        model_id = world.announce(world.post(**terms))
        world.mine()
        assert world.must("draw_panel", "carol", model_id=model_id).the(PanelDrawn).bond == bond


def test_silence_costs_the_bond_and_it_is_burnt(world):
    model_id, panel = world.seated(**BONDED)
    rows = world.commit(model_id, [9_000, 9_000, 9_000])
    world.deliver(world.request(model_id), rows[:2])
    assert outcomes(world, model_id) == [SeatOutcome.PAID, SeatOutcome.PAID, SeatOutcome.SILENT]
    assert world.market.burnt() == BOND
    assert (slot_of(world, panel[2]).stake_wei, slot_of(world, panel[2]).locked_wei) == (2 * BOND, 0)
    assert world.market.task(1).reserved_wei == 0
    assert world.market.credit(world[panel[2]].address) == 0


def test_what_is_burnt_stays_where_nobody_reaches_it(world):
    model_id, _ = world.seated(**BONDED)
    wait = world.until(world.market.deadlines(model_id).tally)
    world.must("expire_model", "stranger", wait=wait, model_id=model_id)
    assert outcomes(world, model_id) == [SeatOutcome.SILENT] * 3
    world.must("close_task", "initiator", task_id=1)
    world.must("withdraw_for", "stranger", account=world["initiator"].address)
    stakes = 6 * 3 * BOND - 3 * BOND
    assert world.market.burnt() == 3 * BOND
    assert world.chain.balance(world.market.address) == stakes + 3 * BOND


def test_who_committed_to_a_model_that_was_never_decided_is_excused(world):
    model_id, panel = world.seated(**BONDED)
    world.commit(model_id, [9_000])
    wait = world.until(world.market.deadlines(model_id).tally)
    done = world.must("expire_model", "stranger", wait=wait, model_id=model_id)
    assert done.the(ModelSettled).outcome is ModelState.VOID
    assert outcomes(world, model_id) == [SeatOutcome.EXCUSED, SeatOutcome.SILENT, SeatOutcome.SILENT]
    assert slot_of(world, panel[0]).stake_wei == 3 * BOND


def test_no_oracle_can_make_a_member_silent_who_reveals_on_chain(world):
    model_id, _ = world.seated(**BONDED, quorum=1)
    rows = world.commit(model_id, [9_000, 9_000])
    assert world.reveal(rows[0]).failure is None
    world.deliver(world.request(model_id), rows[1:])
    assert outcomes(world, model_id)[:2] == [SeatOutcome.PAID] * 2


def test_only_free_stake_is_drawn(open_world):
    world = open_world(joined=False, verifiers=4)
    world.join("v0", "v1", stake=BOND)
    world.join("v2", stake=BOND - 1)
    world.join("v3")
    first, panel = world.seated(**BONDED, quorum=2)
    assert sorted(panel) == ["v0", "v1"]
    second = world.announce(world.post(**BONDED, quorum=1))
    world.mine()
    assert world.refusal("draw_panel", "carol", model_id=second) == PoolTooSmall(0, 1)
    world.vote(first, [9_000] * 2)
    outcomes(world, first)
    assert sorted(world.draw(second)) == ["v0", "v1"]


def test_one_stake_carries_as_many_seats_as_it_has_bonds(open_world):
    world = open_world(joined=False, verifiers=1)
    world.join("v0", stake=2 * BOND)
    alone = {"quorum": 1, "panel_size": 1}
    models = [world.announce(world.post(**BONDED, **alone)) for _ in range(3)]
    for model_id in models[:2]:
        assert world.draw(model_id) == ["v0"]
    assert world.refusal("draw_panel", "carol", model_id=models[2]) == PoolTooSmall(0, 1)


def test_seats_are_settled_after_the_model_and_only_in_bonded_tasks(world):
    model_id, _ = world.seated(**BONDED)
    call = {"model_id": model_id, "seat": 0}
    assert world.refusal("settle_seat", "carol", **call) == WrongState(model_id, ModelState.EVALUATING)
    world.vote(model_id, [9_000] * 3)
    refusal = world.refusal("settle_seat", "carol", model_id=model_id, seat=3)
    assert refusal == NotSeated("0x" + "00" * 20, 3)
    plain, _ = world.seated()
    world.vote(plain, [9_000] * 3)
    assert world.refusal("settle_seat", "carol", model_id=plain, seat=0) == NotBonded(2)


def test_fees_of_bonded_seats_wait_in_the_tasks_reserve(world):
    model_id, _ = world.seated(**BONDED, escrow=1_030_500)
    world.vote(model_id, [9_000] * 3)
    assert world.market.task(1).reserved_wei == 3 * FEE
    for left in (2, 1, 0):
        settle(world, model_id, 2 - left)
        assert world.market.task(1).reserved_wei == left * FEE


def test_a_stake_is_reclaimed_when_no_draw_can_seat_its_owner_any_more(world):
    model_id, panel = world.seated(**BONDED)
    who = panel[0]
    slot = int(who[1:])
    forever = 2**256 - 1
    assert world.refusal("reclaim_stake", who, slot=slot) == StakeStillBound(slot, forever)
    left = world.must("leave_pool", who).receipt.block
    while world.chain.block_number < left + 254:
        world.mine()
    assert world.refusal("reclaim_stake", who, slot=slot) == StakeStillBound(slot, left + 256)
    done = world.must("reclaim_stake", "stranger", slot=slot)
    assert done.the(StakeReclaimed) == StakeReclaimed(world[who].address, slot, 2 * BOND)
    assert done.the(Credited) == Credited(world[who].address, 0, 0, 2 * BOND, CreditReason.STAKE)
    assert world.refusal("reclaim_stake", who, slot=slot) == NothingToReclaim(slot)

    world.must("expire_model", "stranger", wait=1_000, model_id=model_id)
    assert settle(world, model_id, 0).the(SeatSettled).outcome is SeatOutcome.SILENT
    assert world.refusal("reclaim_stake", who, slot=slot) == NothingToReclaim(slot)
    assert world.refusal("reclaim_stake", who, slot=99) == UnknownSlot(99)


def test_who_leaves_keeps_her_seat_her_duty_and_her_bond_in_it(world):
    model_id, panel = world.seated(**BONDED)
    for name in panel:
        world.must("leave_pool", name)
    world.vote(model_id, [9_000] * 3)
    assert outcomes(world, model_id) == [SeatOutcome.PAID] * 3
