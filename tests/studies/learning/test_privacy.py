"""The study of privacy, whole, on small digits: what it prints follows from what it measured."""

import numpy as np
import pytest

from verifuse.errors import InputError
from verifuse.studies import run_study, write_page
from verifuse.studies.learning.privacy import Settings, _case, _shadows

OVERRIDES = (
    '["contributors.count=2","contributors.train=60","contributors.test=20","contributors.verification=60",'
    '"fusion.epochs=6","fusion.stage_one_epochs=2","training.max_iterations=120"]'
)
SMALL = (
    "scenario=quick",
    f"overrides={OVERRIDES}",
    "seeds=[1]",
    'recipes=["plain"]',
    "shadows=2",
    "private_shadows=1",
    "epsilons=[20.0]",
    "privacy.steps=10",
    "privacy.batch=30",
    "resamples=30",
)


def test_the_page_tells_of_every_model_and_every_budget(workbench, tmp_path):
    told = []
    findings = run_study("privacy", SMALL, workbench, told.append)
    again = run_study("privacy", SMALL, workbench)
    betrayed, _, cost, gain, limits = findings.sections
    assert list(betrayed.table["contributor"]) == ["1: 0 1 2 3 4", "2: 5 6 7 8 9", "mean"] * 2
    assert all(0 <= float(cell.split()[0]) <= 1 for cell in betrayed.table["AUC"])
    assert list(cost.table["epsilon"]) == ["20", "none"]
    assert list(cost.table["announced"]) == ["2 of 2", "2 of 2"]
    assert "bounds leakage from below" in limits.text and "20" in gain.text
    assert len(told) == 2
    for first, second in zip(findings.sections, again.sections, strict=True):
        assert first.text == second.text
        assert first.table is None or first.table.equals(second.table)
    page, *beside = write_page(findings, tmp_path, "privacy")
    assert "What protection costs" in page.read_text("utf-8")
    assert sum(path.suffix == ".png" and path.stat().st_size > 10_000 for path in beside) == 2


def test_shadows_hold_images_of_the_same_labels_that_nobody_in_the_market_holds():
    overrides = (
        "contributors.count=2",
        "contributors.train=60",
        "contributors.test=20",
        "contributors.verification=60",
    )
    case = _case(Settings(scenario="quick", overrides=overrides), "plain", 1)
    rows = _shadows(case, 2)

    def images(job):
        parts = (job.data.train, job.data.test, job.data.verification)
        return {image.tobytes() for part in parts for image in part.images}

    held = set().union(*(images(job) for job in case.trainings))
    seeds = {job.seed for job in case.trainings}
    for job, row in zip(case.trainings, rows, strict=True):
        for shadow in row:
            assert not images(shadow) & held
            held |= images(shadow)
            assert shadow.seed not in seeds
            seeds.add(shadow.seed)
            assert shadow.network == job.network
            assert (np.bincount(shadow.data.train.labels) == np.bincount(job.data.train.labels)).all()


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("epsilons=[10.0, 1.0]", "each budget once, the smallest first"),
        ("epsilons=[0]", "a number from 0.01 to"),
        ("privacy.noise=1.0", "epsilons lists the budgets"),
        ("private_shadows=9", "at most shadows"),
        ("shadows=0", "a number from 1 to"),
    ],
)
def test_settings_that_answer_nothing_are_refused_in_a_line(override, told, workbench):
    with pytest.raises(InputError, match=told) as refused:
        run_study("privacy", [override], workbench)
    assert "\n" not in str(refused.value)
