"""The surrogate that the leverage estimator starts from in a game of probabilities."""

import numpy as np
import pytest
from games import three_of_many

from insects.shapley.leverage import leverage


def test_a_surrogate_gives_idle_players_no_value_in_an_additive_game():
    game, n_players = three_of_many()
    *_, estimate = leverage(game, n_players, 300, probabilities=True)
    assert np.abs(estimate.values[3:]).max() < 1e-3
    assert np.allclose(estimate.values[:3, 0], [0.4, 0.2, 0.1], atol=1e-3)


@pytest.mark.parametrize("nsamples", [4, 5, 6, 12])
def test_the_smallest_budgets_give_values_that_add_up(nsamples):
    game, n_players = three_of_many(20)
    *_, estimate = leverage(game, n_players, nsamples, probabilities=True)
    assert np.allclose(estimate.values.sum(axis=0), [0.7, -0.7])
    assert estimate.evaluations <= nsamples


def test_more_samples_than_coalitions_are_possible_where_exact_values_are_not():
    game, n_players = three_of_many(15)
    *_, estimate = leverage(game, n_players, 33_000, probabilities=True)
    assert np.allclose(estimate.values[:3, 0], [0.4, 0.2, 0.1], atol=1e-3)
