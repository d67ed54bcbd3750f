"""Sealed access: which keys pass through the contract, when, and what it checks of them."""

import pytest
from eth_utils.crypto import keccak

from verifuse.contracts import (
    UNREADABLE,
    Access,
    Deadlines,
    EvaluationCounted,
    KeyReleased,
    KeysDelivered,
    KeyShared,
    KeyWindowOver,
    ModelAnnounced,
    ModelSettled,
    ModelState,
    NotKeyHolder,
    NotShared,
    TaskPosted,
    WrongKey,
    WrongKeyCommitment,
    WrongKeyCount,
    WrongState,
)

WRAPPED = b"the model's key, wrapped for the initiator"
SEALED = {"access": Access.SEALED_FOR_INITIATOR, "access_key": b"\2" * 33, "key_window": 60}
SHARED = SEALED | {"access": Access.SEALED_FOR_REWARDED}
SEALING = {"key_commitment": keccak(WRAPPED)}


def sealed_model(world, fitnesses=None, task_id=None, sender="carol", **terms):
    """Announce and seat a sealed model and, if asked, have it judged."""
    task_id = task_id or world.post(**(SEALED | terms))
    model_id = world.announce(task_id, sender, **SEALING)
    world.draw(model_id)
    if fitnesses:
        world.vote(model_id, fitnesses)
    return model_id


def test_what_others_need_to_wrap_keys_is_in_the_events(world):
    posted = world.must("post_task", "initiator", terms=world.terms(**SEALED), value_wei=10**18)
    assert posted.the(TaskPosted).terms.access_key == SEALED["access_key"]
    announced = world.must(
        "announce_model",
        "carol",
        task_id=1,
        cid="cid",
        fingerprint=b"\7" * 32,
        access_key=b"\3" * 33,
        **SEALING,
    ).the(ModelAnnounced)
    assert (announced.fingerprint, announced.access_key) == (b"\7" * 32, b"\3" * 33)
    assert announced.key_commitment == world.market.model(1).key_commitment == keccak(WRAPPED)


def test_contributor_and_initiator_hand_the_panel_its_keys_by_seat(world):
    model_id = sealed_model(world)
    keys = [bytes([seat]) * 80 for seat in range(3)]
    for holder in ("carol", "initiator"):
        done = world.must("deliver_keys", holder, model_id=model_id, wrapped_keys=keys)
        assert done.the(KeysDelivered) == KeysDelivered(model_id, world[holder].address, b"".join(keys))


def test_keys_come_from_holders_for_all_seats_and_in_time(world):
    model_id = sealed_model(world)
    ends = world.market.deadlines(model_id)
    assert ends == Deadlines(world.now + 60, world.now + 360, world.now + 360, world.now + 560)
    keys = {"model_id": model_id, "wrapped_keys": [b"k"] * 3}
    assert world.refusal("deliver_keys", "chris", **keys) == NotKeyHolder(world["chris"].address)
    for wrong in ([], [b"k"] * 2, [b"k"] * 4):
        refusal = world.refusal("deliver_keys", "carol", wait=1, **(keys | {"wrapped_keys": wrong}))
        assert refusal == WrongKeyCount(len(b"".join(wrong)), 3)
    world.must("deliver_keys", "carol", wait=ends.key - 1 - world.now, **keys)
    assert world.refusal("deliver_keys", "carol", wait=1, **keys) == KeyWindowOver(model_id, ends.key)


def test_keys_are_for_a_panel_that_exists(world):
    model_id = world.announce(world.post(**SEALED), **SEALING)
    keys = {"model_id": model_id, "wrapped_keys": [b"k"] * 3}
    assert world.refusal("deliver_keys", "carol", **keys) == WrongState(model_id, ModelState.ANNOUNCED)


def test_a_model_whose_keys_never_came_is_unreadable_and_its_panel_is_paid(world):
    model_id = sealed_model(world)
    panel = [world.name[seat.verifier] for seat in world.market.panel(model_id)]
    done = world.vote(model_id, [UNREADABLE] * 3)
    assert [event.passed for event in done.all(EvaluationCounted)] == [False] * 3
    assert done.the(ModelSettled) == ModelSettled(model_id, 1, ModelState.REJECTED, 3, 0)
    assert [world.market.credit(world[name].address) for name in panel] == [10_000] * 3


def test_unreadable_votes_against_even_under_the_lowest_mafr(world):
    model_id = sealed_model(world, mafr_bps=-10_000)
    assert world.vote(model_id, [UNREADABLE, UNREADABLE]).the(ModelSettled).passes == 0


def test_any_holder_releases_the_key_of_a_rewarded_model(world):
    model_id = sealed_model(world, [9_000] * 3)
    done = world.must("release_key", "v0", model_id=model_id, wrapped_key=WRAPPED)
    assert done.the(KeyReleased) == KeyReleased(model_id, world["v0"].address, WRAPPED)
    refusal = world.refusal("release_key", "carol", model_id=model_id, wrapped_key=WRAPPED + b"!")
    assert refusal == WrongKey(model_id)


def test_the_key_of_a_model_that_is_not_rewarded_cannot_pass_for_released(world):
    model_id = sealed_model(world)
    release = {"model_id": model_id, "wrapped_key": WRAPPED}
    assert world.refusal("release_key", "carol", **release) == WrongState(model_id, ModelState.EVALUATING)
    world.vote(model_id, [0] * 3)
    assert world.refusal("release_key", "carol", **release) == WrongState(model_id, ModelState.REJECTED)


def test_a_public_model_has_no_key_to_release(world):
    model_id, _ = world.seated()
    world.vote(model_id, [9_000] * 3)
    for key in (b"", WRAPPED):
        assert world.refusal("release_key", "carol", model_id=model_id, wrapped_key=key) == WrongKey(model_id)


@pytest.mark.parametrize(
    ("terms", "sealing", "access"),
    [({}, SEALING, Access.PUBLIC), (SEALED, {}, Access.SEALED_FOR_INITIATOR)],
    ids=["in a public task", "missing in a sealed one"],
)
def test_the_commitment_to_a_key_belongs_to_sealed_tasks(world, terms, sealing, access):
    refusal = world.refusal("announce_model", "carol", task_id=world.post(**terms), cid="cid", **sealing)
    assert refusal == WrongKeyCommitment(access, sealing.get("key_commitment", bytes(32)))


def test_rewarded_contributors_share_their_models_where_the_terms_say_so(world):
    task_id = world.post(**SHARED)
    first = sealed_model(world, [9_000] * 3, task_id)
    second = sealed_model(world, [9_000] * 3, task_id, "chris")
    for model_id, recipient, name in ((first, second, "chris"), (second, first, "carol")):
        done = world.must(
            "share_key", "v0", model_id=model_id, recipient_model_id=recipient, wrapped_key=b"k"
        )
        assert done.the(KeyShared) == KeyShared(model_id, recipient, world[name].address, b"k")


def test_nothing_is_shared_with_the_unrewarded_or_against_the_terms(world):
    def refused(model_id, recipient):
        arguments = {"model_id": model_id, "recipient_model_id": recipient, "wrapped_key": b"k"}
        assert world.refusal("share_key", "carol", **arguments) == NotShared(model_id, recipient)

    task_id = world.post(**SHARED)
    good = sealed_model(world, [9_000] * 3, task_id)
    bad = sealed_model(world, [0] * 3, task_id, "chris")
    refused(good, bad)
    refused(bad, good)
    elsewhere = sealed_model(world, [9_000] * 3, world.post(**SHARED))
    refused(good, elsewhere)
    unshared = world.post(**SEALED)
    refused(*(sealed_model(world, [9_000] * 3, unshared) for _ in range(2)))
