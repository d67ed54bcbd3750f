"""Settings that cannot be are refused, and what is left open follows from the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from verifuse.agents import ContributorSettings, MarketConfig, TaskSettings


@given(st.integers(0, 10_000))
def test_every_mafr_of_whole_basis_points_reaches_the_contract_exactly(bps):
    assert TaskSettings(mafr=bps / 10_000).mafr_bps == bps


@given(st.integers(-10_000, 10_000))
def test_a_gain_may_be_negative(bps):
    assert TaskSettings(fitness="gain", mafr=bps / 10_000).mafr_bps == bps


@pytest.mark.parametrize("mafr", [1.2, -0.01, 0.12345, float("nan"), float("inf")])
def test_a_mafr_that_no_accuracy_can_meet_is_refused(mafr):
    with pytest.raises(ValidationError):
        TaskSettings(mafr=mafr)


def test_escrow_and_deadline_follow_from_the_number_of_contributors():
    config = MarketConfig(contributors=ContributorSettings(count=3, start_every=100))
    assert config.unit_budget_of(config.task) == 10**18 + 5 * 5 * 10**16 + 2 * 10**16
    (task,) = config.task_list
    assert task.escrow == 3 * config.unit_budget_of(task)
    assert task.deadline == 2 * 100 + 3600
    resolved = config.resolved()
    assert resolved.task.escrow == task.escrow
    assert resolved.task.deadline == task.deadline
    assert resolved.verifiers.quorum == 3
    assert resolved.resolved() == resolved


def test_networks_of_ones_own_are_told_apart_by_their_files_names():
    both = ("a/mine.keras", "tiny", "b/other.json", "a/mine.keras")
    config = MarketConfig(contributors=ContributorSettings(networks=both))
    assert config.own_networks == ("a/mine.keras", "b/other.json")
    for networks in (("a/mine.keras", "b/mine.keras"), ("my-net.json", "my_net.keras"), ("tiny.json",)):
        with pytest.raises(ValidationError, match="a file of another name"):
            MarketConfig(contributors=ContributorSettings(networks=networks))


def test_lists_shorter_than_the_count_start_again():
    members = ContributorSettings(count=5, labels=((0, 1), (2, 3)), speed=(1.0, 2.0, 3.0)).members
    assert [member.labels for member in members] == [(0, 1), (2, 3), (0, 1), (2, 3), (0, 1)]
    assert [member.speed for member in members] == [1.0, 2.0, 3.0, 1.0, 2.0]


@pytest.mark.parametrize(
    "table",
    [
        {"task": {"reward": "30 ether"}},
        {"task": {"escrow": "1 ether"}},
        {"initiator": {"balance": "6 ether"}},
        {"verifiers": {"panel": 6}},
        {"verifiers": {"quorum": 6}},
        {"contributors": {"labels": [[1, 1]]}},
        {"contributors": {"labels": [[]]}},
        {"contributors": {"speed": [0]}},
        {"task": {"reward": -1}},
        {"task": {"reward": "1 dollar"}},
        {"task": {"reward": "0.5 wei"}},
    ],
)
def test_settings_that_cannot_be_paid_or_seated_are_refused(table):
    with pytest.raises(ValidationError):
        MarketConfig.model_validate(table)
