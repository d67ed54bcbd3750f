"""Studies are found by name, refuse what they cannot use, and leave a page with what belongs to it."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy.stats import binom

from verifuse.errors import InputError
from verifuse.learning import Measured, Workbench
from verifuse.scenarios import read_record
from verifuse.studies import STUDIES, Findings, Section, run_study, write_page
from verifuse.studies.learning.compare import mcnemar, tells_apart
from verifuse.studies.wording import points, rate

SMALL = [
    'data.set="digits"',
    "task.mafr=0.1",
    "contributors.train=60",
    "contributors.test=20",
    "contributors.verification=20",
    "verifiers.train=200",
    "verifiers.test=50",
    "verifiers.verification=150",
    "training.learning_rate=0.01",
    "training.batch=20",
    "training.epochs=15",
    "task.announce_threshold=0.1",
    "fusion.learning_rate=0.01",
    "fusion.epochs=4",
    "fusion.stage_one_epochs=2",
    "contributors.count=3",
    "verifiers.count=3",
    "verifiers.panel=3",
]
"""The paper's scenarios on small digits, with trainings of a second."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    with Workbench(workers=2, cache=tmp_path_factory.mktemp("cache")) as workbench:
        yield workbench


@pytest.fixture(scope="module")
def reproduced(bench, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    small = [*SMALL, 'task.network="tiny"']
    overrides = [
        "seeds=[1,2]",
        'scenarios=["paper_2"]',
        'recipes=["plain"]',
        f"records='{folder}'",
        f"overrides={small}",
        "beside=[]",
    ]
    told = []
    return folder, overrides, run_study("reproduction", overrides, bench, told.append), told


def test_the_reproduction_shows_figures_tables_and_what_is_behind_them(reproduced, tmp_path):
    folder, _, findings, told = reproduced
    page, *files = write_page(findings, tmp_path, "reproduction")
    text = page.read_text("utf-8")
    for heading in ("Final accuracy", "Figure 8", "Figure 9", "Strategy II beat", "rise with every model"):
        assert heading in text
    assert "98.6 %" in text and "verifuse study reproduction 'seeds=[1,2]'" in text
    assert {path.suffix for path in files} == {".png", ".csv"} and all(path.stat().st_size for path in files)
    for path in files:
        assert path.suffix == ".csv" or f"](reproduction/{path.name})" in text
    assert any("8 of 8 trainings" in line for line in told)
    assert {record.name for record in folder.iterdir()} == {"paper_2-plain-seed1", "paper_2-plain-seed2"}


def test_what_the_page_says_is_what_the_markets_measured(reproduced):
    folder, _, findings, _ = reproduced
    runs = [read_record(folder / f"paper_2-plain-seed{seed}") for seed in (1, 2)]
    final = [run.table("models").sort_values("model_id").iloc[-1] for run in runs]
    table = findings.sections[0].table
    for strategy in ("I", "II"):
        expected = rate([row[f"fused_accuracy_{strategy}"] for row in final])
        assert table[table.strategy == strategy].iloc[0, 4] == expected


def test_a_study_goes_on_from_the_records_and_results_that_are_there(reproduced, bench):
    folder, overrides, findings, _ = reproduced
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("manifest.json")}
    again = run_study("reproduction", overrides, bench)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("manifest.json")} == before
    for one, other in zip(findings.sections, again.sections, strict=True):
        assert one.text == other.text and (one.table is None or one.table.equals(other.table))


@pytest.mark.parametrize(
    ("name", "override", "told"),
    [
        ("reproductoin", "seeds=[1]", "study: 'reproductoin'"),
        ("reproduction", "seeds=[]", "seeds"),
        ("reproduction", "seeds=[1,1]", "seeds"),
        ("reproduction", "sedes=[1]", "did you mean 'seeds'"),
        ("reproduction", 'recipes=["fancy"]', "recipes[0]"),
        ("reproduction", "seeds", "key=value"),
        ("reproduction", 'overrides=["task.marf=1"]', "task.marf"),
    ],
)
def test_what_a_study_cannot_use_is_refused_in_a_line(name, override, told, bench):
    with pytest.raises(InputError) as caught:
        run_study(name, [override], bench)
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_a_page_has_numbers_to_the_right_and_names_its_files(tmp_path):
    table = pd.DataFrame({"who": ["a|b", "c"], "how much": [1, 2]})
    figure = Figure()
    figure.add_subplot().plot([0, 1])
    sections = (Section("First", "Words.", table), Section("Second", figure=("curve", figure)))
    page, csv, png = write_page(Findings("Title", "verifuse study x", sections), tmp_path, "x")
    text = page.read_text("utf-8")
    assert "| who | how much |\n| --- | ---: |\n| a\\|b | 1 |" in text
    assert "![Second](x/curve.png)" in text and text.startswith("# Title\n\n`verifuse study x`")
    assert pd.read_csv(csv).equals(table) and png.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(InputError, match="heading"):
        Findings("Title", "command", (sections[0], sections[0]))


def measured(*right):
    return Measured(np.asarray(right, bool), np.zeros(len(right), np.float32))


def test_mcnemar_counts_the_images_that_only_one_tells_right():
    earlier = measured(*[1] * 50, *[0] * 50)
    later = measured(*[1] * 47, *[0] * 3, *[1] * 14, *[0] * 36)
    found = mcnemar(earlier, later)
    assert found.gain == pytest.approx(0.11)
    assert found.p_value == pytest.approx(2 * binom.cdf(3, 17, 0.5)) and found.is_better
    assert not mcnemar(later, earlier).is_better
    same = mcnemar(earlier, earlier)
    assert same.p_value == 1 and not same.is_better


def test_differences_and_rates_carry_their_interval():
    values = [0.01, 0.02, 0.03]
    # Student's t with two degrees of freedom: 4.3027 standard errors of 0.01 / sqrt 3
    assert points(values) == "+2.00 ± 2.48" and rate([0.9]) == "90.00 %"
    assert not tells_apart(values) and tells_apart([0.019, 0.02, 0.021]) and not tells_apart([1.0])


def test_every_study_has_a_question():
    assert all(question.endswith("?") for question in STUDIES.values())
