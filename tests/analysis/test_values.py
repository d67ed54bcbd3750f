"""What recorded models are worth: the whole way from a run's folder to a table."""

import math
from dataclasses import replace

import numpy as np
import pytest

from verifuse.analysis import values
from verifuse.analysis.worth import FusedModels, fused_game, measure_worths, recorded_models, shapley
from verifuse.errors import InputError
from verifuse.scenarios import read_record

ETHER = 10**18


@pytest.fixture(scope="module")
def table(run, workbench):
    return values(run("plain"), workbench=workbench)


@pytest.fixture(scope="module")
def models(run):
    return recorded_models(run("plain"))[0]


def test_a_run_tells_what_each_model_is_worth_and_was_paid(table, run):
    record = run("plain")
    assert table["contributor"].tolist() == [f"contributor-{i}" for i in (1, 2, 3)]
    assert table["model_id"].tolist() == [1, 2, 3] and (table["outcome"] == "Rewarded").all()
    surplus = table.attrs["worth_of_all"] - table.attrs["worth_of_nobody"]
    assert table["shapley"].sum() == pytest.approx(surplus) and surplus > 0.4
    assert table["arrival_marginal"].sum() == pytest.approx(surplus)
    assert table["shapley_share"].sum() == pytest.approx(1)
    assert table["paid_wei"].tolist() == [ETHER] * 3 and table["paid_share"].tolist() == [1 / 3] * 3
    assert not table["standard_error"].any() and not table["banzhaf_standard_error"].any()
    assert table.attrs["coalitions"] == 7 and table.attrs["permutations"] == 0
    # All three were rewarded, and the initiator fused them herself.
    images = record.summary["integrated_model"]["held_out_images"]
    assert table.attrs["images"] == images
    accuracy = record.summary["integrated_model"]["held_out_accuracy"]
    assert table.attrs["worth_of_all"] == pytest.approx(accuracy, abs=1.5 / images)
    # Every one of them knows a label that no other does as well.
    assert (table[["shapley", "leave_one_out"]] > 0.05).all(axis=None)


def test_drawn_orders_come_near_the_exact_values(table, run, workbench):
    drawn = values(run("plain"), permutations=60, workbench=workbench)
    error = (drawn["shapley"] - table["shapley"]).abs() / drawn["standard_error"]
    assert (error < 4).all() and (drawn["standard_error"] > 0).all()
    assert drawn["leave_one_out"].tolist() == pytest.approx(table["leave_one_out"].tolist())
    assert drawn.attrs["permutations"] == 60 and drawn.attrs["worth_of_all"] == table.attrs["worth_of_all"]


def test_nobody_is_worth_what_one_chooses(models):
    shares = np.bincount(models.samples.labels) / len(models.samples)
    entropy = -float((shares * np.log(shares)).sum())
    assert models.worth_of_nobody == 0.1
    assert replace(models, empty="commonest").worth_of_nobody == shares.max()
    assert replace(models, utility="log_loss").worth_of_nobody == -math.log(10)
    assert replace(models, utility="log_loss", empty="commonest").worth_of_nobody == pytest.approx(-entropy)


def test_losses_make_a_game_too_and_a_second_head_is_averaged_in(run, workbench, table):
    found = values(run("plain"), utility="log_loss", heads=2, workbench=workbench)
    assert found.attrs["worth_of_nobody"] == -math.log(10) < found.attrs["worth_of_all"] < 0
    assert found["shapley"].sum() == pytest.approx(found.attrs["worth_of_all"] + math.log(10))
    assert found["shapley"].idxmax() == table["shapley"].idxmax()


def test_a_file_that_nobody_can_rebuild_is_worth_nothing_and_takes_nothing(models, workbench):
    files = (models.files[0], b"junk", models.files[1], None)
    spoilt = replace(models, names=("one", "junk", "two", "lost"), files=files)
    assert spoilt.readable == (True, False, True, False)
    game, pure = (
        fused_game(spoilt, workbench),
        fused_game(replace(models, names=("one", "two"), files=files[::2]), workbench),
    )
    assert shapley(game)[[1, 3]].tolist() == [0, 0]
    assert shapley(game)[[0, 2]] == pytest.approx(shapley(pure))
    assert measure_worths(replace(spoilt, files=(None,) * 4), [0, 15], workbench) == [0.1, 0.1]


def test_a_model_and_its_copy_are_worth_the_same(models, workbench):
    twice = replace(models, names=("one", "copy"), files=(models.files[0],) * 2)
    game = fused_game(twice, workbench)
    assert game.worth(["one"]) == game.worth(["copy"])
    assert shapley(game)[0] == shapley(game)[1] == pytest.approx(game.surplus / 2)


def test_sealed_models_are_opened_with_the_keys_that_contributors_drew(run, workbench):
    players, _ = recorded_models(run("sealed"))
    assert players.readable == (True, True)
    plain = recorded_models(run("plain"))[0]
    assert players.files == plain.files[:2]


def test_each_task_has_its_own_game(run, workbench):
    record = run("two tasks")
    first, second = (values(record, task=name, workbench=workbench) for name in ("plain", "rival"))
    assert values(record, workbench=workbench).equals(first)
    assert values(record.of_task("rival"), workbench=workbench).equals(second)
    for name, found in (("plain", first), ("rival", second)):
        summary = record.of_task(name).summary["integrated_model"]
        if (found["outcome"] == "Rewarded").all():
            near = pytest.approx(summary["held_out_accuracy"], abs=1.5 / summary["held_out_images"])
            assert found.attrs["worth_of_all"] == near
    assert first.attrs["worth_of_all"] != second.attrs["worth_of_all"]


def test_rewarded_models_may_play_alone(run, workbench):
    record = run("gain")
    every, rewarded = (
        values(record, models=which, workbench=workbench) for which in ("announced", "rewarded")
    )
    assert len(rewarded) == (every["outcome"] == "Rewarded").sum()
    unpaid = values(run("nobody is rewarded"), workbench=workbench)
    assert unpaid["paid_share"].isna().all() and unpaid["paid_wei"].tolist() == [0, 0]
    with pytest.raises(InputError, match="was rewarded"):
        values(run("nobody is rewarded"), models="rewarded", workbench=workbench)


def test_what_has_no_worth_is_refused_in_one_line(run, copy_of, tmp_path, models, workbench):
    folder = copy_of(run("plain"), tmp_path / "drawn")
    scenario = folder / "scenario.toml"
    scenario.write_text(
        scenario.read_text("utf-8").replace('learning = "keras"', 'learning = "surrogate"'), "utf-8"
    )
    with pytest.raises(InputError, match="drawn from curves") as refused:
        values(read_record(folder))
    assert "\n" not in str(refused.value)
    for wrong, field in (
        ({"task": "absent"}, "task"),
        ({"heads": 0}, "heads"),
        ({"permutations": 3}, "permutations"),
        ({"tolerance": 0.1}, "tolerance"),
    ):
        with pytest.raises(InputError, match=field):
            values(run("plain"), workbench=workbench, **wrong)
    with pytest.raises(InputError, match="models"):
        FusedModels(("a", "a"), (b"", b""), models.data, models.samples, 10)
