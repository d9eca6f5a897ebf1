"""The estimators that shap computes: kernel, permutation and partition."""

import threading

import numpy as np
import pytest
from games import (
    by_definition,
    classifier_game,
    last,
    owen,
    owen_by_definition,
    random_game,
    random_hierarchy,
    three_of_many,
)

from insects.errors import SettingsError, StoppedError
from insects.shapley.exact import exact
from insects.shapley.libshap import FEWEST_ROUNDS_FOR_ERRORS, kernel, partition, permutation

# Kernel


def test_kernel_has_no_standard_errors():
    assert last(kernel(random_game(5), 5, 20)).standard_errors is None


def test_kernel_gives_every_player_a_value():
    """shap's own default would keep ten players and set the others to nothing."""
    weights = np.linspace(0.5, 2, 20)[:, None]
    values = last(kernel(lambda coalitions: coalitions @ weights, 20, 300)).values
    assert np.allclose(values, weights, atol=1e-6)


# Random orders


def test_permutation_refuses_a_budget_below_one_round_and_says_what_it_needs():
    game = random_game(10)
    with pytest.raises(SettingsError, match=r"at least 20 samples for 10 superpixels, not 19"):
        next(permutation(game, 10, 19))
    assert game.asked == 0
    assert last(permutation(game, 10, 20)).evaluations == 20


@pytest.mark.parametrize("n_players", [1, 2])
def test_permutation_gives_one_or_two_players_their_exact_values(n_players):
    game = random_game(n_players)
    values = last(permutation(game, n_players, 8)).values
    assert np.allclose(values, by_definition(game, n_players), atol=1e-12)


def test_one_round_suffices_where_only_pairs_interact():
    """What shap promises of its forward and backward passes."""
    rng = np.random.default_rng(0)
    weights, pairs = rng.normal(size=(9, 2)), rng.normal(size=(9, 9, 2))

    def game(coalitions):
        shown = coalitions.astype(float)
        return shown @ weights + np.einsum("ci,ijk,cj->ck", shown, pairs, shown)

    truth = last(exact(game, 9)).values
    assert np.allclose(last(permutation(game, 9, 18)).values, truth, atol=1e-9)


def test_permutation_yields_after_each_round_what_a_smaller_budget_would_have_given():
    long = {e.evaluations: e.values for e in permutation(random_game(10), 10, 200, seed=5)}
    assert list(long) == [2 + 18 * rounds for rounds in range(1, 12)]
    for nsamples in (20, 75, 92):
        short = last(permutation(random_game(10), 10, nsamples, seed=5))
        assert np.array_equal(short.values, long[short.evaluations])


def test_nobody_and_everybody_are_scored_once_for_all_rounds():
    asked = []
    game = random_game(6)

    def recording(coalitions):
        asked.extend(coalitions.sum(axis=1))
        return game(coalitions)

    last(permutation(recording, 6, 100))
    assert asked.count(0) == asked.count(6) == 1


def test_permutation_has_standard_errors_from_five_rounds_on():
    estimates = list(permutation(random_game(10), 10, 2 + 18 * 8))
    known = [e.standard_errors is not None for e in estimates]
    assert known == [done >= FEWEST_ROUNDS_FOR_ERRORS for done in range(1, 9)]
    assert all((e.standard_errors > 0).all() for e in estimates[FEWEST_ROUNDS_FOR_ERRORS:])


@pytest.mark.parametrize("rounds", [5, 10, 50])
def test_two_errors_of_permutation_hold_the_exact_value_nearly_always(rounds):
    held = []
    for seed in range(25):
        game = classifier_game(11, seed)
        estimate = last(permutation(game, 11, 2 + 20 * rounds, seed=seed))
        error = np.abs(estimate.values - last(exact(game, 11)).values)
        held.append(error <= 2 * estimate.standard_errors)
    assert 0.9 < np.mean(held) < 0.99


# Groups


@pytest.mark.parametrize("n_players", [2, 3, 5, 8])
@pytest.mark.parametrize("seed", range(3))
def test_partition_gives_owen_values_where_samples_suffice(n_players, seed):
    game, hierarchy = random_game(n_players, seed=seed), random_hierarchy(n_players, seed)
    estimate = last(partition(game, hierarchy, 2000))
    assert np.allclose(estimate.values, owen_by_definition(game, hierarchy), atol=1e-12)
    assert estimate.standard_errors is None
    assert estimate.evaluations == game.asked


def test_owen_values_are_not_shapley_values():
    game, hierarchy = random_game(6), random_hierarchy(6)
    difference = last(partition(game, hierarchy, 2000)).values - by_definition(game, 6)
    assert np.abs(difference).max() > 0.05


def test_owen_values_of_an_additive_game_are_its_weights_when_every_group_was_looked_into():
    weights = np.random.default_rng(1).normal(size=(20, 2))
    hierarchy = random_hierarchy(20)
    estimate = last(partition(lambda coalitions: coalitions @ weights, hierarchy, 5000))
    assert np.allclose(estimate.values, weights, atol=1e-9)


def test_a_group_that_samples_did_not_reach_shares_equally():
    weights = np.array([[1.0], [2.0], [3.0], [10.0]])
    hierarchy = np.array([[0, 1, 1, 2], [2, 3, 1, 2], [4, 5, 2, 4]], float)
    estimate = last(partition(lambda coalitions: coalitions @ weights, hierarchy, 4))
    assert estimate.values[:, 0] == pytest.approx([1.5, 1.5, 6.5, 6.5])


# Waiting


@pytest.mark.parametrize("estimator", [kernel, permutation, owen])
def test_an_explanation_that_waits_for_shap_can_be_stopped(estimator):
    game, n_players = three_of_many(10)
    inside, leave = threading.Event(), threading.Event()

    def slow(coalitions):
        if len(coalitions) > 2:
            inside.set()
            leave.wait()
        return game(coalitions)

    def give_up(spent):
        assert spent in (0, 2)  # nobody and everybody may have been scored
        raise StoppedError("not waiting any longer")

    first = threading.Thread(target=lambda: list(estimator(slow, n_players, 100)))
    first.start()
    inside.wait()
    with pytest.raises(StoppedError):
        list(estimator(game, n_players, 100, on_wait=give_up))
    leave.set()
    first.join()
