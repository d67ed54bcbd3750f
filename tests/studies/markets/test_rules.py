import pytest

from verifuse.studies import run_study

SWEEP = """
name = "few"
scenario = "quick"

[set]
task.also_measure = []
verifiers.count = 1
verifiers.panel = 1
training.max_iterations = 80
fusion.epochs = 8
fusion.stage_one_epochs = 2
contributors.groups = [
    { name = "honest", count = 2, starts = [0, 900] },
    { name = "untrained", count = 1, starts = [2700], behaviour = "random_weights" },
]

[[list]]
task.fitness = "accuracy"
task.mafr = 0.1

[[list]]
task.fitness = "standalone"
task.mafr = 0.5

[grid]
verifiers.verification = [100]
"""


@pytest.fixture(scope="module")
def sections(workbench, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rules")
    (folder / "few.toml").write_text(SWEEP, "utf-8")
    asked = ["seeds=[1,2]", f"sweep='{folder / 'few.toml'}'", "pay=''", f"records='{folder}'"]
    return run_study("rules", asked, workbench).sections


def test_a_model_alone_is_told_from_junk_and_a_fused_one_is_not(sections):
    told = sections[0].table.set_index("fitness")
    assert told.loc["accuracy > 0.1", "junk paid %"].startswith("100.0"), "good models in the base pass it"
    assert told.loc["standalone > 0.5", "junk paid %"].startswith("0.0")
    assert told.loc["standalone > 0.5", "honest refused %"].startswith("0.0")
    assert list(told["wrong %"]) == ["50.00 ± 0.00", "0.00 ± 0.00"]
    kinds = sections[1].table.set_index("fitness")
    assert kinds.loc["standalone > 0.5", "untrained paid %"].startswith("0.0")
    assert kinds.loc["standalone > 0.5", "honest paid %"].startswith("100.0")


def test_what_models_add_is_measured_on_images_that_nobody_voted_on(sections):
    honest = next(line for line in sections[2].text.splitlines() if line.startswith("- honest"))
    assert honest.endswith("in 4 of 4"), "two of five labels each add to nothing, and to each other"
