"""Incentive figures to the wei, and statistics on made-up runs of known payoffs."""

import pandas as pd
import pytest

from verifuse.analysis import incentives, recompute_payments
from verifuse.analysis.frames import frame_of
from verifuse.analysis.incentives.decisions import Decision
from verifuse.analysis.incentives.payoffs import Payoff
from verifuse.errors import InputError

ETHER = 10**18


def test_every_payoff_adds_up_to_the_wei(any_run):
    found = incentives.payoffs(any_run)
    sums = recompute_payments(any_run).set_index("name")
    for person in any_run.table("participants").to_dict("records"):
        (row,) = found[found["name"] == person["name"]].to_dict("records")
        parts = (
            row["earned_wei"] - row["outlay_wei"] - row["lost_wei"] - row["gas_wei"] - row["work_cost_wei"]
        )
        assert row["net_wei"] == parts and row["side_wei"] == 0
        change = int(person["balance_end_wei"]) - int(person["balance_start_wei"])
        assert row["net_wei"] == change + sums.loc[person["name"], "owed_wei"] - row["work_cost_wei"]


def test_budgets_and_welfare_leave_nothing_unexplained(any_run):
    books = incentives.keep_books(any_run)
    assert set(books.budgets["gap_wei"]) == {0}
    (whole,) = books.welfare.to_dict("records")
    assert sum(books.payoffs["net_wei"]) == whole["welfare_wei"]
    assert whole["initiator_cost_wei"] == any_run.summary["initiator_cost_wei"]
    assert whole["rewarded"] == any_run.summary["models"]["rewarded"]
    assert len(books.decisions) == any_run.summary["models"]["announced"]
    # What a point is worth moves the initiator's utility and everybody's welfare alike.
    (valued,) = incentives.welfare(any_run, value_per_point_wei=ETHER).to_dict("records")
    gains = {valued[key] - whole[key] for key in ("initiator_utility_wei", "welfare_wei")}
    assert gains == {round(ETHER * whole["points"])}


def test_a_burnt_bond_is_lost_and_planted_tests_are_the_initiators(run):
    books = incentives.keep_books(run("a liar"))
    lost = books.payoffs.set_index("name")["lost_wei"]
    assert lost["verifier-1"] == ETHER // 10 and lost["verifier-2"] == 0
    (budget,) = books.budgets.to_dict("records")
    assert (
        budget["planted_wei"] == ETHER and books.decisions["contributor"].str.startswith("contributor").all()
    )


def test_records_that_differ_carry_the_keys_in_which_they_do(run):
    found = incentives.payoffs([run(), run("nobody is rewarded"), run("nobody is rewarded", 2)])
    assert {"task.mafr", "contributors.count"} <= set(found.columns)
    assert found.groupby("seed")["point"].unique().map(list).to_dict() == {1: [0, 1], 2: [1]}
    rational = incentives.individual_rationality(found)
    paid = rational[(rational["task.mafr"] == 1.0) & (rational["role"] == "contributor")]
    assert paid["losers"].tolist() == [1.0] and (paid["gain_wei"] < 0).all()


def test_evaluations_are_counted_from_the_threshold(run):
    record = run("gain")
    found = incentives.evaluations(record)
    assert (found["passed"] == (found["distance"] > 0)).all()
    bins = incentives.histogram(found, 0.02)
    assert bins["evaluations"].sum() == len(found) and bins["passed"].sum() == found["passed"].sum()
    assert (bins.loc[bins["low"] < -1e-9, "passed"] == 0).all()


def test_panels_are_counted_against_the_pool_that_they_were_drawn_from(run):
    found = incentives.panels(run(), cartel={"verifier-1", "verifier-2"})
    assert set(found["pool"]) == {3} and set(found["taken"]) == {2} and found["captured"].all()
    (told,) = incentives.captures(found).to_dict("records")
    assert told["rate"] == told["chance"] == 1.0


def play(nets, seed, point=0, **keys):
    """Make up the payoffs of one run: by name, the behaviour and the net payoff in ether."""
    rows = []
    for name, (behaviour, net) in nets.items():
        role = name.partition("-")[0]
        amounts = {"earned_wei": max(0, net) * ETHER, "outlay_wei": 0, "lost_wei": 0, "gas_wei": 0}
        amounts |= {"work_cost_wei": max(0, -net) * ETHER, "side_wei": 0, "net_wei": net * ETHER}
        text = f"{'-'.join(map(str, keys.values()))}-{seed}-{point}"
        counts = {"work_seconds": 0.0, "announced": 1, "rewarded": 1, "seats": 0, "counted": 0}
        place = {"run": text, "point": point, "seed": seed, "name": name, "role": role, "group": role}
        rows.append((keys, Payoff(**place, behaviour=behaviour, **amounts, **counts)))
    return rows


def game(matrix, players=3, seeds=3, noise=0):
    """Make up all runs that a symmetric game needs; ``matrix[a][b]`` is what a gets among all b."""
    rows, names = [], [f"contributor-{number}" for number in range(1, players + 1)]
    for seed in range(seeds):
        for one, own in matrix.items():
            for crowd in matrix:
                nets = dict.fromkeys(names, (crowd, matrix[crowd][crowd]))
                nets[names[-1]] = (one, own[crowd] + noise * (seed - 1))
                rows += play(
                    nets, seed, **{"contributors.one.behaviour": one, "contributors.behaviour": crowd}
                )
    return incentives.symmetric_game(frame_of(Payoff, rows))


DILEMMA = {"honest": {"honest": 3, "lazy": 0}, "lazy": {"honest": 5, "lazy": 1}}
STAG = {"honest": {"honest": 4, "lazy": 0}, "lazy": {"honest": 3, "lazy": 2}}
HAWK = {"hawk": {"hawk": -1, "dove": 4}, "dove": {"hawk": 0, "dove": 2}}


def test_in_a_dilemma_only_the_dominant_behaviour_holds():
    found = incentives.pure_equilibria(game(DILEMMA)).set_index("behaviour")
    assert found["is_equilibrium"].to_dict() == {"honest": False, "lazy": True}
    assert found.loc["honest", ["best_deviation", "gain_wei"]].tolist() == ["lazy", 2 * ETHER]
    assert found["stability"].tolist() == [0.0, 1.0]
    drift = incentives.replicator(game(DILEMMA))
    ends = drift[(drift["time"] == 40) & (drift["behaviour"] == "lazy")]
    assert (ends["share"] > 0.99).all()


def test_a_coordination_game_has_two_pure_equilibria_and_one_between():
    found = incentives.equilibria(game(STAG))
    shares = sorted(found[found["behaviour"] == "honest"]["share"])
    assert shares == pytest.approx([0.0, 2 / 3, 1.0])
    assert incentives.pure_equilibria(game(STAG))["is_equilibrium"].all()


def test_hawks_and_doves_mix_at_the_ratio_of_value_to_cost():
    found = incentives.equilibria(game(HAWK)).set_index("behaviour")
    assert found.loc["hawk", "share"] == pytest.approx(2 / 3)
    assert not incentives.pure_equilibria(game(HAWK))["is_equilibrium"].any()
    drift = incentives.replicator(game(HAWK), [[0.1, 0.9]], time=200.0)
    assert drift["share"].tolist()[-2] == pytest.approx(2 / 3, abs=0.01)


def test_intervals_of_a_game_are_paired_by_seed():
    noisy = incentives.pure_equilibria(game(DILEMMA, noise=1)).set_index("behaviour")
    # The deviator's luck is the same whatever she plays, so it does not blur the difference.
    assert noisy.loc["honest", "low_wei"] == pytest.approx(2 * ETHER)
    table = incentives.game_table(frame_of(Payoff, play({"contributor-1": ("lazy", 2)}, 1)))
    assert table[["profile", "players", "mean_wei"]].to_dict("records") == [
        {"profile": "1 lazy", "players": 1, "mean_wei": 2.0 * ETHER}
    ]


def test_a_game_without_a_profile_is_refused_by_its_name():
    rows = play({f"contributor-{n}": ("honest", 1) for n in (1, 2, 3)}, 1)
    rows += play(
        {"contributor-1": ("honest", 1), "contributor-2": ("honest", 1), "contributor-3": ("x", 2)}, 1, 1
    )
    with pytest.raises(InputError, match="one honest among x"):
        incentives.symmetric_game(frame_of(Payoff, rows))
    with pytest.raises(InputError, match="number of contributors"):
        incentives.symmetric_game(frame_of(Payoff, rows + play({"contributor-1": ("x", 1)}, 2)))


KEY = "contributors.groups.one.behaviour"


def deviating(gains):
    """Make up a sweep over one contributor's behaviour; who is honest nets 1 ether, whoever else more."""
    rows = []
    for seed, gain in enumerate(gains):
        for point, (value, net) in enumerate((("honest", 1), ("lazy", 1 + gain))):
            others = {"contributor-2": ("honest", 1 - point), "initiator": ("honest", -2 - point)}
            rows += play({"contributor-1": (value, net), **others}, seed, point, **{KEY: value})
    return frame_of(Payoff, rows)


def test_the_gain_of_a_deviation_is_paired_by_seed():
    found = incentives.gains_of_deviation(deviating([2, 3, 4]), KEY)
    (row,) = found.to_dict("records")
    assert (row["value"], row["behaviour"], row["deviators"], row["pairs"]) == ("lazy", "lazy", 1, 3)
    assert row["gain_wei"] == 3 * ETHER and row["verdict"] == "profitable"
    # Student's t with two degrees of freedom: 4.3027 / sqrt(3) deviations, here of 1 ether.
    assert row["high_wei"] - row["gain_wei"] == pytest.approx(2.4841 * ETHER, rel=1e-4)
    assert row["p_value"] == pytest.approx(0.0351, abs=1e-4)
    assert (row["others"], row["others_wei"], row["initiator_wei"]) == (1, -ETHER, -ETHER)
    (attack,) = incentives.attack_accounts(deviating([2, 3, 4]), KEY).to_dict("records")
    assert attack["profit_wei"] == 3 * ETHER and attack["damage_wei"] == 2 * ETHER
    assert pd.isna(attack["return_on_cost"])


@pytest.mark.parametrize(
    ("gains", "verdict"), [([-2, -2, -2], "costly"), ([-9, 9, 1], "open"), ([5], "open")]
)
def test_a_deviation_is_called_profitable_only_beyond_chance(gains, verdict):
    (row,) = incentives.gains_of_deviation(deviating(gains), KEY).to_dict("records")
    assert row["verdict"] == verdict


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(InputError, match=r"task\.mafr.*contributors\.groups\.one\.behaviour"):
        incentives.gains_of_deviation(deviating([1]), "task.mafr")
    with pytest.raises(InputError, match="honest, lazy"):
        incentives.gains_of_deviation(deviating([1]), KEY, baseline="hones")
    with pytest.raises(InputError, match="at least one run record"):
        incentives.payoffs([])


def test_members_of_one_run_count_once():
    rows = play({f"verifier-{n}": ("honest", n) for n in (1, 2, 3)}, 1)
    rows += play({f"verifier-{n}": ("honest", n + 2) for n in (1, 2, 3)}, 2)
    (row,) = incentives.mean_payoffs(frame_of(Payoff, rows)).to_dict("records")
    assert (row["runs"], row["members"], row["mean_wei"]) == (2, 6, 3 * ETHER)
    # Two runs with means 2 and 4: 12.7062 standard errors of 1 ether.
    assert row["high_wei"] == pytest.approx((3 + 12.7062) * ETHER, rel=1e-5)
    assert (row["least_wei"], row["most_wei"]) == (ETHER, 5 * ETHER)


def test_a_market_holds_as_many_as_still_gain():
    rows = []
    for point, (count, net) in enumerate(((2, 5), (4, 1), (8, -1))):
        for seed in (1, 2):
            people = {f"contributor-{n}": ("honest", net) for n in range(count)}
            rows += play(people, seed, point, **{"contributors.count": count})
    (row,) = incentives.equilibrium_participation(frame_of(Payoff, rows)).to_dict("records")
    assert (row["crowd"], row["gain_wei"], row["next_gain_wei"]) == (4, ETHER, -ETHER)
    (none,) = incentives.equilibrium_participation(frame_of(Payoff, rows), outside_wei=6 * ETHER).to_dict(
        "records"
    )
    assert none["crowd"] == 0


def test_mistakes_are_counted_against_any_truth():
    fates = [
        ("a", "Rewarded"),
        ("a", "Rejected"),
        ("a", "Void"),
        ("b", "Rewarded"),
        ("b", "Rejected"),
        ("b", "open"),
    ]
    place = {"run": "r", "point": 0, "seed": 1, "task": "task"}
    rows = [
        (
            {},
            Decision(
                **place,
                model_id=n,
                contributor=who,
                behaviour=who,
                honest=who == "a",
                outcome=fate,
                reports=3,
                passes=2,
            ),
        )
        for n, (who, fate) in enumerate(fates)
    ]
    frame = frame_of(Decision, rows)
    (row,) = incentives.mistakes(frame).to_dict("records")
    assert (row["deserving"], row["refused"], row["undeserving"], row["paid"]) == (3, 2, 2, 1)
    assert (row["false_reject"], row["false_accept"]) == (2 / 3, 1 / 2)
    assert row["false_accept_low"] == pytest.approx(0.0945, abs=1e-4)  # Wilson's interval of 1 of 2
    (own,) = incentives.mistakes(frame.assign(useful=True), truth="useful").to_dict("records")
    assert own["undeserving"] == 0 and own["false_accept"] is None
    with pytest.raises(InputError, match="a column of"):
        incentives.mistakes(frame, truth="worth")
