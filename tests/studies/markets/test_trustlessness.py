import pytest

from verifuse.studies import run_study

ASKED = [
    "seeds=[1, 2]",
    'overrides=["contributors.groups.honest.count=2", "contributors.groups.friend.count=1"]',
]


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    return [*ASKED, f'records="{tmp_path_factory.mktemp("runs").as_posix()}"']


@pytest.fixture(scope="module")
def findings(workbench, asked):
    return run_study("trustlessness", asked, workbench)


def means(column):
    return column.str.split().str[0].astype(float)


def test_an_honest_bookkeeper_spares_everybody_the_gas_and_one_with_friends_robs_the_initiator(findings):
    table = findings.sections[1].table.set_index(["reward", "who"])
    contract, honest, keeps, friends = (means(table[column]) for column in table.columns)
    assert (honest > contract).all()
    trained = honest.index.get_level_values("who").isin(["honest contributor", "honest verifier"])
    assert keeps[trained].to_numpy() == pytest.approx(0.9 * honest[trained].to_numpy(), abs=0.1)
    payers = honest.index.get_level_values("who") == "honest initiator"
    assert (friends[payers] - honest[payers]).to_numpy() == pytest.approx(-100, abs=0.1)  # one friend's model


def test_what_gas_costs_is_linear_in_its_price_and_inverse_to_what_is_at_stake(findings):
    table = findings.sections[0].table.set_index("gas price (gwei)")
    dear, cheap = (means(table[f"{reward} ether a model, %"]) for reward in ("1", "0.01"))
    slope = (dear["100"] - dear["10"]) / 90
    assert dear["10"] - dear["1"] == pytest.approx(9 * slope, abs=0.02)
    assert (cheap["100"] - cheap["10"]) / 90 == pytest.approx(100 * slope, rel=0.02)


def test_parts_of_the_wait_add_up(findings):
    seconds = means(findings.sections[2].table["seconds"].str.replace(",", ""))
    assert seconds[:4].sum() == pytest.approx(seconds[4], abs=0.3)
    assert seconds[5] < seconds[4]


def test_a_bookkeeper_who_keeps_all_leaves_nothing(workbench, asked):
    findings = run_study("trustlessness", [*asked, "kept=1.0"], workbench)
    table = findings.sections[1].table.set_index("who")
    assert (means(table.loc["honest contributor", "one who keeps 100 %"]) == 0).all()
