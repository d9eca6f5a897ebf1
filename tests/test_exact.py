"""Exact Shapley values, against their definition."""

import numpy as np
import pytest
from games import by_definition, last, random_game
from hypothesis import given, settings
from hypothesis import strategies as st

from insects.errors import SettingsError
from insects.shapley.exact import MAX_PLAYERS, exact


@settings(max_examples=40)
@given(st.integers(1, 6), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_exact_values_are_those_of_the_definition(n_players, n_outputs, seed):
    game = random_game(n_players, n_outputs, seed)
    estimate = last(exact(game, n_players))
    assert np.allclose(estimate.values, by_definition(game, n_players), atol=1e-12)


def test_exact_values_know_no_error_and_count_every_coalition():
    game = random_game(6)
    estimate = last(exact(game, 6))
    assert (estimate.standard_errors == 0).all()
    assert estimate.evaluations == game.asked == 64
    assert np.array_equal(estimate.base_values, game.scores[0])


def test_a_glove_game_has_its_textbook_values():
    """One left glove and two right ones; a pair is worth 1."""

    def game(coalitions):
        return (coalitions[:, 0] & coalitions[:, 1:].any(axis=1)).astype(float)[:, None]

    values = last(exact(game, 3)).values[:, 0]
    assert values == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_exact_values_of_too_many_players_are_refused_with_their_number():
    with pytest.raises(SettingsError, match=f"{MAX_PLAYERS + 1} superpixels"):
        list(exact(random_game(2), MAX_PLAYERS + 1))
