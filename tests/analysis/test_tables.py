import pandas as pd

from verifuse.analysis import accounts, contributors, verifiers, votes


def test_contributors_show_what_each_did_and_earned(run):
    table = contributors(run()).set_index("contributor")
    assert list(table.index) == ["contributor-1", "contributor-2", "contributor-3"]
    assert table.loc["contributor-1", "labels"] == "0 1 2 3 4"
    assert set(table["outcome"]) == {"Rewarded"}
    assert all(2 * int(passes) > int(counted) for passes, counted in table["votes"].str.split(" of "))
    assert all(earned == 10**18 for earned in table["earned_wei"])
    assert table["settled_block"].is_monotonic_increasing
    assert all(0.5 < value <= 1 for value in table["local_accuracy"])
    assert table["fused_accuracy_II"].iloc[-1] > table["fused_accuracy_II"].iloc[0] > 0.1


def test_who_never_announced_has_no_votes_and_no_earnings(run):
    table = contributors(run("one never announces"))
    silent = table[table["outcome"] == "never announced"]
    assert 0 < len(silent) < len(table)
    assert silent["votes"].isna().all() and silent["settled_block"].isna().all()
    assert all(wei == 0 for wei in [*silent["earned_wei"], *silent["fees_wei"]])


def test_rejected_models_earn_nothing_and_their_verifiers_their_fees(run):
    record = run("nobody is rewarded")
    assert set(contributors(record)["outcome"]) == {"Rejected"}
    assert sum(contributors(record)["earned_wei"]) == 0
    table = verifiers(record)
    assert list(table["seats"]) == list(table["counted"]) == [2, 2, 2]
    assert sum(table["votes_for"]) == 0
    assert all(wei == 2 * 5 * 10**16 for wei in table["earned_wei"])


def test_money_is_whole_wei_in_every_table(any_run):
    for table in (contributors(any_run), verifiers(any_run), accounts(any_run)):
        for column in table.columns:
            if column.endswith("_wei"):
                assert all(type(wei) is int for wei in table[column]), column


def test_the_mean_of_a_verifier_is_the_mean_of_her_row_of_votes(run):
    record = run()
    matrix, table = votes(record), verifiers(record).set_index("verifier")
    assert matrix.shape == (3, 3)
    for name, row in matrix.iterrows():
        assert abs(row.astype(float).mean() / 10_000 - table.loc[name, "mean_accuracy"]) < 1e-12


def test_accounts_hold_everybody(run):
    table = accounts(run())
    roles = table["role"].value_counts()
    assert roles.to_dict() == {"contributor": 3, "verifier": 3, "initiator": 1, "oracle": 1, "platform": 1}
    assert isinstance(table, pd.DataFrame) and table["account"].is_unique


def test_planted_tests_are_nobodys_models_and_stakes_are_no_earnings(run):
    record = run("a liar")
    assert list(contributors(record)["contributor"]) == ["contributor-1", "contributor-2"]
    table = verifiers(record).set_index("verifier")
    assert list(table["burnt_wei"]) == [10**17, 0, 0]
    assert list(table["earned_wei"]) == [10 * 10**16, 15 * 10**16, 15 * 10**16]
    assert list(votes(record).columns) == ["contributor-1", "planter-1", "contributor-2"]


def test_what_measured_nothing_has_no_number(run):
    assert votes(run("a kept key"))["contributor-1"].isna().all()
    table = verifiers(run("a copy"))
    assert list(table["counted"]) == [2, 2, 2]
    assert all(0 < mean < 1 for mean in table["mean_accuracy"])
    assert contributors(run("a copy"))["margin"].isna().tolist() == [False, True]
