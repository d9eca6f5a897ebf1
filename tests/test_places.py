"""Estimates of games that tell where in the picture their scores come from."""

import numpy as np
import pytest
from scipy.special import softmax

from insects import load_model
from insects.photo_game import PhotoGame
from insects.photos import resize
from insects.shapley import leverage as leverage_module
from insects.shapley import places as module
from insects.shapley.exact import exact
from insects.shapley.leverage import leverage
from insects.shapley.places import MOST_PAIRS, Places, PlaceSurrogate
from insects.superpixels import segment
from insects.views import CELLS, PLACES, distances

N_PLAYERS, N_PLACES = 12, 4


@pytest.fixture
def places():
    """A game of four places; what each says depends, not linearly, on three players near it."""
    generator = np.random.default_rng(0)
    slopes = generator.normal(size=(N_PLACES, 3, 3, 2))
    asked = []

    def score(coalitions):
        asked.append(len(coalitions))
        near = coalitions.reshape(len(coalitions), N_PLACES, 3).astype(float)
        parts = np.einsum("npa,npb,pabk->npk", near, near, slopes)
        return softmax(parts.sum(axis=1), axis=1), parts

    nearness = np.kron(np.eye(N_PLACES), np.full((1, 3), 0.3)) + 0.1 / N_PLAYERS
    game = Places(nearness / nearness.sum(axis=1, keepdims=True), score)
    game.score.asked = asked
    return game


def last(places, nsamples, seed=0, known=True):
    def game(coalitions):
        return places.score(coalitions)[0]

    *_, estimate = leverage(
        game, N_PLAYERS, nsamples, seed, probabilities=True, places=places if known else None
    )
    return estimate


# A game of places


def test_where_places_are_known_estimates_are_nearer_to_the_exact_values(places):
    *_, truth = exact(lambda coalitions: places.score(coalitions)[0], N_PLAYERS)

    def error(known):
        estimates = [last(places, 60, seed, known).values for seed in range(5)]
        return np.mean([((values - truth.values) ** 2).sum() for values in estimates])

    assert error(known=True) < error(known=False) / 2


@pytest.mark.parametrize("nsamples", [26, 60, 301, 2 * MOST_PAIRS + 200])
def test_base_and_values_sum_to_the_score_of_everybody(places, nsamples):
    estimate = last(places, nsamples)
    everybody = places.score(np.ones((1, N_PLAYERS), bool))[0][0]
    np.testing.assert_allclose(estimate.base_values + estimate.values.sum(axis=0), everybody)


@pytest.mark.parametrize("nsamples", [26, 60, 301, 2 * MOST_PAIRS + 200])
def test_the_game_is_asked_no_more_than_nsamples(places, nsamples):
    estimate = last(places, nsamples)
    assert sum(places.score.asked) == estimate.evaluations <= nsamples


def test_the_same_seed_gives_the_same_estimate_and_another_one_another(places):
    one, same, other = (last(places, 100, seed).values for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_errors_are_positive_and_fall_with_more_samples(places):
    few, many = (last(places, nsamples).standard_errors for nsamples in (100, 600))
    assert (few > 0).all()
    assert many.mean() < few.mean()


def test_two_standard_errors_hold_the_exact_value_with_many_samples_too(places):
    *_, truth = exact(lambda coalitions: places.score(coalitions)[0], N_PLAYERS)
    held = []
    for seed in range(5):
        estimate = last(places, 4000, seed)
        held.append(np.abs(estimate.values - truth.values) <= 2 * estimate.standard_errors)
    assert np.mean(held) > 0.85


@pytest.mark.parametrize("known", [True, False])
def test_a_surrogate_is_valued_by_several_times_the_pairs_that_are_scored(
    places, known, monkeypatch
):
    drawn, draw = [], leverage_module.draw_evenly

    def counted(n_players, n_pairs, generator):
        drawn.append(len(shown := draw(n_players, n_pairs, generator)))
        return shown

    monkeypatch.setattr(leverage_module, "draw_evenly", counted)
    for nsamples in (100, 4000):
        last(places, nsamples, known=known)
    assert drawn[0] >= 2048
    assert drawn[1] >= 4 * (4000 // 2 - 1)


def test_a_game_whose_parts_are_beyond_all_bounds_is_left_to_the_plain_regression(places):
    def boundless(coalitions):
        scores, parts = places.score(coalitions)
        return scores, parts * np.float32(1e30)

    with np.errstate(all="ignore"):
        estimate = last(Places(places.nearness, boundless), 100)
    assert np.isfinite(estimate.values).all()
    plain = last(places, 100, known=False)
    np.testing.assert_allclose(estimate.base_values, plain.base_values)


# What is learned of places


def test_a_pair_is_foreseen_as_if_it_had_not_been_learned_from():
    generator = np.random.default_rng(0)
    x = generator.choice([-1, 1], (20, 6)).astype(np.float32)
    even, odd = generator.normal(size=(2, 20, 1, 2)).astype(np.float32)
    weights = np.full((1, 6), 1 / 6, np.float32)
    _, left_out = module._learn(weights, x, even, odd)
    for i in range(20):
        others = np.arange(20) != i
        (solved,), _ = module._learn(weights, x[others], even[others], odd[others])
        agreement = np.exp(x[others] @ (weights[0] * x[i]))
        foreseen = agreement @ solved[:, :2] + (1 / agreement) @ solved[:, 2:]
        np.testing.assert_allclose(even[i, 0] + odd[i, 0] - left_out[0, i], foreseen, atol=1e-4)


def test_learning_by_halves_is_a_gaussian_process_on_all_samples():
    generator = np.random.default_rng(0)
    x = generator.choice([-1, 1], (20, 6)).astype(np.float32)
    even, odd = generator.normal(size=(2, 20, 1, 2)).astype(np.float32)
    weights = np.full((1, 6), 1 / 6, np.float32)
    (solved,), _ = module._learn(weights, x, even, odd)
    both = np.concatenate([x, -x])
    kernel = np.exp(both @ both.T / 6 - module.SHARPNESS) + module.NOISE * np.eye(40)
    expected = np.linalg.solve(kernel, np.concatenate([even + odd, even - odd])[:, 0])
    found = np.concatenate([solved[:, :2], solved[:, 2:]]) * np.exp(module.SHARPNESS)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_a_player_counts_more_where_it_is_near_and_where_it_moves_the_logits():
    generator = np.random.default_rng(0)
    x = generator.choice([-1, 1], (50, 4)).astype(np.float32)
    odd = x[:, [0]] @ np.array([[1.0, -1.0]], np.float32)  # player 0 alone moves them
    nearness = np.array([[0.4, 0.4, 0.1, 0.1], [0.1, 0.1, 0.4, 0.4]])
    weights = module._weights(nearness, x, odd)
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)
    assert weights[0, 0] > 3 * weights[0, 1] > 3 * weights[0, 2]
    assert weights[1, 2] > 3 * weights[1, 1]
    assert (weights > 0).all()


def test_where_no_player_moves_anything_nearness_alone_counts():
    nearness = np.array([[0.7, 0.3]])
    x = np.array([[1, 1], [1, -1]], np.float32)
    weights = module._weights(nearness, x, np.zeros((2, 2), np.float32))
    np.testing.assert_allclose(weights, nearness, rtol=1e-5)


def test_new_samples_are_foreseen_by_what_was_learned(places):
    generator = np.random.default_rng(0)
    shown = generator.random((120, N_PLAYERS)) < 0.5
    learned = shown[:80]
    parts = np.stack([places.score(pairs)[1] for pairs in (learned, ~learned)])
    ends = places.score(np.repeat([[False], [True]], N_PLAYERS, axis=1))[1]
    surrogate = PlaceSurrogate(places.nearness, learned, parts, ends)
    truth = places.score(shown)[0] - places.score(~shown)[0]
    scores, hidden_scores = surrogate(shown)
    np.testing.assert_allclose(scores.sum(axis=1), 1)
    np.testing.assert_allclose(hidden_scores, surrogate(~shown)[0], atol=1e-6)
    left = surrogate.differences(shown) - truth
    for part in (slice(80), slice(80, None)):  # learned from, and new
        assert (left[part] ** 2).sum() < 0.2 * (truth[part] ** 2).sum()


# Places of a photo


@pytest.fixture(scope="module")
def image(photos):
    return resize(photos[0].pixels, 224)


def test_the_parts_of_all_places_sum_to_the_logits(default_model, image):
    images = np.stack([image, image[::-1], np.full_like(image, 255)])
    probabilities, parts = default_model.probabilities_and_parts(images)
    assert parts.shape == (3, PLACES, 3)
    assert np.array_equal(probabilities, default_model.probabilities(images))
    np.testing.assert_allclose(parts.sum(axis=1), default_model.logits(images), atol=1e-4)


def test_what_a_place_says_changes_most_where_its_part_of_the_photo_is_hidden(default_model, image):
    hidden = image.copy()
    hidden[:64, :64] = 255
    _, (before, after) = default_model.probabilities_and_parts(np.stack([image, hidden]))
    change = np.abs(before - after).sum(axis=1).reshape(4, 4)
    assert change[:2, :2].sum() > change[2:, 2:].sum()


def test_a_superpixel_is_nearest_to_the_place_that_it_lies_in():
    side = 224
    segments = np.arange(side) * CELLS // side
    segments = segments[:, None] * CELLS + segments[None]  # one superpixel a cell
    away = distances(segments)
    assert away.shape == (PLACES, CELLS**2)
    assert np.isclose(away.min(axis=0), 0).all()
    assert away[0].argmin() == 0
    assert away[-1].argmin() in (40, 41, 47, 48)
    assert away[0, -1] == pytest.approx(5 * 2**0.5)


def test_a_photo_has_places_where_scores_are_probabilities_of_a_network_with_a_backbone(image):
    def places_of(network, output):
        model = load_model(network)
        small = resize(image, model.image_size)
        return PhotoGame(model, small, segment(small, 20), "white", output).places

    found = places_of("efficientnet_lite0", "probability")
    np.testing.assert_allclose(found.nearness.sum(axis=1), 1)
    assert places_of("efficientnet_lite0", "logit") is None
    assert places_of("zhang", "probability") is None


def test_a_photo_scores_the_same_with_parts_and_without(default_model, image):
    segments = segment(image, 20)
    game = PhotoGame(default_model, image, segments, "white", "probability")
    coalitions = np.random.default_rng(0).random((11, segments.max() + 1)) < 0.5
    scores, parts = game.places.score(coalitions)
    assert np.array_equal(scores, game(coalitions))
    np.testing.assert_allclose(softmax(parts.sum(axis=1), axis=1), scores, atol=1e-5)
