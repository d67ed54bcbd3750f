"""Who is seated: the pool, the lottery and the block hash behind it."""

import json
from collections import Counter
from pathlib import Path

import pytest
from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from verifuse.chain import ChainConfig, Transaction, derive_account, open_chain
from verifuse.contracts import (
    DrawArmed,
    DrawBlockAhead,
    ModelAnnounced,
    ModelSettled,
    PanelDrawn,
    PoolSlot,
    PoolTooSmall,
    WrongState,
)
from verifuse.seeds import derive_bytes


def test_contributor_and_initiator_are_never_seated(open_world):
    world = open_world(verifiers=3)
    world.join("carol", "initiator")
    _, panel = world.seated(panel_size=5)
    assert sorted(panel) == ["v0", "v1", "v2"]


def test_a_contributor_may_judge_the_models_of_others(open_world):
    world = open_world(verifiers=1)
    world.join("carol")
    task_id = world.post(panel_size=2)
    assert sorted(world.draw(world.announce(task_id, "chris"))) == ["carol", "v0"]


def test_who_leaves_before_the_draw_or_joins_after_the_announcement_is_not_seated(world):
    task_id = world.post(panel_size=6, quorum=1)
    world.must("leave_pool", "v0")
    model_id = world.announce(task_id)
    world.must("leave_pool", "v1")
    world.join("stranger", "v0", "v1")
    assert sorted(world.draw(model_id)) == ["v2", "v3", "v4", "v5"]
    later = world.announce(task_id, "chris")
    world.vote(model_id, [9_000])
    assert {"v0", "v1", "stranger"} & set(world.draw(later))


def test_the_pool_is_append_only(world):
    left = world.must("leave_pool", "v2").receipt.block
    assert world.market.pool_slot(2) == PoolSlot(world["v2"].address, left, stake_wei=0, locked_wei=0)
    assert not world.market.is_in_pool(world["v2"].address)
    world.join("v2", stake=5)
    assert world.market.counts().pool_length == 7
    assert world.market.pool_slot(6) == PoolSlot(world["v2"].address, 0, stake_wei=5, locked_wei=0)


def test_nobody_steers_a_draw_whose_hash_is_known_by_leaving(open_world):
    world = open_world(verifiers=3)
    model_id = world.announce(world.post(panel_size=3, quorum=1))
    world.must("leave_pool", "v0")  # in the deciding block itself, before its hash exists
    assert world.chain.block_number == world.market.draw_block(model_id)
    world.must("leave_pool", "v1")
    assert sorted(world.draw(model_id)) == ["v1", "v2"]


def test_a_model_in_the_queue_is_drawn_by_a_block_after_its_turn_began(world):
    task_id = world.post()
    first, second = world.announce(task_id), world.announce(task_id, "chris")
    world.draw(first)
    done = world.vote(first, [9_000] * 3)
    armed = done.the(DrawArmed)
    assert armed == DrawArmed(second, done.receipt.block + 1)
    assert world.market.draw_block(second) == armed.draw_block
    early = world.refusal("draw_panel", "chris", model_id=second)
    assert early == DrawBlockAhead(second, armed.draw_block)
    world.must("draw_panel", "chris", model_id=second)


def test_the_announcement_names_the_block_of_a_model_that_need_not_wait(world):
    announced = world.must("announce_model", "carol", task_id=world.post(), cid="x").the(ModelAnnounced)
    assert announced.draw_block == world.market.draw_block(1) == world.chain.block_number + 1


def test_a_seat_survives_its_holder_leaving_the_pool(world):
    model_id, panel = world.seated()
    for name in panel:
        world.must("leave_pool", name)
    assert world.vote(model_id, [9_000] * 3).the(ModelSettled).reports == 3


def test_a_small_pool_gives_a_small_panel_but_not_below_the_quorum(open_world):
    world = open_world(verifiers=2)
    _, panel = world.seated(panel_size=5, quorum=2)
    assert len(panel) == 2
    model_id = world.announce(world.post(panel_size=5, quorum=3))
    world.mine()
    assert world.refusal("draw_panel", "carol", model_id=model_id) == PoolTooSmall(eligible=2, quorum=3)


def test_an_empty_pool_seats_nobody(open_world):
    world = open_world(joined=False)
    model_id = world.announce(world.post())
    world.mine()
    assert world.refusal("draw_panel", "carol", model_id=model_id) == PoolTooSmall(0, 2)


def test_the_deciding_block_lies_in_the_future_of_the_announcement(world):
    task_id = world.post()
    announced, early = world.mine(
        world.market.announce_model(world["carol"], task_id=task_id, cid="x"),
        world.market.draw_panel(world["chris"], model_id=1, panel_size=3),
    )
    draw_block = announced.receipt.block + 1
    assert early.failure == DrawBlockAhead(1, draw_block)
    assert world.refusal("draw_panel", "carol", model_id=1) == DrawBlockAhead(1, draw_block)
    world.must("draw_panel", "carol", model_id=1)
    assert isinstance(world.refusal("draw_panel", "carol", model_id=1), WrongState)


def test_a_hash_out_of_reach_arms_a_new_block_and_reverts_nothing(world):
    model_id = world.announce(world.post(draw_window=100_000))
    draw_block = world.market.draw_block(model_id)
    while world.chain.block_number < draw_block + 256:
        world.now += 12
        world.chain.mine(world.now)
    done = world.must("draw_panel", "stranger", model_id=model_id)
    assert done.events == (DrawArmed(model_id, done.receipt.block + 1),)
    world.mine()
    assert len(world.must("draw_panel", "stranger", model_id=model_id).the(PanelDrawn).panel) == 3


def test_the_oldest_reachable_hash_still_draws(world):
    model_id = world.announce(world.post(draw_window=100_000))
    draw_block = world.market.draw_block(model_id)
    while world.chain.block_number < draw_block + 255:
        world.now += 12
        world.chain.mine(world.now)
    done = world.must("draw_panel", "stranger", model_id=model_id)
    assert done.receipt.block == draw_block + 256
    assert len(done.the(PanelDrawn).panel) == 3


@pytest.fixture(scope="module")
def tickets():
    """Draw from the market's own lottery library on a chain."""
    path = Path(__file__).parent / "artifacts" / "LotteryDoor.json"
    artifact = json.loads(path.read_text(encoding="utf-8"))
    selector = keccak(text="tickets(bytes32,uint256,uint256)")[:4]
    deployer = derive_account(1, "deployer")
    chain = open_chain(ChainConfig(), {deployer: 10**20})
    chain.submit(Transaction(deployer, None, bytes.fromhex(artifact["bytecode"][2:]), gas=2_000_000))
    door = chain.mine(chain.timestamp + 12).receipts[0].contract_address

    def draw(seed, size, draws):
        data = chain.call(door, selector + encode(["bytes32", "uint256", "uint256"], [seed, size, draws]))
        return decode(["uint256[]"], data)[0]

    yield draw
    chain.close()


@settings(max_examples=25)
@given(seed=st.binary(min_size=32, max_size=32), size=st.integers(1, 12))
def test_drawing_every_ticket_is_a_permutation(tickets, seed, size):
    drawn = tickets(seed, size, size)
    assert sorted(drawn) == list(range(size))
    assert tickets(seed, size, size // 2) == drawn[: size // 2]


@settings(max_examples=15)
@given(seed=st.binary(min_size=32, max_size=32), size=st.integers(20, 2**200))
def test_tickets_of_any_urn_are_distinct(tickets, seed, size):
    drawn = tickets(seed, size, 20)
    assert len(set(drawn)) == 20
    assert max(drawn) < size


def test_each_ordered_pair_of_tickets_is_equally_likely(tickets):
    draws = 400
    seen = Counter(tickets(derive_bytes(n, "lottery"), 5, 2) for n in range(draws))
    expected = draws / 20
    chi_square = sum((count - expected) ** 2 / expected for count in seen.values())
    assert len(seen) == 20
    assert chi_square < 52.4, "the 99.995 % point for 19 degrees of freedom"
