"""Coalitions, drawn at random and drawn evenly."""

import numpy as np

from insects.shapley.coalitions import draw, draw_evenly


def test_every_size_but_nobodys_and_everybodys_is_drawn_as_often():
    shown = draw(9, 8000, np.random.default_rng(0))
    sizes = np.bincount(shown.sum(axis=1), minlength=10)
    assert sizes[[0, 9]].tolist() == [0, 0]
    np.testing.assert_allclose(sizes[1:9], 1000, rtol=0.1)


def test_of_a_size_every_player_is_drawn_as_often():
    shown = draw(9, 8000, np.random.default_rng(0))
    singles = shown[shown.sum(axis=1) == 1]
    np.testing.assert_allclose(singles.mean(axis=0), 1 / 9, rtol=0.25)


def test_the_coalitions_by_which_a_surrogate_is_valued_are_spread_evenly():
    shown = draw_evenly(9, 1000, np.random.default_rng(0))
    sizes = np.bincount(shown.sum(axis=1))
    assert sizes.tolist() == [0] + 8 * [128]  # every size but nobody's and everybody's
    np.testing.assert_allclose(shown.mean(axis=0), 0.5, atol=0.02)  # every player
