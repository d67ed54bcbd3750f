"""Planted tests: models whose fitness the initiator knows, and the seats that they contradict."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifuse.contracts import (
    COPY,
    UNREADABLE,
    Credited,
    CreditReason,
    FitnessKind,
    ModelState,
    NotAPlant,
    Plant,
    PlantAlreadyRevealed,
    PlantRevealed,
    PlantTree,
    PlantWindowOver,
    SeatLocked,
    SeatOutcome,
    SeatSettled,
    WrongState,
)
from verifuse.errors import InputError
from verifuse.seeds import derive_bytes

FEE, BOND, UNMEASURED = 10_000, 300, -(2**15)


def plant(number, fitness=8_000):
    return Plant(f"plant-{number}", fitness, derive_bytes(number, "plant"))


TREE = PlantTree(tuple(map(plant, range(3))))
PLANTED = {
    "fitness": FitnessKind.STANDALONE,
    "reveal_window": 100,
    "bond_wei": BOND,
    "plant_tolerance_bps": 200,
    "plant_window": 1_000,
    "plant_root": TREE.root,
}


@pytest.fixture
def world(open_world):
    world = open_world(joined=False)
    world.join(*world.verifiers, stake=3 * BOND)
    return world


def judged(world, fitnesses, cid=TREE.plants[0].cid, **changes):
    """Have somebody announce a model, plant or not, and a panel judge it."""
    model_id = world.announce(world.post(**(PLANTED | changes)), cid=cid)
    world.draw(model_id)
    world.vote(model_id, fitnesses)
    return model_id


def reveal(world, model_id, plant=TREE.plants[0], tree=TREE, **changes):
    values = {"plant_bps": plant.fitness_bps, "salt": plant.salt, "proof": tree.proof(plant), **changes}
    return world.do("reveal_plant", "initiator", model_id=model_id, **values)


def outcomes(world, model_id, wait=1_000):
    done = []
    for seat in range(len(world.market.panel(model_id))):
        done.append(world.must("settle_seat", "stranger", wait=wait, model_id=model_id, seat=seat))
        wait = 12
    return [one.the(SeatSettled).outcome for one in done]


def test_a_seat_far_from_what_panel_and_plant_agree_on_is_slashed(world):
    model_id = judged(world, [8_000, 8_150, 2_000], escrow=1_030_500)
    lazy = world.market.panel(model_id)[2].verifier
    done = reveal(world, model_id)
    assert done.the(PlantRevealed) == PlantRevealed(
        model_id, world["initiator"].address, plant_bps=8_000, median_bps=8_000, agreed=True
    )
    assert world.market.model(model_id).plant_mark == 8_001
    before = world.market.task(1).unreserved_wei
    assert outcomes(world, model_id) == [SeatOutcome.PAID, SeatOutcome.PAID, SeatOutcome.SLASHED]
    assert world.market.burnt() == BOND
    assert world.market.credit(lazy) == 0
    assert world.market.task(1).unreserved_wei == before + FEE
    assert world.market.task(1).reserved_wei == 0


def test_nobody_is_slashed_where_the_panel_contradicts_the_plant(world):
    model_id = judged(world, [5_000, 5_000, 8_000])
    revealed = reveal(world, model_id).the(PlantRevealed)
    assert (revealed.median_bps, revealed.agreed) == (5_000, False)
    assert world.market.model(model_id).plant_mark == 0
    assert outcomes(world, model_id) == [SeatOutcome.PAID] * 3


@pytest.mark.parametrize("distance", [-201, -200, 200, 201])
def test_the_tolerance_is_a_term_to_the_basis_point(staked_world, distance):
    model_id = judged(staked_world, [8_000, 8_000, 8_000 + distance], bond_wei=1)
    reveal(staked_world, model_id)
    third = SeatOutcome.PAID if abs(distance) <= 200 else SeatOutcome.SLASHED
    assert outcomes(staked_world, model_id) == [SeatOutcome.PAID, SeatOutcome.PAID, third]


@pytest.mark.parametrize("word", [UNREADABLE, COPY])
def test_who_could_not_measure_is_never_slashed(world, word):
    task_id = world.post(**PLANTED)
    world.draw(world.announce(task_id, cid="an earlier one"))
    world.must("expire_model", "stranger", wait=1_000, model_id=1)
    model_id = world.announce(task_id, cid=TREE.plants[0].cid)
    world.draw(model_id)
    rows = [*world.commit(model_id, [8_000, 8_000]), third_seat(world, model_id, word)]
    world.deliver(world.request(model_id), rows)
    assert reveal(world, model_id).the(PlantRevealed).agreed
    assert outcomes(world, model_id) == [SeatOutcome.PAID] * 3


def third_seat(world, model_id, word):
    """Have the third member commit to a word instead of a number."""
    who = world.name[world.market.panel(model_id)[2].verifier]
    row = world.sign(model_id, who, word, 1 if word == COPY else 0, salt=b"\1" * 32)
    world.must("commit_evaluation", who, model_id=model_id, seat=2, commitment=world.committed_to(row))
    return row


def test_a_panel_that_measured_nothing_agrees_with_no_plant(world):
    model_id = judged(world, [UNREADABLE] * 3, plant_tolerance_bps=10_000)
    revealed = reveal(world, model_id).the(PlantRevealed)
    assert (revealed.median_bps, revealed.agreed) == (UNMEASURED, False)


def test_fees_and_bonds_are_locked_until_the_last_second_for_plants(world):
    model_id = judged(world, [8_000] * 3)
    until = world.market.model(model_id).since + 1_000
    early = world.refusal("settle_seat", "v0", wait=until - 1 - world.now, model_id=model_id, seat=0)
    assert early == SeatLocked(model_id, until)
    assert reveal(world, model_id).failure == PlantWindowOver(model_id, until)
    world.must("settle_seat", "v0", model_id=model_id, seat=0)


def test_only_a_settled_model_is_revealed_and_only_once(world):
    model_id = world.announce(world.post(**PLANTED), cid=TREE.plants[0].cid)
    world.draw(model_id)
    assert reveal(world, model_id).failure == WrongState(model_id, ModelState.EVALUATING)
    world.vote(model_id, [8_000] * 3)
    assert reveal(world, model_id).failure is None
    assert reveal(world, model_id).failure == PlantAlreadyRevealed(model_id)


def test_an_honest_model_cannot_be_passed_off_as_a_plant(world):
    model_id = judged(world, [8_000] * 3, cid="an honest model")
    first, second = TREE.plants[:2]
    for attempt in (
        {},
        {"plant_bps": 7_999},
        {"salt": bytes(32)},
        {"proof": ()},
        {"proof": TREE.proof(second)},
        {"proof": (*TREE.proof(first), bytes(32))},
    ):
        assert reveal(world, model_id, **attempt).failure == NotAPlant(model_id)


def test_a_task_without_plants_has_no_window_to_reveal_any(world):
    model_id = judged(world, [8_000] * 3, plant_root=bytes(32), plant_window=0)
    settled = world.market.model(model_id).since
    assert reveal(world, model_id).failure == PlantWindowOver(model_id, settled)


def test_every_plant_of_a_tree_is_found_in_its_task(world):
    task_id = world.post(**PLANTED)
    for one in TREE.plants:
        model_id = world.announce(task_id, "chris", cid=one.cid)
        world.draw(model_id)
        world.vote(model_id, [one.fitness_bps] * 3)
        assert reveal(world, model_id, one).the(PlantRevealed).agreed
        assert outcomes(world, model_id) == [SeatOutcome.PAID] * 3
        assert world.market.model(model_id).base_count == 0


def test_what_a_slashed_seat_forfeits_goes_back_to_the_initiator_of_a_closed_task(world):
    model_id = judged(world, [8_000, 8_000, 0], escrow=1_030_500)
    reveal(world, model_id)
    world.must("close_task", "initiator", task_id=1)
    done = world.must("settle_seat", "stranger", wait=1_000, model_id=model_id, seat=2)
    assert done.the(Credited) == Credited(world["initiator"].address, 1, model_id, FEE, CreditReason.REFUND)


# The tree itself.

PLANTS = st.builds(
    Plant, st.text("abc", min_size=1), st.integers(0, 10_000), st.binary(min_size=32, max_size=32)
)


@settings(max_examples=12)
@given(plants=st.lists(PLANTS, min_size=1, max_size=9, unique=True), data=st.data())
def test_the_contract_accepts_the_proofs_of_any_tree_and_no_other_plants(staked_world, plants, data):
    tree = PlantTree(tuple(plants))
    chosen = data.draw(st.sampled_from(plants))
    terms = PLANTED | {"plant_root": tree.root, "bond_wei": 1, "panel_size": 1, "quorum": 1}
    model_id = staked_world.announce(staked_world.post(**terms), cid=chosen.cid)
    staked_world.draw(model_id)
    staked_world.vote(model_id, [chosen.fitness_bps])
    twin = Plant(chosen.cid, chosen.fitness_bps, bytes([chosen.salt[0] ^ 1]) + chosen.salt[1:])
    wrong = reveal(staked_world, model_id, twin, PlantTree((*plants, twin)))
    assert wrong.failure == NotAPlant(model_id)
    assert reveal(staked_world, model_id, chosen, tree).the(PlantRevealed).agreed
    staked_world.must("settle_seat", "stranger", wait=1_000, model_id=model_id, seat=0)


@given(plants=st.lists(PLANTS, min_size=1, max_size=40, unique=True))
def test_proofs_are_short_and_roots_commit_to_every_plant(plants):
    tree = PlantTree(tuple(plants))
    assert all(len(tree.proof(one)) <= (len(plants) - 1).bit_length() for one in plants)
    assert all(PlantTree(tuple(plants[:place])).root != tree.root for place in range(1, len(plants)))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (lambda: PlantTree(()), "plants"),
        (lambda: Plant("cid", 10_001, bytes(32)), "fitness_bps"),
        (lambda: Plant("cid", 0.5, bytes(32)), "fitness_bps"),
        (lambda: Plant("cid", 5_000, bytes(31)), "salt"),
        (lambda: Plant("ключ", 5_000, bytes(32)), "cid"),
        (lambda: TREE.proof(plant(99)), "plant"),
    ],
)
def test_what_is_no_plant_is_refused_in_one_line(wrong, field):
    with pytest.raises(InputError, match=f"^{field}: ") as refusal:
        wrong()
    assert "\n" not in str(refusal.value)
