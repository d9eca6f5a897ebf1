"""What holds of every estimator of Shapley values."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from games import by_definition, classifier_game, last, owen, random_game
from hypothesis import given, settings
from hypothesis import strategies as st

from insects.errors import StoppedError
from insects.shapley.exact import exact
from insects.shapley.leverage import leverage
from insects.shapley.libshap import kernel, permutation

ESTIMATORS = (leverage, kernel, permutation, owen)
OF_SHAPLEY_VALUES = (leverage, kernel, permutation)
REGRESSIONS = (leverage, kernel)


def at_least_one_round(estimator, n_players, nsamples):
    """`permutation` refuses less."""
    return max(nsamples, 2 * n_players) if estimator is permutation else nsamples


@settings(max_examples=30)
@pytest.mark.parametrize("estimator", ESTIMATORS)
@given(st.integers(1, 9), st.integers(4, 200), st.integers(0, 2**32 - 1))
def test_base_and_values_sum_to_the_score_of_everybody(estimator, n_players, nsamples, seed):
    game = random_game(n_players, seed=seed)
    nsamples = at_least_one_round(estimator, n_players, nsamples)
    estimate = last(estimator(game, n_players, nsamples))
    assert estimate.values.shape == (n_players, 2)
    assert np.allclose(estimate.base_values, game.scores[0])
    assert np.abs(estimate.values.sum(axis=0) - game.gain).max() < 1e-4


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("n_players", [1, 2, 3, 10])
@pytest.mark.parametrize("nsamples", [4, 5, 7, 8, 31, 100, 301])
def test_the_game_is_asked_no_more_than_nsamples(estimator, n_players, nsamples):
    game = random_game(n_players)
    nsamples = at_least_one_round(estimator, n_players, nsamples)
    estimate = last(estimator(game, n_players, nsamples))
    assert estimate.evaluations == game.asked <= nsamples


@pytest.mark.parametrize("estimator", REGRESSIONS)
@pytest.mark.parametrize("n_players", [1, 2, 3])
def test_a_few_players_get_their_exact_values(estimator, n_players):
    game = random_game(n_players)
    values = last(estimator(game, n_players, 100)).values
    assert np.allclose(values, by_definition(game, n_players), atol=1e-9)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_same_seed_gives_the_same_values(estimator):
    game = random_game(10)
    one, other = (last(estimator(game, 10, 100, seed=3)).values for _ in range(2))
    assert np.array_equal(one, other)


@pytest.mark.parametrize("estimator", OF_SHAPLEY_VALUES)
def test_another_seed_gives_other_values(estimator):
    game = random_game(10)
    one, other = (last(estimator(game, 10, 100, seed=seed)).values for seed in (3, 4))
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_estimates_in_several_threads_at_once_are_those_of_each_alone(estimator):
    def estimate(seed):
        return last(estimator(random_game(10, seed=seed), 10, 200, seed=seed)).values

    alone = [estimate(seed) for seed in range(6)]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(estimate, range(6)))
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


def test_two_estimates_that_take_turns_do_not_disturb_each_other():
    """Neither game answers before the other is asked: a barrier makes sure of it."""
    meeting = threading.Barrier(2)

    def estimate(seed):
        game = random_game(10, seed=seed)

        def waiting_game(coalitions):
            meeting.wait()
            return game(coalitions)

        return last(leverage(waiting_game, 10, 100, seed=seed)).values

    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(estimate, range(2)))
    for seed, values in enumerate(together):
        alone = last(leverage(random_game(10, seed=seed), 10, 100, seed=seed)).values
        assert np.array_equal(values, alone)


@pytest.mark.parametrize("estimator", REGRESSIONS)
def test_weights_and_interactions_are_found_with_many_samples(estimator):
    game = classifier_game(11)
    truth = last(exact(game, 11)).values
    errors = [
        np.mean([((last(estimator(game, 11, n, seed=s)).values - truth) ** 2) for s in range(3)])
        for n in (50, 200, 1500)
    ]
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.002 * (truth**2).mean()


@pytest.mark.parametrize(
    ("estimator", "nsamples", "tolerance"),
    # The regressions solve a random game of 8 players from all its 256 coalitions; the error of
    # 500 rounds is a normal one, of at most five of its standard errors.
    [(leverage, 256, 1e-9), (kernel, 256, 1e-9), (permutation, 7002, 0.2)],
)
@pytest.mark.parametrize("make", [random_game, classifier_game])
@pytest.mark.parametrize("seed", range(3))
def test_estimators_agree_with_the_exact_values(estimator, nsamples, tolerance, make, seed):
    game = make(8, seed=seed)
    truth = last(exact(game, 8)).values
    values = last(estimator(game, 8, nsamples, seed=seed)).values
    assert np.abs(values - truth).max() < tolerance * game.scores.std()


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_global_generator_of_numpy_is_left_as_it_was_and_makes_no_difference(estimator):
    game, found = random_game(10), []
    for seed in (1, 2):
        np.random.seed(seed)
        expected = np.random.random(3)
        np.random.seed(seed)
        found.append(last(estimator(game, 10, 60, seed=9)).values)
        assert np.array_equal(np.random.random(3), expected)
    assert np.array_equal(*found)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_stop_in_the_game_ends_it_and_frees_it_for_the_next(estimator):
    game = random_game(10)
    state = np.random.get_state()[1].copy()

    def stopping(coalitions):
        if len(coalitions) > 2:
            raise StoppedError("stopped")
        return game(coalitions)

    with pytest.raises(StoppedError):
        last(estimator(stopping, 10, 60))
    assert game.asked <= 4
    assert np.array_equal(np.random.get_state()[1], state)
    assert last(estimator(game, 10, 60)).values.shape == (10, 2)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_one_output_is_enough(estimator):
    game = random_game(5, n_outputs=1)
    estimate = last(estimator(game, 5, 30))
    assert estimate.values.shape == (5, 1)
    assert estimate.base_values.shape == (1,)
