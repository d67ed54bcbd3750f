"""Coalition games: closed forms, axioms as properties, another implementation, sampling's error bars."""

from itertools import permutations

import numpy as np
import pytest
import shapiq
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from verifuse.analysis.worth import (
    Game,
    arrival_marginals,
    banzhaf,
    leave_one_out,
    sample_values,
    shapley,
)
from verifuse.errors import InputError

ABC = ("a", "b", "c")


def random_game(players, seed=0):
    return Game(tuple(map(str, range(players))), np.random.default_rng(seed).normal(size=2**players))


def games(players=4):
    worths = arrays(np.float64, 2**players, elements=st.floats(-1e3, 1e3))
    return worths.map(lambda values: Game(tuple(map(str, range(players))), values))


# Closed forms.


def test_in_the_glove_game_the_only_left_glove_is_worth_two_thirds():
    game = Game.of(ABC, lambda s: float("a" in s and len(s) > 1))
    assert shapley(game) == pytest.approx([2 / 3, 1 / 6, 1 / 6])
    assert banzhaf(game) == pytest.approx([3 / 4, 1 / 4, 1 / 4])
    assert leave_one_out(game).tolist() == [1, 0, 0]
    assert arrival_marginals(game).tolist() == [0, 1, 0]
    assert arrival_marginals(game, [1, 2, 0]).tolist() == [1, 0, 0]


def test_in_an_additive_game_everybody_is_worth_her_own_whatever_nobody_is():
    own = {"a": 3.0, "b": -1.0, "c": 0.5}
    game = Game.of(ABC, lambda s: 10 + sum(own[name] for name in s))
    for value in (shapley, banzhaf, leave_one_out, arrival_marginals):
        assert value(game) == pytest.approx([3, -1, 0.5])
    assert game.worth(["b"]) == 9 and game.worth([]) == 10 and game.surplus == pytest.approx(2.5)


def test_in_a_unanimity_game_those_who_are_needed_share_alike():
    needed = {"a", "c", "d"}
    game = Game.of("abcd", lambda s: float(needed <= s))
    assert shapley(game) == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3])
    assert banzhaf(game) == pytest.approx([1 / 4, 0, 1 / 4, 1 / 4])
    assert arrival_marginals(game).tolist() == [0, 0, 0, 1]


def test_in_the_airport_game_each_stretch_of_the_runway_is_shared_by_those_who_need_it():
    # Littlechild & Owen 1973: planes that need 1, 2 and 4.
    game = Game.of(ABC, lambda s: -max(({"a": 1, "b": 2, "c": 4}[name] for name in s), default=0))
    assert -shapley(game) == pytest.approx([1 / 3, 1 / 3 + 1 / 2, 1 / 3 + 1 / 2 + 2])


# Axioms.


@settings(max_examples=50, deadline=None)
@given(games())
def test_shapley_shares_the_surplus_out(game):
    assert shapley(game).sum() == pytest.approx(game.surplus, abs=1e-9)
    assert arrival_marginals(game).sum() == pytest.approx(game.surplus, abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(games(), games())
def test_values_of_two_games_together_are_the_sums(one, other):
    for value in (shapley, banzhaf, leave_one_out, arrival_marginals):
        assert value(one + other) == pytest.approx(value(one) + value(other), abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(games(3))
def test_who_adds_nothing_to_anybody_is_worth_nothing(game):
    with_her = Game((*game.players, "null"), np.concatenate([game.values, game.values]))
    for value in (shapley, banzhaf, leave_one_out, arrival_marginals):
        assert value(with_her)[-1] == 0
    assert shapley(with_her)[:-1] == pytest.approx(shapley(game), abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(games())
def test_who_can_replace_each_other_are_worth_the_same(game):
    swapped = np.asarray([mask & ~3 | (mask & 1) << 1 | (mask & 2) >> 1 for mask in range(16)])
    alike = Game(game.players, game.values + game.values[swapped])
    for value in (shapley, banzhaf, leave_one_out):
        assert value(alike)[0] == pytest.approx(value(alike)[1], abs=1e-9)


def test_shapley_is_the_mean_over_all_orders_of_arrival():
    game = random_game(4)
    orders = [arrival_marginals(game, order) for order in permutations(range(4))]
    assert np.mean(orders, axis=0) == pytest.approx(shapley(game))


# Another implementation.


@pytest.mark.parametrize("players", [1, 2, 7])
def test_shapiq_agrees(players):
    game = random_game(players, seed=players)
    weights = 1 << np.arange(players)
    oracle = shapiq.ExactComputer(n_players=players, game=lambda s: game.values[np.atleast_2d(s) @ weights])
    assert oracle("SV", 1).get_n_order_values(1) == pytest.approx(shapley(game))
    assert oracle("BV", 1).get_n_order_values(1) == pytest.approx(banzhaf(game))


# Sampling.


def sampled(game, orders, seed=0, **options):
    return sample_values(len(game.players), lambda masks: game.values[list(masks)], orders, seed, **options)


def test_error_bars_cover_the_exact_value_as_often_as_they_say():
    game = random_game(6, seed=3)
    draws = [sampled(game, 60, seed) for seed in range(150)]
    for exact, name, error in (
        (shapley(game), "shapley", "standard_error"),
        (banzhaf(game), "banzhaf", "banzhaf_error"),
    ):
        z = np.asarray([(getattr(one, name) - exact) / getattr(one, error) for one in draws])
        # Six players' errors of 150 draws each; a mean of 30 pairs has heavier tails than the normal.
        assert 0.90 <= np.mean(np.abs(z) < 1.96) <= 0.975
        assert abs(z.mean()) < 0.15
    assert np.std([one.shapley for one in draws], axis=0) == pytest.approx(draws[0].standard_error, rel=0.5)


def test_a_drawn_order_and_its_reverse_settle_an_additive_game():
    game = Game.of("abcdef", lambda s: sum(map(ord, s)))
    found = sampled(game, 4)
    assert found.shapley == pytest.approx(list(map(ord, "abcdef"))) and not found.standard_error.any()
    assert found.shapley.sum() == pytest.approx(game.surplus)


def test_more_orders_go_on_where_fewer_ended_and_measure_no_coalition_twice():
    game, asked = random_game(5), []

    def worths(masks):
        asked.extend(masks)
        return [float(game.values[mask]) for mask in masks]

    few, many = (sample_values(5, worths, orders, seed=4) for orders in (4, 40))
    assert len(asked) == len(set(asked[: few.coalitions + 1])) + many.coalitions + 1
    assert few.coalitions < many.coalitions <= 31
    assert few.leave_one_out == pytest.approx(leave_one_out(game))
    assert many.arrival_marginal == pytest.approx(arrival_marginals(game))
    assert (few.empty, few.everybody, few.orders) == (game.values[0], game.values[-1], 4)
    assert many.shapley.sum() == pytest.approx(game.surplus)


def test_orders_are_cut_off_once_little_is_left_to_gain():
    # Three of twenty are all that is needed, nearly.
    def worths(masks):
        return [min(3, mask.bit_count()) + mask.bit_count() / 1000 for mask in masks]

    whole, cut = (sample_values(20, worths, 20, tolerance=tolerance) for tolerance in (None, 0.02))
    assert cut.coalitions < whole.coalitions / 3
    assert np.abs(cut.shapley - whole.shapley).max() <= 0.02
    assert sample_values(20, worths, 20, tolerance=0.0).shapley == pytest.approx(whole.shapley)
    assert cut.leave_one_out == pytest.approx([0.001] * 20)


def test_more_players_than_a_machine_word_has_bits():
    found = sample_values(70, lambda masks: [mask.bit_count() / 70 for mask in masks], 4)
    assert found.shapley == pytest.approx([1 / 70] * 70)


@pytest.mark.parametrize(
    ("players", "orders", "tolerance", "field"),
    [
        (0, 4, None, "players"),
        (3, 2, None, "permutations"),
        (3, 5, None, "permutations"),
        (3, 4, -1.0, "tolerance"),
    ],
)
def test_what_cannot_be_drawn_is_refused(players, orders, tolerance, field):
    with pytest.raises(InputError, match=field):
        sample_values(players, lambda masks: [0.0] * len(masks), orders, tolerance=tolerance)


@pytest.mark.parametrize("worths", [[0.0, 1.0], [0.0, 1.0, 2.0, float("nan")]])
def test_what_is_no_game_is_refused(worths):
    with pytest.raises(InputError, match="values"):
        Game(("a", "b"), np.asarray(worths))
    with pytest.raises(InputError, match="players"):
        Game(("a", "a"), np.zeros(4))
