"""The limits of ``contracts/gas.py`` suffice for the dearest case of every call, with room to spare."""

import pytest
from eth_abi.abi import encode

from verifuse.chain import Transaction
from verifuse.contracts import (
    Access,
    FitnessKind,
    ModelSettled,
    ModelState,
    Plant,
    PlantTree,
    PoolTooSmall,
    QuorumMissed,
    RuleFailed,
    deployment,
    gas,
    rule_deployment,
    shipped_rule,
)

ROOM = 1.1
RULES_MOST = 200_000 + 16 * 10_000
SEATS = 128
LONG_CID, LONG_KEY = "c" * 128, b"\7" * 256
PLANTS = tuple(
    Plant(LONG_CID if not number else f"plant-{number}", 9_000, b"\5" * 32) for number in range(40)
)
TREE = PlantTree(PLANTS)
FULL = {
    "spec_cid": LONG_CID,
    "data_cid": LONG_CID,
    "access_key": LONG_KEY,
    "access": Access.SEALED_FOR_REWARDED,
    "fitness": FitnessKind.STANDALONE,
    "key_window": 60,
    "reveal_window": 100,
    "bond_wei": 5,
    "plant_tolerance_bps": 100,
    "plant_window": 1_000,
    "plant_root": TREE.root,
}
SEALING = {"key_commitment": b"\1" * 32, "access_key": LONG_KEY}


class Meter:
    """Watches every successful call of a world."""

    def __init__(self, world):
        self.world, self.mine = world, world.mine
        self.most = {}
        world.mine = self.watch

    def watch(self, *transactions, wait=12):
        done = self.mine(*transactions, wait=wait)
        for one in done:
            sent = one.receipt.transaction
            share = one.receipt.gas_used / sent.gas
            if one.failure is None and sent.function:
                self.most[sent.function] = max(share, self.most.get(sent.function, 0))
        return done


@pytest.fixture(scope="module")
def crowd(open_shared_world):
    """A pool of the largest panel and two more, each with a key and a stake."""
    world = open_shared_world(verifiers=SEATS + 2, joined=False)
    world.meter = Meter(world)
    for half in (world.verifiers[:65], world.verifiers[65:]):
        world.join(*half, stake=100)
    return world


def test_every_call_of_the_largest_panel_has_room(crowd):
    world = crowd
    world.must("join_pool", "stranger", public_key=LONG_KEY, value_wei=1)
    world.must("leave_pool", "stranger")
    most = {"panel_size": SEATS, "quorum": SEATS}
    task_id = world.post(**most, **FULL)
    model_id = world.announce(task_id, cid=LONG_CID, fingerprint=b"\7" * 32, **SEALING)
    later = world.announce(task_id, "chris", cid=LONG_CID, fingerprint=b"\7" * 32, **SEALING)
    world.draw(model_id)
    world.must("deliver_keys", "carol", model_id=model_id, wrapped_keys=[LONG_KEY] * SEATS)
    rows = world.commit(model_id, [9_000] * (SEATS - 1) + [1_000])
    world.must(
        "reveal_evaluation",
        "carol",
        wait=world.until(world.market.deadlines(model_id).evaluation),
        evaluation=rows[-1],
        panel_size=SEATS,
    )
    first = world.deliver(world.request(model_id), rows[:64])
    assert first.the(QuorumMissed).reports == 65
    second = world.deliver(world.request(model_id), rows[64:])
    assert second.the(ModelSettled).passes == SEATS - 1
    shown = {"plant_bps": 9_000, "salt": PLANTS[0].salt, "proof": TREE.proof(PLANTS[0])}
    world.must("reveal_plant", "chris", model_id=model_id, **shown)
    world.must("close_task", "initiator", task_id=task_id)
    world.mine(wait=1_000)
    for seat in (0, SEATS - 1):
        world.must("settle_seat", "chris", model_id=model_id, seat=seat)
    world.must("expire_model", "chris", wait=1_000, model_id=later)
    world.must("withdraw_for", "chris", account=world["initiator"].address)
    used = {name: share for name, share in world.meter.most.items() if share * ROOM > 1}
    assert used == {}
    expected = (
        "joinPool leavePool postTask announceModel drawPanel deliverKeys commitEvaluation revealEvaluation "
    )
    expected += "requestEvaluations __callback revealPlant closeTask settleSeat expireModel withdrawFor"
    assert set(world.meter.most) == set(expected.split())


def test_a_full_answer_has_room(crowd):
    model_id, panel = crowd.seated(panel_size=SEATS, quorum=SEATS)
    assert len(set(panel)) == SEATS
    assert crowd.vote(model_id, [9_000] * SEATS).the(ModelSettled).passes == SEATS
    assert max(crowd.meter.most.values()) * ROOM < 1


def test_a_decision_without_the_oracle_has_room(crowd):
    model_id, _ = crowd.seated(panel_size=SEATS, quorum=16, reveal_window=600)
    rows = crowd.commit(model_id, [9_000] * 16)
    for done in reveal_at_once(crowd, rows):
        assert done.failure is None
    wait = crowd.until(crowd.market.deadlines(model_id).tally)
    done = crowd.must("expire_model", "chris", wait=wait, model_id=model_id, panel_size=SEATS)
    assert done.the(ModelSettled).outcome is ModelState.REWARDED
    # Each margin more may cost what the rule may use for it.
    dearest = done.receipt.gas_used + RULES_MOST + (SEATS - 16) * 10_200
    assert dearest * ROOM < done.receipt.transaction.gas
    assert max(crowd.meter.most.values()) * ROOM < 1


def reveal_at_once(world, rows):
    model_id = rows[0].evaluation.model_id
    calls = (world.market.reveal_evaluation(world["chris"], evaluation=row, panel_size=SEATS) for row in rows)
    return world.mine(*calls, wait=world.until(world.market.deadlines(model_id).evaluation))


def test_a_draw_from_a_pool_that_most_have_left_has_room(open_world):
    world = open_world(verifiers=66, joined=False)
    world.meter = Meter(world)
    world.join(*world.verifiers, stake=100)
    world.mine(*(world.market.leave_pool(world[name]) for name in world.verifiers[2:]))
    model_id = world.announce(world.post(panel_size=2, quorum=2, reveal_window=100, bond_wei=5))
    assert world.draw(model_id)
    nobody = world.announce(world.post(panel_size=3, quorum=3))
    world.mine()
    refused = world.do("draw_panel", "carol", model_id=nobody, panel_size=3)
    assert refused.failure == PoolTooSmall(2, 3)
    assert refused.receipt.gas_used * ROOM < gas.draw_panel(3)
    assert max(world.meter.most.values()) * ROOM < 1


def test_small_panels_and_drawing_again_have_room(open_world):
    world = open_world(verifiers=1)
    world.meter = Meter(world)
    alone = {"panel_size": 1, "quorum": 1}
    model_id = world.announce(world.post(**alone, draw_window=100_000))
    for _ in range(258):
        world.mine()
    world.must("draw_panel", "carol", model_id=model_id, panel_size=1)
    world.mine()
    world.must("draw_panel", "carol", model_id=model_id, panel_size=1)
    world.deliver(world.request(model_id), [])
    world.vote(model_id, [9_000])
    world.must("top_up", "carol", task_id=1, value_wei=10**9)
    assert max(world.meter.most.values()) * ROOM < 1


@pytest.mark.parametrize("burning", [False, True], ids=["the shipped rule", "a rule that burns all it gets"])
@pytest.mark.parametrize("seats", [1, 6])
def test_the_limits_leave_a_rule_its_share_whatever_it_does_with_it(shared_world, seats, burning):
    world = shared_world
    changes = {"rule": burning_rule(world)} if burning else {}
    task_id = world.post(panel_size=seats, quorum=seats, **changes)
    model_id = world.announce(task_id)
    world.announce(task_id, "chris")
    world.draw(model_id)
    done = world.vote(model_id, [9_000] * seats)
    assert len(done.all(RuleFailed)) == burning
    assert done.receipt.gas_used < done.receipt.transaction.gas
    model_id, _ = world.seated(panel_size=seats, quorum=seats, reveal_window=300, **changes)
    for row in world.commit(model_id, [9_000] * seats):
        assert world.reveal(row).failure is None
    wait = world.until(world.market.deadlines(model_id).tally)
    done = world.must("expire_model", "chris", wait=wait, model_id=model_id)
    assert len(done.all(RuleFailed)) == burning


def burning_rule(world):
    code = world.artifact("HostileRule") + encode(["uint8", "bytes"], [1, b""])
    (done,) = world.mine(Transaction(world["stranger"], None, code, gas=2_000_000))
    return done.receipt.contract_address


def test_deploying_has_room(world):
    calls = [deployment(world["carol"])]
    for name, margin in (("flat", None), ("proportional", 500), ("median", 500)):
        calls.append(rule_deployment(world["carol"], shipped_rule(name), margin))
    for call, done in zip(calls, world.mine(*calls), strict=True):
        assert done.failure is None
        assert done.receipt.gas_used * ROOM < call.gas
