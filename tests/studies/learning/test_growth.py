import pytest

from verifuse.errors import InputError
from verifuse.learning import TrainedNetwork, encode_model, network_spec
from verifuse.learning.initial import initial_weights
from verifuse.studies import run_study
from verifuse.studies.learning.growth import entries

SETTINGS = (
    "scenario=quick",
    'changes=["contributors.train=60", "contributors.verification=10", "fusion.epochs=12"]',
    "seeds=[1]",
    "sizes=[1, 2, 4]",
    "iterations=60",
    "timings=1",
    "warm_epochs=4",
)


@pytest.fixture(scope="module")
def findings(workbench):
    return run_study("growth", SETTINGS, workbench)


def test_entries_of_a_are_features_times_labels():
    specs = [network_spec("tiny", (8, 8), labels) for labels in ((0, 1, 2), (2, 3), (4,))]
    files = [encode_model(TrainedNetwork(spec, initial_weights(spec, 1))) for spec in specs]
    assert [entries(files[:count]) for count in (1, 2, 3)] == [64 * 3, 128 * 5, 192 * 6]


def test_cost_accuracy_and_warm_starts_are_on_the_page(findings):
    about, cost, accuracy, warm = findings.sections
    assert "cut off after 60 steps" in about.text
    assert list(cost.table["models"]) == list(accuracy.table["models"]) == [1, 2, 4]
    assert list(cost.table["entries of A"]) == ["320", "1,280", "5,376"]
    assert list(cost.table["relative to 1"]) == ["1.00", "4.00", "16.80"]
    assert all(float(seconds) > 0 for seconds in warm.table["seconds of a warm fit"])
    assert list(warm.table["models"]) == [2, 4]
    rates = [float(rate) for rate in accuracy.table["held-out images, %"]]
    assert rates[0] < 60 < rates[-1]
    assert cost.figure[1].axes[0].get_xlabel() == "fused models"


def test_sizes_must_ascend(workbench):
    with pytest.raises(InputError, match="ascending"):
        run_study("growth", [*SETTINGS, "sizes=[2, 1]"], workbench)
