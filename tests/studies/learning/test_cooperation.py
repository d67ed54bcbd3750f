import os
import subprocess
import sys
from statistics import fmean

import pytest

from verifuse.analysis.series import Estimate
from verifuse.errors import InputError
from verifuse.learning import StandaloneJob, Workbench
from verifuse.studies import run_study, write_page
from verifuse.studies.learning.cooperation_words import verdict
from verifuse.studies.learning.opening import open_case

SIZES = {
    "verifiers.train": 30,
    "verifiers.test": 20,
    "verifiers.verification": 20,
    "contributors.train": 40,
    "contributors.test": 20,
    "contributors.verification": 10,
}
QUICK = [
    "contributors.count=2",
    "verifiers.count=2",
    "verifiers.panel=2",
    "training.max_iterations=20",
    "fusion.epochs=1",
    "fusion.stage_one_epochs=0",
]
MAP = (
    '{data="digits",network="tiny",verifier_train=[30,60],verifier_test=20,verifier_verification=20,'
    "contributor_train=[40],contributor_test=20,contributor_verification=10}"
)
ASKED = ["seeds=[1,2]", 'recipes=["plain"]', f"overrides={QUICK}"]


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def findings(workbench, told):
    return run_study("cooperation", [*ASKED, f"maps=[{MAP}]"], workbench, told.append)


def test_a_page_has_the_map_its_figure_and_the_numbers_of_each_place(findings, told, tmp_path):
    first, numbers = findings.sections
    assert "**digits, plain.** With 40 images a contributor" in first.text
    assert list(numbers.table["verifier's images"]) == [30, 60]
    page, picture, table = write_page(findings, tmp_path, "cooperation")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "verifier alone, %" in table.read_text("utf-8")
    assert "verifuse study cooperation" in page.read_text("utf-8")
    assert told[-1] == "4 of 4 fusions"
    # Two contributors, whom both sizes share, and a verifier of each size, with two seeds.
    assert "8 of 8 trainings" in told


def test_a_difference_is_of_both_on_the_same_held_out_images(workbench, findings):
    one = run_study("cooperation", ["seeds=[1]", *ASKED[1:], f"maps=[{MAP}]"], workbench)
    own = {"recipe": "plain", "data.set": "digits", "task.network": "tiny", **SIZES}
    # Twenty iterations end before patience does, stretched or not.
    case = open_case("paper_2", own, QUICK, 1)
    files = tuple(workbench.train(job).result().model_file for job in case.trainings)
    # One step an epoch on 30 images, where 2,000 take 40.
    heads = case.scenario.fusion.model_copy(update={"epochs": 40})
    fused = workbench.fuse(case.fusion(files, "II", heads)).result()
    alone = workbench.train(case.verifier_alone).result().model_file
    own_accuracy = workbench.standalone(StandaloneJob(alone, case.held_out)).result()
    row = one.sections[1].table.iloc[0]
    difference = 100 * (fmean(head.held_out_accuracy for head in fused) - own_accuracy)
    assert row["difference, points"] == f"{difference:+.2f}"
    assert row["verifier alone, %"] == f"{100 * own_accuracy:.2f}"


def test_what_was_measured_once_is_not_measured_again(findings, workbench):
    with Workbench(cache=workbench.cache_folder) as other:
        again = run_study("cooperation", [*ASKED, f"maps=[{MAP}]"], other)
        assert not other.started
    assert again.sections[0].text == findings.sections[0].text
    assert again.sections[1].table.equals(findings.sections[1].table)


def test_a_data_set_that_cannot_be_downloaded_is_left_out_and_the_page_says_so(findings, workbench, tmp_path):
    nowhere = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    places = {"VERIFUSE_CACHE": str(workbench.cache_folder), "KERAS_HOME": str(tmp_path / "keras")}
    other = 'maps=[{data="fashion_mnist",network="cnn_1",verifier_train=[100],contributor_train=[100]},' + MAP
    command = [sys.executable, "-m", "verifuse", "study", "cooperation", *ASKED, f"{other}]"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path)],
        env={**os.environ, **nowhere, **places},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert "fashion_mnist is left out: it could not be downloaded" in done.stderr
    page = (tmp_path / "cooperation.md").read_text("utf-8")
    assert "`fashion_mnist` is left out: it could not be downloaded" in page
    assert "Cooperation on digits" in page
    assert "Cooperation on fashion_mnist" not in page


def test_the_verdict_names_the_largest_set_at_which_the_interval_lies_above_zero():
    row = {
        100: Estimate(4.0, 1.0, 5),
        500: Estimate(1.0, 0.5, 5),
        1000: Estimate(0.1, 0.4, 5),
        2000: Estimate(-0.6, 0.2, 5),
    }
    assert verdict(row) == (
        "cooperation pays at 100 (+4.00 ± 1.00), 500 (+1.00 ± 0.50); "
        "500 is the largest set at which it does; it costs at 2,000 (-0.60 ± 0.20); "
        "nothing can be said at 1,000 (+0.10 ± 0.40), where the interval holds zero."
    )
    assert verdict({30: Estimate(-2.0, 1.0, 5)}).startswith("there is no size of her set at which")


@pytest.mark.parametrize(
    ("override", "line"),
    [
        (
            'maps=[{data="digits",network="tiny",verifier_train=[9],contributor_train=[40]}]',
            "maps[0]: contributors.verification: 500 is not usable; label 0 needs",
        ),
        (
            f"maps=[{MAP.replace('[30,60]', '[9]')}]",
            "maps[0]: verifiers.train: 9 is not usable; at least 10, one image a label",
        ),
        (
            f"maps=[{MAP},{MAP.replace('tiny', 'huge').replace('digits', 'mnist')}]",
            "maps[1]: task.network: 'huge' is not usable; ",
        ),
        (f"maps=[{MAP.replace('digits', 'lost.npz')}]", "maps[0]: data.set: 'lost.npz' is not usable; "),
        (f"maps=[{MAP.replace('{data', '{net=1,data')}]", "maps[0].net: 1 is not usable; unknown key"),
        ("maps=[]", "maps: [] is not usable; "),
        (f"maps=[{MAP},{MAP}]", "maps: ['digits', 'digits'] is not usable; each data set once"),
        (
            "maps=[" + MAP.replace("}", ',overrides=["data.set=mnist"]}') + "]",
            "maps[0]: overrides: 'data.set=mnist' is not usable; data.set is the study's own",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_line(workbench, override, line):
    with pytest.raises(InputError) as refused:
        run_study("cooperation", [override], workbench)
    assert str(refused.value).startswith(line)
    assert "\n" not in str(refused.value)
