import pytest

from verifuse.studies import run_study

SMALL = ["contributors.count=2", "verifiers.verification=60"]


@pytest.fixture(scope="module")
def findings(workbench, tmp_path_factory):
    asked = ["seeds=[1]", f"overrides={SMALL}", f"records={tmp_path_factory.mktemp('runs').as_posix()}"]
    return run_study("shared_images", asked, workbench)


def test_a_panel_on_the_same_images_is_one_member(findings):
    wrong, alike, _ = (section.table for section in findings.sections)
    assert wrong["shared %"].nunique() == 1
    assert set(alike["shared %"].str.split().str[0]) == {"100.00"}


def test_independent_members_err_less_by_the_closed_form_the_more_they_are(findings):
    table = findings.sections[0].table
    expected = table["private, if independent %"].astype(float).tolist()
    assert expected == sorted(expected, reverse=True)
    alone = table.iloc[0]
    assert alone["seats"] == 1
    assert alone["shared, if independent %"] == alone["private, if independent %"]
