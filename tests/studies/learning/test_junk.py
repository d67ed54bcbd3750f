from dataclasses import replace

import numpy as np
import pytest

from verifuse.errors import InputError
from verifuse.learning import StandaloneJob, decode_model
from verifuse.studies import run_study, write_page
from verifuse.studies.learning.junk import random_model, shuffled_training
from verifuse.studies.learning.junk_tests import JUNK, TESTS, separation
from verifuse.studies.learning.junk_words import needed
from verifuse.studies.learning.opening import open_case
from verifuse.studies.learning.paired import PairedDifference

QUICK = ["verifiers.count=2", "verifiers.panel=2", "training.max_iterations=60", "fusion.epochs=8"]
ASKED = ["scenario=quick", "seeds=[1,2]", 'recipes=["plain"]', f"overrides={QUICK}"]


@pytest.fixture(scope="module")
def findings(workbench):
    return run_study("junk", ASKED, workbench)


@pytest.fixture(scope="module")
def case():
    return open_case("quick", {"recipe": "plain"}, QUICK, 1)


def test_a_page_has_a_section_for_each_recipe_and_one_for_all(findings, tmp_path):
    assert [section.heading for section in findings.sections] == [
        "An honest last model and junk, plain",
        "Which test tells which junk",
    ]
    assert list(findings.sections[0].table["model"]) == ["honest", *JUNK]
    assert len(findings.sections[1].table) == len(TESTS)
    page, *tables = write_page(findings, tmp_path, "junk")
    assert "`verifuse study junk" in page.read_text("utf-8")
    assert len(tables) == 2


def test_a_copy_has_the_fingerprint_of_what_it_copies_and_junk_knows_no_labels(findings):
    rows = findings.sections[0].table.set_index("model")
    assert rows.loc["copy", "distance of fingerprints, bits"] == "0 (0 to 0)"
    alone = rows["stand-alone accuracy, %"].str.split().str[0].astype(float)
    assert alone["honest"] > 60 > 45 > max(alone["random weights"], alone["shuffled labels"])
    told = findings.sections[1].table.set_index("test")
    assert told.loc["stand-alone accuracy", "random weights"] == "2 of 2, apart"
    assert told.loc["distance of fingerprints", "copy"] == "2 of 2, apart"


def test_a_change_is_the_difference_of_two_fusions(workbench, findings, case):
    one = run_study("junk", [*ASKED, "seeds=[1]"], workbench)
    files = tuple(workbench.train(job).result().model_file for job in case.trainings)
    after, before = (workbench.fuse(case.fusion(part, "II")).result() for part in (files, files[:-1]))
    change = 100 * (np.mean([x.accuracy for x in after]) - np.mean([x.accuracy for x in before]))
    row = one.sections[0].table.iloc[0]
    assert row["change on the sample, points"] == f"{change:+.2f}"
    alone = workbench.standalone(StandaloneJob(files[-1], case.sample.verification)).result()
    assert row["stand-alone accuracy, %"] == f"{100 * alone:.1f}"


def test_labels_are_shuffled_among_the_training_images_alone(workbench, case):
    honest = workbench.train(case.trainings[-1]).result()
    job, again = shuffled_training(case, honest), shuffled_training(case, honest)
    own = case.trainings[-1]
    assert np.array_equal(np.sort(job.data.train.labels), np.sort(own.data.train.labels))
    assert (job.data.train.labels != own.data.train.labels).mean() > 0.5
    assert job.data.train.images is own.data.train.images
    assert job.data.test is own.data.test
    assert job.data.digest == again.data.digest
    done = workbench.train(job).result()
    assert (done.epochs, done.iterations) == (honest.epochs, honest.iterations)


def test_random_weights_are_those_of_nobody(case):
    network = decode_model(random_model(case))
    assert network.spec == case.trainings[-1].network
    assert random_model(case) == random_model(case)
    assert random_model(replace_seed(case)) != random_model(case)


def replace_seed(case):
    return open_case("quick", {"recipe": "plain"}, QUICK, case.scenario.seed + 1)


def test_the_honest_model_is_better_seed_by_seed_or_by_one_threshold():
    assert str(separation([3, 5], [1, 2])) == "2 of 2, apart"
    assert str(separation([3, 5], [1, 4])) == "2 of 2"
    assert str(separation([3, 5], [3, 6])) == "0 of 2"


def test_a_gain_of_the_mean_size_needs_so_many_images():
    seeds = [PairedDifference(mean, 0.08, 1000) for mean in (0.001, 0.003)]
    # ((1.959964 + 0.841621) * 0.08 / 0.002)^2 = 12,558.2; the interval's upper end is .002 + 12.7062 * .001
    assert "12,559 images" in needed(seeds)
    assert "upper end of its interval, 233." in needed(seeds)
    losing = [replace(one, mean=-one.mean) for one in seeds]
    assert needed(losing).startswith("The mean is no gain")
    assert needed(seeds[:1]).endswith("50,233 images are needed.")


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ('overrides=["contributors.count=1"]', "contributors.count: 1 is not usable; at least 2"),
        ('overrides=["seed=3"]', "overrides: 'seed=3' is not usable; seed is the study's own"),
        ('overrides=["recipe=plain"]', "overrides: 'recipe=plain' is not usable; recipe is the study's own"),
        ('overrides=["task.mfar=1"]', "task.mfar: 1 is not usable; unknown key, did you mean 'mafr'?"),
        ('recipes=["plain","plain"]', "recipes: ['plain', 'plain'] is not usable; each recipe once"),
        ("scenario=paper_3", "scenario: 'paper_3' is not usable; a path ending in .toml"),
        ("seed=1", "seed: 1 is not usable; unknown key, did you mean 'seeds'?"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(workbench, override, line):
    with pytest.raises(InputError) as refused:
        run_study("junk", ["scenario=quick", override], workbench)
    assert str(refused.value).startswith(line)
    assert "\n" not in str(refused.value)
