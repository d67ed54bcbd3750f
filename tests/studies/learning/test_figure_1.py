from dataclasses import replace

import pytest

from verifuse.errors import InputError
from verifuse.learning import FederationConfig, PrivateData, describe_model
from verifuse.studies import run_study
from verifuse.studies.learning.architectures import (
    CENTRAL,
    CENTRAL_ALL,
    FEDERATED,
    FUSED,
    KNOWING,
    ONE,
    SOFTMAX,
    grid,
    run_whole,
    tune,
)
from verifuse.studies.learning.figure_1_sections import unchanged_decisions
from verifuse.studies.learning.material import gather
from verifuse.studies.learning.mod_drop import run_missing
from verifuse.studies.learning.traffic import image_file, loads, sizes

CHANGES = ("contributors.count=2", "training.max_iterations=120", "fusion.epochs=12", "verifiers.count=3")
CONFIG = FederationConfig(learning_rate=0.1, local_epochs=2, rounds=12, patience=6)
SETTINGS = (
    "scenario=quick",
    f"changes={list(CHANGES)}",
    "seeds=[1, 2]",
    "vanishing=1",
    "rates=[0.1]",
    "local_epochs=[2]",
    "momenta=[0.0]",
    "epochs=24",
    "patience=12",
)


@pytest.fixture(scope="module")
def whole(workbench):
    return run_whole(workbench, gather("quick", CHANGES, 1), CONFIG)


@pytest.fixture(scope="module")
def findings(workbench):
    return run_study("figure_1", SETTINGS, workbench)


def section(findings, words):
    (found,) = [one for one in findings.sections if words in one.heading]
    return found


def test_every_method_is_measured_and_each_is_what_it_should_be(whole):
    accuracies = whole.accuracies
    assert all(0 <= rate <= 1 for pair in accuracies.values() for rate in pair)
    assert accuracies[CENTRAL_ALL][1] > 0.7 and accuracies[FUSED][1] > 0.7
    # Two contributors know five labels each and none in common, so nobody alone tells more than half.
    assert accuracies[ONE][1] < 0.55 < accuracies[CENTRAL][1]
    # With no label in common, the mean over those who know a class orders labels as the mean over all does.
    assert accuracies[KNOWING] == accuracies[SOFTMAX]
    assert accuracies[FEDERATED][0] == whole.federation.accuracy
    heads = [head.held_out_accuracy for head in whole.heads]
    assert accuracies[FUSED][1] == pytest.approx(sum(heads) / len(heads))


def test_a_missing_model_takes_what_only_it_knows_with_it(workbench, whole):
    never, often = run_missing(workbench, whole, (0.0, 0.5))
    assert never.all_there == whole.heads[0].held_out_accuracy
    assert never.one_missing != often.one_missing
    # No label is known to both contributors, so half of the labels go.
    assert all(0.2 < share < 0.6 for share in (*never.one_missing, *often.one_missing))


def test_bytes_are_those_of_the_files_and_what_is_sent_arrives(whole):
    parties = {(load.architecture, load.who): load for load in loads(whole, CONFIG)}
    material, files = whole.material, whole.files
    images = [image_file(data, with_test=True) for data in material.contributors]
    assert parties["a", "the server"].receives == sum(map(len, images))
    assert parties["a", "a contributor"].sends * 2 == parties["a", "the server"].receives
    message = len(whole.federation.model_file) * whole.federation.rounds
    one, controller = parties["b", "a contributor"], parties["b", "the controller"]
    assert one.sends == one.receives == message and controller.sends == controller.receives == 2 * message
    verifier = parties["c", "a verifier"]
    assert parties["c", "a contributor"].sends * 2 == sum(map(len, files))
    assert verifier.receives == sum(map(len, files)) + len(material.sample.to_bytes())
    assert parties["c", "the initiator"].sends == len(material.sample.to_bytes())


def test_computing_is_counted_from_the_networks(whole):
    parties = {(load.architecture, load.who): load for load in loads(whole, CONFIG)}
    one, rounds = parties["b", "a contributor"], whole.federation.rounds
    assert one.steps == rounds * 2 * -(-120 // 50)
    assert one.products == rounds * 2 * 120 * 3 * whole.material.network.products
    central, result = parties["a", "the server"], whole.central
    assert central.products == result.epochs * (3 * 240 + 80) * whole.material.network.products
    verifier, fusion = parties["c", "a verifier"], whole.material.scenario.fusion
    specs = [describe_model(file) for file in whole.files]
    head = (2 * 64) * 10 + 10 * 10
    assert verifier.steps == 12 * 5 and fusion.epochs == 12
    assert verifier.products == 450 * sum(spec.products for spec in specs) + 3 * 12 * 250 * head


def test_a_file_of_images_holds_what_is_sent_and_nothing_else(whole):
    data = whole.material.contributors[0]
    found = sizes(data, whole.files[0])
    assert found.images < found.sent_images < len(data.to_bytes())
    # The header spells out shapes and offsets, so it grows by some digits.
    assert found.sent_images - found.images == pytest.approx(40 * found.per_image, abs=64)
    assert found.per_image == 65 and found.model == len(whole.files[0])
    assert found.packed_images < found.images and found.packed_model < found.model
    twice = PrivateData(data.train, data.test, replace(data.test))
    assert image_file(twice, with_test=True) == image_file(data, with_test=True)


def test_the_best_setting_of_the_grid_comes_first(workbench, whole):
    tried = list(grid([("sgd", 0.1), ("adam", 1e-3)], [1], [0.0], epochs=6, patience=6))
    assert [config.rounds for config in tried] == [6, 6]
    ranking = tune(workbench, whole.material, tried)
    (best, first), (_, second) = ranking
    assert first.test_accuracy >= second.test_accuracy and best in tried
    assert {config.local_optimizer for config, _ in ranking} == {"sgd", "adam"}


def test_a_decision_hangs_on_a_voter_where_she_made_the_majority():
    assert unchanged_decisions([[[True, True, True]]]) == (3, 3)
    # Of two to one, either of the two leaves a tie, which is no majority; the third changes nothing.
    assert unchanged_decisions([[[True, True, False]]]) == (1, 3)
    assert unchanged_decisions([[[True]]]) == (0, 0)


def test_the_page_says_what_was_found(findings):
    table = section(findings, "told right").table
    assert len(table) == 11
    losses = section(findings, "vanishes").table
    later = losses[losses["when"].isin(["afterwards", "after the last round", "after she announced"])]
    assert len(later) == 3 and set(later["change, points"]) == {"+0.00"}
    assert set(losses["architecture"]) == {"(a)", "(b)", "(c)"}
    travels = section(findings, "travels")
    assert "is larger than her 120 training images" in " ".join(travels.text.split())
    assert list(travels.table["party"]) == list(section(findings, "computed").table["party"])
    assert len(section(findings, "tuned").table) == 2


def test_the_same_study_finds_the_same(findings, workbench):
    again = run_study("figure_1", SETTINGS, workbench)
    for one, other in zip(findings.sections, again.sections, strict=True):
        assert one.text == other.text
        assert one.table is other.table is None or one.table.equals(other.table)


@pytest.mark.parametrize("wrong", ["local_epochs=[99]", "rates=[2.0]", "vanishing=0", "seeds=[1,1]"])
def test_settings_that_make_no_sense_are_refused(wrong, workbench):
    with pytest.raises(InputError):
        run_study("figure_1", [*SETTINGS, wrong], workbench)
