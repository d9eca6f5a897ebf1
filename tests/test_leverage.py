"""The leverage estimator: exact where it can be, and otherwise as sure as it says."""

import numpy as np
import pytest
from games import by_definition, classifier_game, last, random_game

from insects.errors import StoppedError
from insects.shapley.exact import exact
from insects.shapley.leverage import FEWEST_FOR_ERRORS, errors_from, leverage


def test_leverage_gives_exact_values_where_these_cost_no_more():
    game = random_game(6)
    estimate = last(leverage(game, 6, 64))
    assert np.allclose(estimate.values, by_definition(game, 6), atol=1e-12)
    assert (estimate.standard_errors == 0).all()


def test_leverage_estimates_where_exact_values_cost_more():
    assert (last(leverage(random_game(8), 8, 255)).standard_errors > 0).all()


def test_leverage_recovers_the_weights_of_an_additive_game():
    weights = np.random.default_rng(1).normal(size=(20, 2))
    estimate = last(leverage(lambda coalitions: 0.5 + coalitions @ weights, 20, 300))
    assert np.abs(estimate.values - weights).max() < 1e-3
    assert np.allclose(estimate.base_values, 0.5)


def test_leverage_gives_nothing_to_players_of_a_game_that_never_changes():
    estimate = last(leverage(lambda coalitions: np.full((len(coalitions), 3), 0.25), 12, 100))
    assert np.allclose(estimate.values, 0, atol=1e-12)
    assert np.isfinite(estimate.standard_errors).all()


def test_leverage_yields_estimates_that_rest_on_ever_more_samples():
    evaluations = [e.evaluations for e in leverage(random_game(12), 12, 500)]
    assert len(evaluations) > 3
    assert evaluations == sorted(set(evaluations))
    assert evaluations[-1] == 500


def test_every_estimate_on_the_way_sums_to_the_score_of_everybody():
    game = random_game(12)
    for estimate in leverage(game, 12, 300):
        assert np.allclose(estimate.values.sum(axis=0), game.gain)


def test_estimates_on_the_way_do_not_depend_on_how_many_are_still_to_come():
    """So a stopped explanation is the one that fewer samples would have given."""
    game = random_game(12)
    long = {e.evaluations: e.values for e in leverage(game, 12, 1000, seed=5)}
    assert all(np.isfinite(values).all() for values in long.values())
    first = next(leverage(game, 12, 1000, seed=5))
    assert np.array_equal(long[first.evaluations], first.values)


@pytest.mark.parametrize("batch_size", [2, 8, 32])
def test_coalitions_are_scored_in_whole_batches_as_far_as_the_budget_allows(batch_size):
    sizes = []
    game = random_game(12)

    def recording(coalitions):
        sizes.append(len(coalitions))
        return game(coalitions)

    last(leverage(recording, 12, 402, batch_size=batch_size))
    assert sizes[0] == 2  # nobody and everybody
    assert all(size % batch_size == 0 for size in sizes[1:-1])


def test_pairs_of_coalitions_are_complements_and_never_nobody_or_everybody():
    asked = []
    game = random_game(8)

    def recording(coalitions):
        asked.append(coalitions)
        return game(coalitions)

    last(leverage(recording, 8, 100))
    for pairs in asked[1:]:
        half = len(pairs) // 2
        assert np.array_equal(pairs[:half], ~pairs[half:])
        assert pairs.any(axis=1).all()


@pytest.mark.parametrize("nsamples", [100, 300, 1000])
def test_two_standard_errors_hold_the_exact_value_most_of_the_time(nsamples):
    held = []
    for seed in range(25):
        game = classifier_game(11, seed)
        estimate = last(leverage(game, 11, nsamples, seed=seed))
        error = np.abs(estimate.values - last(exact(game, 11)).values)
        held.append(error <= 2 * estimate.standard_errors)
    assert 0.85 < np.mean(held) < 1


def noisy_game(n_players, noise):
    """A sum of five strong and many weak players, and of what no player explains; its weights."""
    weights = 0.02 * np.random.default_rng(1).normal(size=n_players)
    weights[:5] = [0.5, -0.4, 0.3, 0.25, -0.2]

    def game(coalitions):
        rest = np.sin(1e4 * (coalitions @ np.sqrt(np.arange(2, n_players + 2))))
        return (coalitions @ weights + noise * rest)[:, None]

    return game, weights


@pytest.mark.parametrize(("nsamples", "noise"), [(210, 0.3), (600, 0.8)])
def test_intervals_hold_the_strongest_values_too(nsamples, noise):
    """These are chosen by their size, and a ridge takes most off them."""
    game, weights = noisy_game(40, noise)
    held = []
    for seed in range(30):
        estimate = last(leverage(game, 40, nsamples, seed))
        values, errors = estimate.values[:, 0], estimate.standard_errors[:, 0]
        strongest = np.argsort(-np.abs(values))[:5]
        held.append(np.abs(values - weights)[strongest] <= 1.96 * errors[strongest])
    assert np.mean(held) > 0.8


@pytest.mark.parametrize("n_players", [8, 20, 60])
def test_no_standard_errors_are_told_before_they_hold(n_players):
    game, _ = noisy_game(n_players, noise=0.3)
    for estimate in leverage(game, n_players, 400):
        is_told = estimate.standard_errors is not None
        assert is_told == (estimate.evaluations >= errors_from(n_players))


@pytest.mark.parametrize(("n_players", "samples"), [(3, FEWEST_FOR_ERRORS), (40, 200), (180, 900)])
def test_errors_are_told_from_five_samples_a_player_on(n_players, samples):
    assert errors_from(n_players) == samples


def test_standard_errors_shrink_with_more_samples():
    game = classifier_game(12)
    errors = [last(leverage(game, 12, n)).standard_errors.mean() for n in (100, 300, 1500)]
    assert errors[0] > errors[1] > errors[2]


def test_a_stop_in_the_game_ends_leverage():
    def stopping(coalitions):
        if len(coalitions) > 2:
            raise StoppedError("stopped")
        return random_game(10)(coalitions)

    with pytest.raises(StoppedError):
        last(leverage(stopping, 10, 60))
