"""Every custom error of the contract reaches Python as its class, with its arguments."""

import pickle

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from verifuse.chain import Transaction
from verifuse.contracts import (
    AlreadyInPool,
    AmountTooLarge,
    CidLengthOutOfRange,
    ContractError,
    DeadlinePassed,
    DrawBlockAhead,
    DrawWindowOver,
    EscrowExhausted,
    EvaluationWindowOpen,
    InitiatorCannotAnnounce,
    MafrOutOfRange,
    ModelState,
    NotExpired,
    NotHead,
    NothingToWithdraw,
    NotInitiator,
    NotInPool,
    NotOracle,
    PanelSizeOutOfRange,
    Panicked,
    PoolTooSmall,
    QueryAnswered,
    QueryOpen,
    QuorumOutOfRange,
    RevertedWithoutReason,
    RevertedWithReason,
    TallyWindowOver,
    TaskIsClosed,
    UnknownModel,
    UnknownQuery,
    UnknownTask,
    WithdrawFailed,
    WrongState,
    ZeroOracle,
    ZeroWindow,
    decode_error,
    task_market_artifact,
)
from verifuse.errors import InputError

UINT128_MAX = 2**128 - 1
NOBODY = "0x" + "00" * 20

BAD_TERMS = [
    ({"spec_cid": ""}, CidLengthOutOfRange(0, 128)),
    ({"data_cid": "b" * 129}, CidLengthOutOfRange(129, 128)),
    ({"oracle": NOBODY}, ZeroOracle()),
    ({"mafr_bps": 10_001}, MafrOutOfRange(10_001)),
    ({"mafr_bps": -10_001}, MafrOutOfRange(-10_001)),
    ({"mafr_bps": -(2**31)}, MafrOutOfRange(-(2**31))),
    ({"panel_size": 0, "quorum": 0}, PanelSizeOutOfRange(0, 128)),
    ({"panel_size": 129}, PanelSizeOutOfRange(129, 128)),
    ({"quorum": 0}, QuorumOutOfRange(0, 3)),
    ({"quorum": 4}, QuorumOutOfRange(4, 3)),
    ({"draw_window": 0}, ZeroWindow(0, 300, 200)),
    ({"evaluation_window": 0}, ZeroWindow(600, 0, 200)),
    ({"tally_window": 0}, ZeroWindow(600, 300, 0)),
    (
        {"model_reward_wei": UINT128_MAX, "verifier_fee_wei": 0, "oracle_fee_wei": 1},
        AmountTooLarge(2**128, UINT128_MAX),
    ),
    (
        {"model_reward_wei": UINT128_MAX, "verifier_fee_wei": UINT128_MAX, "oracle_fee_wei": UINT128_MAX},
        AmountTooLarge(5 * UINT128_MAX, UINT128_MAX),
    ),
]


@pytest.fixture(scope="module")
def cases():
    """Calls that must fail, and how; each starts on a fresh world."""

    def after_post(call, sender="stranger", **arguments):
        return lambda world: (world.post(escrow=0), world.refusal(call, sender, **arguments))[1]

    def hostile(world):
        account = world.hostile(mood=1, credit=1_000)
        return world.refusal("withdraw_for", "stranger", account=account)

    def head(world):
        task_id = world.post()
        world.announce(task_id), world.announce(task_id)
        return world.refusal("expire_model", "carol", model_id=2)

    def late_draw(world):
        world.announce(world.post())
        return world.refusal("draw_panel", "carol", wait=600, model_id=1)

    def answered(world, times):
        model_id, _ = world.seated()
        query = world.request(model_id)
        if times == 2:
            world.deliver(query, [])
            return world.refusal("deliver_evaluations", "oracle", query_id=query, evaluations=[])
        return world.refusal("request_evaluations", "carol", model_id=model_id)

    def seated_then(call, sender="carol", wait=12, **arguments):
        return lambda world: (world.seated(), world.refusal(call, sender, wait=wait, **arguments))[1]

    def stranger_answers(world):
        model_id, _ = world.seated()
        arguments = {"query_id": world.request(model_id), "evaluations": []}
        return world.refusal("deliver_evaluations", "stranger", **arguments)

    def announced_then(call, **arguments):
        return lambda world: (world.announce(world.post()), world.refusal(call, "carol", **arguments))[1]

    def closed(world):
        world.post()
        world.must("close_task", "initiator", task_id=1)
        return world.refusal("top_up", "carol", task_id=1, value_wei=1)

    def lonely(world):
        world.announce(world.post(panel_size=100, quorum=7))
        world.mine()
        return world.refusal("draw_panel", "carol", model_id=1)

    def bad_terms(**changes):
        return lambda world: world.refusal(
            "post_task", "initiator", terms=world.terms(**changes), value_wei=1
        )

    return {
        UnknownTask: lambda w: w.refusal("close_task", "carol", task_id=9),
        UnknownModel: lambda w: w.refusal("expire_model", "carol", model_id=9),
        UnknownQuery: lambda w: w.refusal("deliver_evaluations", "carol", query_id=9, evaluations=[]),
        CidLengthOutOfRange: after_post("announce_model", task_id=1, cid=""),
        ZeroOracle: bad_terms(oracle=NOBODY),
        MafrOutOfRange: bad_terms(mafr_bps=20_000),
        PanelSizeOutOfRange: bad_terms(panel_size=1_000),
        QuorumOutOfRange: bad_terms(quorum=9),
        DeadlinePassed: bad_terms(deadline=1),
        ZeroWindow: bad_terms(tally_window=0),
        AmountTooLarge: bad_terms(model_reward_wei=UINT128_MAX),
        TaskIsClosed: closed,
        NotInitiator: after_post("close_task", task_id=1),
        InitiatorCannotAnnounce: after_post("announce_model", "initiator", task_id=1, cid="x"),
        EscrowExhausted: after_post("announce_model", task_id=1, cid="x"),
        AlreadyInPool: lambda w: w.refusal("join_pool", "v3"),
        NotInPool: lambda w: w.refusal("leave_pool", "stranger"),
        WrongState: announced_then("request_evaluations", model_id=1),
        NotHead: head,
        DrawBlockAhead: announced_then("draw_panel", model_id=1),
        DrawWindowOver: late_draw,
        PoolTooSmall: lonely,
        EvaluationWindowOpen: seated_then("request_evaluations", model_id=1),
        TallyWindowOver: seated_then("request_evaluations", wait=5_000, model_id=1),
        QueryOpen: lambda w: answered(w, 1),
        QueryAnswered: lambda w: answered(w, 2),
        NotOracle: stranger_answers,
        NotExpired: announced_then("expire_model", model_id=1),
        NothingToWithdraw: lambda w: w.refusal("withdraw_for", "carol", account=w["carol"].address),
        WithdrawFailed: hostile,
    }


ERRORS = [entry["name"] for entry in task_market_artifact().abi if entry["type"] == "error"]


@pytest.mark.parametrize("name", ERRORS)
def test_each_custom_error_arrives_as_its_class(world, cases, name):
    (kind,) = (kind for kind in cases if kind.__name__ == name)
    refusal = cases[kind](world)
    assert type(refusal) is kind
    assert str(refusal).startswith(f"{name}(")
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
            deadline=2**64 - 1,
            draw_window=2**32 - 1,
            evaluation_window=2**32 - 1,
            tally_window=2**32 - 1,
            model_reward_wei=UINT128_MAX - 128,
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
    [("task", UnknownTask(9)), ("model", UnknownModel(9)), ("panel", UnknownModel(9)),
     ("unit_budget", UnknownTask(9)), ("queue_head", UnknownTask(9)), ("pool_slot", Panicked(0x32))],
)  # fmt: skip
def test_views_raise_the_same_classes(world, view, expected):
    with pytest.raises(ContractError) as refusal:
        getattr(world.market, view)(9)
    assert refusal.value == expected


def test_ether_sent_without_a_call_comes_back(world):
    (done,) = world.mine(Transaction(world["carol"], world.market.address, b"", value_wei=5, gas=50_000))
    assert done.failure == RevertedWithoutReason(b"")
    assert world.chain.balance(world.market.address) == 0


def test_a_message_reaches_python(world):
    account = world.hostile(mood=1)
    (done,) = world.mine(Transaction(world["carol"], account, b"", value_wei=5, gas=50_000))
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
    ],
)
def test_arguments_that_the_abi_cannot_hold_are_refused_in_one_line(world, call, arguments):
    with pytest.raises(InputError) as refusal:
        getattr(world.market, call)(world["stranger"], **arguments)
    assert "\n" not in str(refusal.value)
