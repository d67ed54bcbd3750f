"""The seat's engine, without a page: a person's decisions in a market that is real."""

import json
from dataclasses import replace

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_keys.datatypes import Signature

from verifuse.app.seat.entry import parse_evaluation, per_cent
from verifuse.app.seat.game import Game
from verifuse.app.seat.rivals import RULES, play_by
from verifuse.app.seat.tasks import BONDED, PLAIN
from verifuse.app.seat.views import Phase
from verifuse.errors import InputError

ETHER = 10**18
FEE, BOND = ETHER // 20, ETHER // 10
# Fewer models and epochs: what is tested is who decides and who is paid.
SHORT_PLAIN = replace(
    PLAIN,
    overrides=(
        *PLAIN.overrides,
        "contributors.count=2",
        "task.mafr=0.3",
        "fusion.epochs=12",
        "fusion.stage_one_epochs=4",
    ),
)


@pytest.fixture
def sit(workbench):
    """Open games; each is closed in the end."""
    games = []

    def open_one(task=SHORT_PLAIN, **options):
        games.append(Game(task, workbench, **options))
        return games[-1]

    yield open_one
    for game in games:
        game.close()


def go(game):
    """Let time pass until the visitor is asked; every snapshot's books must be square."""
    for snapshot in [*game.play(), game.snapshot()]:
        purse = snapshot.purse
        assert purse.total == purse.start + purse.fees - purse.burnt - purse.gas
    return game.snapshot()


def play_all(game, decide):
    """Play to the end; ``decide`` acts whenever the seat is asked. Return the last snapshot."""
    while (snapshot := go(game)).phase is not Phase.OVER:
        if snapshot.phase is Phase.DECIDED:
            game.go_on()
        else:
            decide(game)
    return snapshot


def said(bps):
    return lambda game: game.report(bps)


def test_an_honest_evaluation_is_what_was_measured_and_is_paid(sit):
    game = sit()
    seated = go(game)
    assert seated.phase is Phase.SEATED and seated.measured is None and seated.signed is None
    assert seated.model.panel.count("you") == 1 and len(seated.model.panel) == 3 and seated.model.models == 2
    game.measure()
    found = go(game)
    assert found.phase is Phase.MEASURED and found.measured.after[0][0] == "II"
    assert found.measured.fitness_bps == round(found.measured.after[0][1] * 10_000)
    assert found.work_seconds > 0 and found.seconds > seated.seconds
    game.report(found.measured.fitness_bps)
    decided = go(game)
    assert decided.phase is Phase.DECIDED and decided.results[0].fee_wei == FEE
    vote = next(one for one in decided.votes if one.who == "you")
    assert vote.fitness_bps == found.measured.fitness_bps
    assert vote.passed == (vote.fitness_bps > decided.model.mafr_bps)
    assert decided.purse.owed == FEE and decided.earnings == (0, FEE - decided.purse.gas)


def test_pictures_say_what_the_model_calls_them_and_agree_with_the_accuracies(sit):
    game = sit()
    go(game)
    game.measure()
    found = go(game).measured
    assert found.known == (0, 1, 2, 3, 4) and found.before is None
    for picture in found.pictures:
        assert picture.called in found.known and picture.uri.startswith("data:image/png;base64,")
        assert picture.is_right == (picture.called == picture.label)
    # About half of the images bear labels that it knows, so alone it tells at most these right.
    assert found.alone <= 0.6 and found.alone_on_known > found.alone
    game.report(found.fitness_bps)
    go(game)
    game.go_on()
    go(game)
    game.measure()
    second = go(game).measured
    assert second.before == found.after[0][1], "the first model's fusion is the second's base"


def test_what_is_shown_is_what_is_signed(sit):
    game = sit()
    go(game)
    preview = game.preview(7_250)
    assert not preview.signature
    shown = json.loads(preview.typed_data)
    assert shown["message"]["fitnessBps"] == 7_250
    message = encode_typed_data(full_message=shown)
    game.report(7_250)
    signed = go(game).signed
    assert signed.typed_data == preview.typed_data and signed.digest == preview.digest
    packed = bytes.fromhex(signed.signature.removeprefix("0x"))
    parity, s = packed[32] >> 7, bytes([packed[32] & 0x7F]) + packed[33:]
    full = Signature(packed[:32] + s + bytes([parity]))
    assert Account.recover_message(message, signature=full.to_bytes()) == shown["message"]["verifier"]
    assert (
        full.recover_public_key_from_msg_hash(
            bytes.fromhex(signed.digest.removeprefix("0x"))
        ).to_checksum_address()
        == shown["message"]["verifier"]
    )


def test_a_wrong_vote_is_counted_outvoted_and_paid_in_a_plain_task(sit):
    end = play_all(sit(), said(0))
    assert [one.said_bps for one in end.results] == [0, 0]
    assert all(one.outcome == "Rewarded" and one.passes == 2 and one.reports == 3 for one in end.results)
    assert end.purse.earned == 2 * FEE - end.purse.gas and end.work_seconds == 0


def test_the_mafr_must_be_exceeded(sit):
    game = sit()
    mafr = go(game).model.mafr_bps
    game.report(mafr)
    assert not next(one for one in go(game).votes if one.who == "you").passed
    game.go_on()
    go(game)
    game.report(mafr + 1)
    assert next(one for one in go(game).votes if one.who == "you").passed


def test_silence_earns_nothing_and_the_others_decide(sit):
    end = play_all(sit(), Game.stay_silent)
    assert [one.reports for one in end.results] == [2, 2] and not end.purse.fees
    assert end.purse.earned == -end.purse.gas < 0 and end.signed is None


def test_the_same_seed_and_decisions_give_the_same_game(sit):
    first, second = (play_all(sit(), said(6_000)) for _ in range(2))
    other = play_all(sit(seed=2), said(6_000))
    assert first == second and first.model.cid != other.model.cid


def test_only_what_is_asked_can_be_done(sit):
    game = sit()
    for move in (game.measure, game.stay_silent, game.go_on, lambda: game.report(1), lambda: game.preview(1)):
        with pytest.raises(InputError, match="move"):
            move()
    go(game)
    with pytest.raises(InputError, match="move"):
        game.go_on()
    game.stay_silent()
    with pytest.raises(InputError, match="move"):
        game.report(1)


# With bonds.


@pytest.fixture(scope="module")
def bonded(workbench):
    """Play the bonded task by every rule."""
    return {rule: play_by(rule, BONDED, workbench) for rule in RULES}


def test_with_bonds_honesty_pays_and_every_bond_comes_back(bonded):
    purse = bonded["honest"].purse
    assert purse.fees == 5 * FEE and not purse.burnt and not purse.owed and not purse.staked
    assert purse.earned == 5 * FEE - purse.gas > 0 and bonded["honest"].work_seconds > 0


def test_silence_loses_every_bond(bonded):
    purse = bonded["silent"].purse
    assert purse.burnt == 5 * BOND and not purse.fees and purse.earned == -5 * BOND - purse.gas
    assert not purse.staked and not purse.owed


def test_a_yes_without_a_look_loses_its_bond_at_each_planted_test(bonded):
    purse = bonded["yes, unmeasured"].purse
    assert purse.burnt == 2 * BOND and purse.fees == 3 * FEE
    assert purse.earned < bonded["honest"].purse.earned and not bonded["yes, unmeasured"].work_seconds


def test_who_cheats_at_one_planted_test_reads_what_it_cost(sit):
    game, stories = sit(BONDED), {}
    while (snapshot := go(game)).phase is not Phase.OVER:
        if snapshot.phase is Phase.DECIDED:
            stories[snapshot.model.number] = " ".join(line.text for line in snapshot.lines)
            game.go_on()
        elif snapshot.phase is Phase.MEASURED or stories:
            game.report(10_000)
        else:
            game.measure()
    planted = [one for one in snapshot.results if one.plant_bps is not None]
    assert len(planted) == 2 and {one.seat for one in planted} == {"Slashed"}
    for one in planted:
        assert one.burnt_wei == BOND and one.fee_wei == 0 and abs(one.said_bps - one.plant_bps) > 200
        assert "planted test" in stories[one.number] and "slashed" in stories[one.number]
    assert {one.seat for one in snapshot.results if one.plant_bps is None} == {"Paid"}
    assert snapshot.signed.commitment and "committed" in stories[1]
    # Nobody who reads the story learns from a name which model is planted.
    assert "planter" not in "".join(stories.values()) and "junk" not in "".join(stories.values())


# What is typed.


@pytest.mark.parametrize(
    "text, bps",
    [("93.33", 9_333), ("93,33 %", 9_333), (" 0 ", 0), ("100", 10_000), ("100.00%", 10_000), ("7.5", 750)],
)
def test_a_number_of_per_cent_is_read(text, bps):
    assert parse_evaluation(text) == bps == parse_evaluation(per_cent(bps))


@pytest.mark.parametrize(
    "text",
    ["", "yes", "-1", "100.01", "101", "1e1", "nan", "inf", "12.345", "0x10", "٣٣", "9" * 10_000, "<b>5</b>"],
)
def test_anything_else_is_refused_in_one_line(text):
    with pytest.raises(InputError, match="between 0 and 100 %") as refused:
        parse_evaluation(text)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 200
