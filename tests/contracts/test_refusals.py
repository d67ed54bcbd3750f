"""Every custom error of the contract reaches Python as its class, with its arguments."""

import pickle
from dataclasses import replace

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from verifuse.chain import Transaction
from verifuse.contracts import (
    Access,
    AlreadyCommitted,
    AlreadyInPool,
    AmountTooLarge,
    BondNeedsTime,
    CidLengthOutOfRange,
    CommitmentNotAsked,
    ContractError,
    DeadlinePassed,
    DrawBlockAhead,
    DrawWindowOver,
    EscrowExhausted,
    EvaluationWindowOpen,
    EvaluationWindowOver,
    FitnessKind,
    GasTooLow,
    InitiatorCannotAnnounce,
    KeyLengthOutOfRange,
    KeyWindowOver,
    MafrOutOfRange,
    MalformedTerms,
    ModelState,
    NotAPlant,
    NotBonded,
    NotExpired,
    NotHead,
    NothingToReclaim,
    NothingToWithdraw,
    NotInitiator,
    NotInPool,
    NotKeyHolder,
    NotOracle,
    NotSeated,
    NotShared,
    PanelSizeOutOfRange,
    Plant,
    PlantAlreadyRevealed,
    PlantTree,
    PlantWindowOver,
    PoolJoined,
    PoolTooSmall,
    QueryAnswered,
    QueryOpen,
    QuorumOutOfRange,
    RevealWindowClosed,
    RevertedWithoutReason,
    RevertedWithReason,
    RowRefused,
    RuleWithoutCode,
    SeatAlreadySettled,
    SeatLocked,
    SkipReason,
    StakeStillBound,
    TallyWindowOver,
    TaskIsClosed,
    UnknownModel,
    UnknownQuery,
    UnknownSlot,
    UnknownTask,
    WithdrawFailed,
    WrongAccessTerms,
    WrongKey,
    WrongKeyCommitment,
    WrongKeyCount,
    WrongPlantTerms,
    WrongState,
    ZeroOracle,
    ZeroWindow,
    decode_error,
    task_market_artifact,
)
from verifuse.contracts.abi import snake_case
from verifuse.contracts.refusals import CUSTOM_ERRORS
from verifuse.errors import InputError

MOST_WEI = 2**88 - 1
NOBODY = "0x" + "00" * 20
UNIT = 1_000_000 + 3 * 10_000 + 500
SEALED, STANDALONE = Access.SEALED_FOR_INITIATOR, FitnessKind.STANDALONE
PLANT = Plant("plant", 9_000, b"\5" * 32)
PLANTED = {
    "fitness": STANDALONE,
    "reveal_window": 100,
    "bond_wei": 5,
    "plant_window": 60,
    "plant_root": PlantTree((PLANT,)).root,
}
COMMITTED = {"reveal_window": 100}

BAD_TERMS = [
    ({"spec_cid": ""}, CidLengthOutOfRange(0, 128)),
    ({"data_cid": "b" * 129}, CidLengthOutOfRange(129, 128)),
    ({"oracle": NOBODY}, ZeroOracle()),
    ({"mafr_bps": 10_001}, MafrOutOfRange(10_001)),
    ({"mafr_bps": -10_001}, MafrOutOfRange(-10_001)),
    ({"mafr_bps": -(2**15)}, MafrOutOfRange(-(2**15))),
    ({"panel_size": 0, "quorum": 0}, PanelSizeOutOfRange(0, 128)),
    ({"panel_size": 129}, PanelSizeOutOfRange(129, 128)),
    ({"quorum": 0}, QuorumOutOfRange(0, 3)),
    ({"quorum": 4}, QuorumOutOfRange(4, 3)),
    ({"draw_window": 0}, ZeroWindow(0, 300, 200)),
    ({"evaluation_window": 0}, ZeroWindow(600, 0, 200)),
    ({"tally_window": 0}, ZeroWindow(600, 300, 0)),
    ({"rule": NOBODY}, RuleWithoutCode(NOBODY)),
    ({"access_key": b"k" * 257}, KeyLengthOutOfRange(257, 256)),
    ({"access_key": b"k"}, WrongAccessTerms(Access.PUBLIC, 1, 0)),
    ({"access": SEALED, "key_window": 60}, WrongAccessTerms(SEALED, 0, 60)),
    ({"access": SEALED, "access_key": b"k"}, WrongAccessTerms(SEALED, 1, 0)),
    ({"bond_wei": 1}, BondNeedsTime(1, 60)),
    (PLANTED | {"bond_wei": 0}, WrongPlantTerms(STANDALONE, 0, 60, 0)),
    (PLANTED | {"plant_window": 0}, WrongPlantTerms(STANDALONE, 5, 0, 0)),
    (PLANTED | {"plant_root": bytes(32)}, WrongPlantTerms(STANDALONE, 5, 60, 0)),
    (PLANTED | {"fitness": FitnessKind.GAIN}, WrongPlantTerms(FitnessKind.GAIN, 5, 60, 0)),
    (PLANTED | {"plant_tolerance_bps": 10_001}, WrongPlantTerms(STANDALONE, 5, 60, 10_001)),
    (
        {"model_reward_wei": MOST_WEI, "verifier_fee_wei": 0, "oracle_fee_wei": 1},
        AmountTooLarge(2**88, MOST_WEI),
    ),
    (
        {"model_reward_wei": MOST_WEI, "verifier_fee_wei": 2**80 - 1, "oracle_fee_wei": 2**80 - 1},
        AmountTooLarge(MOST_WEI + 4 * (2**80 - 1), MOST_WEI),
    ),
]


CASES = {}


def case(provoke):
    """Note how the error of the function's name is provoked; it returns what came and what should come."""
    CASES[provoke.__name__] = provoke
    return provoke


def posting(world, **changes):
    return world.refusal("post_task", "initiator", terms=world.terms(**changes), value_wei=1)


def settled(world, fitness=9_000, **changes):
    model_id, _ = world.seated(**changes)
    world.vote(model_id, [fitness] * 3)
    return model_id


def planted(world, **changes):
    model_id = world.announce(world.post(**(PLANTED | changes)), cid=PLANT.cid)
    world.draw(model_id)
    world.vote(model_id, [9_000] * 3)
    return model_id


def revealing(world, model_id, plant_bps=9_000, wait=12):
    arguments = {"model_id": model_id, "plant_bps": plant_bps, "salt": PLANT.salt, "proof": ()}
    return world.do("reveal_plant", "stranger", wait=wait, **arguments).failure


@case
def unknown_task(w):
    return w.refusal("top_up", "carol", task_id=999, value_wei=1), UnknownTask(999)


@case
def unknown_model(w):
    return w.refusal("expire_model", "carol", model_id=999), UnknownModel(999)


@case
def unknown_query(w):
    query_id = 2**40 + w.seated()[0]
    return w.refusal("deliver_evaluations", "oracle", query_id=query_id, evaluations=[]), UnknownQuery(
        query_id
    )


@case
def cid_length_out_of_range(w):
    refusal = w.refusal("announce_model", "carol", task_id=w.post(), cid="")
    return refusal, CidLengthOutOfRange(0, 128)


@case
def key_length_out_of_range(w):
    return w.refusal("join_pool", "stranger", public_key=bytes(257)), KeyLengthOutOfRange(257, 256)


@case
def zero_oracle(w):
    return posting(w, oracle=NOBODY), ZeroOracle()


@case
def malformed_terms(w):
    proper = w.market.post_task(w["initiator"], terms=w.terms(), value_wei=1)
    data = proper.data[:4] + encode(["uint256", "uint256"], [64, 0]) + proper.data[36:]
    (done,) = w.mine(replace(proper, data=data))
    return done.failure, MalformedTerms(64)


@case
def rule_without_code(w):
    rule = w["carol"].address
    return posting(w, rule=rule), RuleWithoutCode(rule)


@case
def mafr_out_of_range(w):
    return posting(w, mafr_bps=-10_001), MafrOutOfRange(-10_001)


@case
def panel_size_out_of_range(w):
    return posting(w, panel_size=129), PanelSizeOutOfRange(129, 128)


@case
def quorum_out_of_range(w):
    return posting(w, quorum=4), QuorumOutOfRange(4, 3)


@case
def deadline_passed(w):
    return posting(w, deadline=w.now + 12), DeadlinePassed(w.now, w.now)


@case
def zero_window(w):
    return posting(w, tally_window=0), ZeroWindow(600, 300, 0)


@case
def wrong_access_terms(w):
    return posting(w, access_key=b"k" * 33), WrongAccessTerms(Access.PUBLIC, 33, 0)


@case
def bond_needs_time(w):
    return posting(w, bond_wei=7), BondNeedsTime(7, 60)


@case
def wrong_plant_terms(w):
    refusal = posting(w, **(PLANTED | {"fitness": FitnessKind.GAIN}))
    return refusal, WrongPlantTerms(FitnessKind.GAIN, 5, 60, 0)


@case
def amount_too_large(w):
    refusal = posting(w, model_reward_wei=MOST_WEI, verifier_fee_wei=0, oracle_fee_wei=3)
    return refusal, AmountTooLarge(MOST_WEI + 3, MOST_WEI)


@case
def task_is_closed(w):
    task_id = w.post()
    w.must("close_task", "initiator", task_id=task_id)
    return w.refusal("top_up", "carol", task_id=task_id, value_wei=1), TaskIsClosed(task_id)


@case
def not_initiator(w):
    expected = NotInitiator(w["carol"].address, w["initiator"].address)
    return w.refusal("close_task", "carol", task_id=w.post()), expected


@case
def initiator_cannot_announce(w):
    task_id = w.post()
    refusal = w.refusal("announce_model", "initiator", task_id=task_id, cid="x")
    return refusal, InitiatorCannotAnnounce(task_id, w["initiator"].address)


@case
def escrow_exhausted(w):
    refusal = w.refusal("announce_model", "carol", task_id=w.post(escrow=9), cid="x")
    return refusal, EscrowExhausted(9, UNIT)


@case
def wrong_key_commitment(w):
    key = b"\1" * 32
    refusal = w.refusal("announce_model", "carol", task_id=w.post(), cid="x", key_commitment=key)
    return refusal, WrongKeyCommitment(Access.PUBLIC, key)


@case
def already_in_pool(w):
    return w.refusal("join_pool", "v3"), AlreadyInPool(w["v3"].address, 3)


@case
def not_in_pool(w):
    return w.refusal("leave_pool", "stranger"), NotInPool(w["stranger"].address)


@case
def unknown_slot(w):
    return w.refusal("reclaim_stake", "carol", slot=999), UnknownSlot(999)


@case
def stake_still_bound(w):
    slot = w.must("join_pool", "chris", value_wei=5).the(PoolJoined).slot
    left = w.must("leave_pool", "chris").receipt.block
    return w.refusal("reclaim_stake", "chris", slot=slot), StakeStillBound(slot, left + 256)


@case
def nothing_to_reclaim(w):
    slot = w.must("join_pool", "chris").the(PoolJoined).slot
    w.must("leave_pool", "chris")
    for _ in range(256):
        w.mine()
    return w.refusal("reclaim_stake", "chris", slot=slot), NothingToReclaim(slot)


@case
def wrong_state(w):
    model_id = w.announce(w.post())
    refusal = w.refusal("request_evaluations", "carol", model_id=model_id)
    return refusal, WrongState(model_id, ModelState.ANNOUNCED)


@case
def not_head(w):
    task_id = w.post()
    first, second = w.announce(task_id), w.announce(task_id)
    return w.refusal("expire_model", "carol", model_id=second), NotHead(second, first)


@case
def draw_block_ahead(w):
    model_id = w.announce(w.post())
    expected = DrawBlockAhead(model_id, w.chain.block_number + 1)
    return w.refusal("draw_panel", "carol", model_id=model_id), expected


@case
def draw_window_over(w):
    model_id = w.announce(w.post())
    expected = DrawWindowOver(model_id, w.now + 600)
    return w.refusal("draw_panel", "carol", wait=600, model_id=model_id), expected


@case
def pool_too_small(w):
    model_id = w.announce(w.post(panel_size=100, quorum=7))
    w.mine()
    return w.refusal("draw_panel", "carol", model_id=model_id, panel_size=100), PoolTooSmall(6, 7)


@case
def not_key_holder(w):
    model_id, _ = w.seated(key_window=60)
    refusal = w.refusal("deliver_keys", "chris", model_id=model_id, wrapped_keys=[b"k"] * 3)
    return refusal, NotKeyHolder(w["chris"].address)


@case
def key_window_over(w):
    model_id, _ = w.seated(key_window=60)
    expected = KeyWindowOver(model_id, w.now + 60)
    refusal = w.refusal("deliver_keys", "carol", wait=60, model_id=model_id, wrapped_keys=[b"k"] * 3)
    return refusal, expected


@case
def wrong_key_count(w):
    model_id, _ = w.seated(key_window=60)
    refusal = w.refusal("deliver_keys", "carol", model_id=model_id, wrapped_keys=[b"k"] * 4)
    return refusal, WrongKeyCount(4, 3)


@case
def wrong_key(w):
    model_id = settled(w)
    return w.refusal("release_key", "carol", model_id=model_id, wrapped_key=b"k"), WrongKey(model_id)


@case
def not_shared(w):
    first, second = settled(w), settled(w)
    arguments = {"model_id": first, "recipient_model_id": second, "wrapped_key": b"k"}
    return w.refusal("share_key", "carol", **arguments), NotShared(first, second)


@case
def commitment_not_asked(w):
    model_id, (who, *_) = w.seated()
    refusal = w.refusal("commit_evaluation", who, model_id=model_id, seat=0, commitment=b"\1" * 32)
    return refusal, CommitmentNotAsked(model_id)


@case
def evaluation_window_over(w):
    model_id, (who, *_) = w.seated(**COMMITTED)
    expected = EvaluationWindowOver(model_id, w.now + 300)
    arguments = {"model_id": model_id, "seat": 0, "commitment": b"\1" * 32}
    return w.refusal("commit_evaluation", who, wait=300, **arguments), expected


@case
def not_seated(w):
    model_id, (_, who, _) = w.seated(**COMMITTED)
    refusal = w.refusal("commit_evaluation", who, model_id=model_id, seat=2, commitment=b"\1" * 32)
    return refusal, NotSeated(w[who].address, 2)


@case
def already_committed(w):
    model_id, (_, who, _) = w.seated(**COMMITTED)
    for _ in range(2):
        done = w.do("commit_evaluation", who, model_id=model_id, seat=1, commitment=b"\1" * 32)
    return done.failure, AlreadyCommitted(model_id, 1)


@case
def reveal_window_closed(w):
    model_id, _ = w.seated(**COMMITTED)
    drawn = w.now
    (row,) = w.commit(model_id, [9_000])
    refusal = w.refusal("reveal_evaluation", "carol", evaluation=row, panel_size=3)
    return refusal, RevealWindowClosed(model_id, drawn + 300, drawn + 400)


@case
def row_refused(w):
    model_id, (who, *_) = w.seated(**COMMITTED)
    return w.reveal(w.sign(model_id, who, 9_000)).failure, RowRefused(SkipReason.NOT_COMMITTED)


@case
def evaluation_window_open(w):
    model_id, _ = w.seated()
    expected = EvaluationWindowOpen(model_id, w.now + 300)
    return w.refusal("request_evaluations", "carol", wait=299, model_id=model_id), expected


@case
def tally_window_over(w):
    model_id, _ = w.seated()
    expected = TallyWindowOver(model_id, w.now + 500)
    return w.refusal("request_evaluations", "carol", wait=500, model_id=model_id), expected


@case
def query_open(w):
    model_id, _ = w.seated()
    w.deliver(w.request(model_id), [])
    query_id = w.request(model_id)
    refusal = w.refusal("request_evaluations", "carol", model_id=model_id)
    return refusal, QueryOpen(model_id, query_id)


@case
def query_answered(w):
    model_id, _ = w.seated()
    query_id = w.request(model_id)
    w.deliver(query_id, [])
    refusal = w.refusal("deliver_evaluations", "oracle", query_id=query_id, evaluations=[])
    return refusal, QueryAnswered(query_id)


@case
def not_oracle(w):
    arguments = {"query_id": w.request(w.seated()[0]), "evaluations": []}
    expected = NotOracle(w["carol"].address, w["oracle"].address)
    return w.refusal("deliver_evaluations", "carol", **arguments), expected


@case
def gas_too_low(w):
    model_id, panel = w.seated()
    query_id = w.request(model_id)
    rows = [w.sign(model_id, who, 9_000) for who in panel]
    call = w.market.deliver_evaluations(w["oracle"], query_id=query_id, evaluations=rows)
    (done,) = w.mine(replace(call, gas=500_000))
    rules_share = 200_000 + 3 * 10_000
    assert 0 < done.failure.available < 500_000 - 21_000
    return done.failure, GasTooLow(done.failure.available, 150_000 + rules_share + rules_share // 63)


@case
def not_expired(w):
    model_id = w.announce(w.post())
    expected = NotExpired(model_id, w.now + 600)
    return w.refusal("expire_model", "carol", wait=599, model_id=model_id), expected


@case
def not_bonded(w):
    model_id = settled(w)
    refusal = w.refusal("settle_seat", "carol", model_id=model_id, seat=0)
    return refusal, NotBonded(w.market.model(model_id).task_id)


@case
def seat_locked(w):
    model_id = planted(w)
    expected = SeatLocked(model_id, w.now + 60)
    return w.refusal("settle_seat", "carol", wait=59, model_id=model_id, seat=0), expected


@case
def seat_already_settled(w):
    model_id = settled(w, reveal_window=100, bond_wei=5)
    for _ in range(2):
        done = w.do("settle_seat", "carol", model_id=model_id, seat=2)
    return done.failure, SeatAlreadySettled(model_id, 2)


@case
def plant_window_over(w):
    model_id = planted(w)
    expected = PlantWindowOver(model_id, w.now + 60)
    return revealing(w, model_id, wait=60), expected


@case
def plant_already_revealed(w):
    model_id = planted(w)
    assert revealing(w, model_id) is None
    return revealing(w, model_id), PlantAlreadyRevealed(model_id)


@case
def not_a_plant(w):
    model_id = planted(w)
    return revealing(w, model_id, plant_bps=8_999), NotAPlant(model_id)


@case
def nothing_to_withdraw(w):
    account = w["stranger"].address
    return w.refusal("withdraw_for", "carol", account=account), NothingToWithdraw(account)


@case
def withdraw_failed(w):
    account = w.hostile(mood=1, credit=1_000)
    return w.refusal("withdraw_for", "stranger", account=account), WithdrawFailed(account, 1_000)


@pytest.fixture(scope="module", params=["tester", "anvil"])
def staked_world(request, open_shared_world):
    """A world on each chain, for the cases in common, with verifiers who have a stake of 1,000 wei."""
    world = open_shared_world(joined=False, chain=request.param)
    world.join(*world.verifiers, stake=1_000)
    return world


def test_no_custom_error_is_left_out():
    assert {snake_case(error) for error in CUSTOM_ERRORS} - set(CASES) == set()
    declared = {entry["name"] for entry in task_market_artifact().abi if entry["type"] == "error"}
    assert set(CUSTOM_ERRORS) == declared


@pytest.mark.parametrize("name", CASES)
def test_each_custom_error_arrives_as_its_class_with_its_arguments(staked_world, name):
    refusal, expected = CASES[name](staked_world)
    assert refusal == expected
    assert snake_case(type(refusal).__name__) == name
    assert str(refusal).startswith(f"{type(refusal).__name__}(")
    assert pickle.loads(pickle.dumps(refusal)) == refusal


@pytest.mark.parametrize(("changes", "expected"), BAD_TERMS)
def test_impossible_terms_are_refused(open_world, changes, expected):
    world = open_world(joined=False)
    arguments = {"terms": world.terms(**changes), "value_wei": 1}
    assert world.refusal("post_task", "initiator", **arguments) == expected


def test_extreme_but_possible_terms_are_accepted(open_world):
    world = open_world(joined=False)
    for mafr in (-10_000, 10_000):
        terms = world.terms(
            mafr_bps=mafr,
            panel_size=128,
            quorum=128,
            deadline=2**40 - 1,
            draw_window=2**24 - 1,
            evaluation_window=2**24 - 1,
            tally_window=2**24 - 1,
            model_reward_wei=MOST_WEI - 128,
            verifier_fee_wei=1,
            oracle_fee_wei=0,
        )
        world.must("post_task", "initiator", terms=terms, value_wei=0)


def test_a_deadline_must_lie_ahead(open_world):
    world = open_world(joined=False)
    at = world.now + 12
    terms = world.terms(deadline=at)
    refusal = world.refusal("post_task", "initiator", terms=terms, value_wei=1)
    assert refusal == DeadlinePassed(at, at)


@pytest.mark.parametrize(
    ("view", "expected"),
    [("task", UnknownTask(999)), ("model", UnknownModel(999)), ("panel", UnknownModel(999)),
     ("deadlines", UnknownModel(999)), ("draw_block", UnknownModel(999)), ("pool_slot", UnknownSlot(999))],
)  # fmt: skip
def test_views_raise_the_same_classes(staked_world, view, expected):
    with pytest.raises(ContractError) as refusal:
        getattr(staked_world.market, view)(999)
    assert refusal.value == expected


def test_ether_sent_without_a_call_comes_back(staked_world):
    world = staked_world
    held = world.chain.balance(world.market.address)
    (done,) = world.mine(Transaction(world["carol"], world.market.address, b"", value_wei=5, gas=50_000))
    assert done.failure == RevertedWithoutReason(b"")
    assert world.chain.balance(world.market.address) == held


def test_a_message_reaches_python(staked_world):
    account = staked_world.hostile(mood=1)
    (done,) = staked_world.mine(Transaction(staked_world["carol"], account, b"", value_wei=5, gas=50_000))
    assert done.failure == RevertedWithReason("no, thank you")


@pytest.mark.parametrize(
    "data", [b"", b"\1", b"\1\2\3\4", bytes.fromhex("08c379a0"), bytes.fromhex("4e487b71") + b"\1"]
)
def test_bytes_that_say_nothing_are_kept(data):
    assert decode_error(data) == RevertedWithoutReason(data)


@pytest.mark.parametrize("text", [b"\xff\xfe", b"caf\xc3"])
def test_a_message_that_is_no_utf_8_cannot_break_the_decoder(text):
    data = bytes.fromhex("08c379a0") + encode(["bytes"], [text])
    assert decode_error(data) == RevertedWithoutReason(data)


def test_an_enum_member_that_does_not_exist_cannot_break_the_decoder():
    selector = keccak(text="WrongState(uint256,uint8)")[:4]
    assert decode_error(selector + encode(["uint256", "uint8"], [1, 4])) == WrongState(1, ModelState.VOID)
    beyond = selector + encode(["uint256", "uint8"], [1, 5])
    assert decode_error(beyond) == RevertedWithoutReason(beyond)


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("close_task", {"task_id": -1}),
        ("close_task", {"task_id": "one"}),
        ("announce_model", {"task_id": 1, "cid": "ключ"}),
        ("announce_model", {"task_id": 1, "cid": b"bytes"}),
        ("withdraw_for", {"account": "carol"}),
        ("join_pool", {"public_key": "text"}),
        ("announce_model", {"task_id": 1, "cid": "x", "fingerprint": bytes(33)}),
        ("commit_evaluation", {"model_id": 1, "seat": 0, "commitment": "text"}),
    ],
)
def test_arguments_that_the_abi_cannot_hold_are_refused_in_one_line(world, call, arguments):
    with pytest.raises(InputError) as refusal:
        getattr(world.market, call)(world["stranger"], **arguments)
    assert "\n" not in str(refusal.value)
