"""Estimators of Shapley values, against their definition on games small enough to play out."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import linkage

from insects.errors import SettingsError, StoppedError
from insects.shapley.exact import MAX_PLAYERS, exact
from insects.shapley.leverage import _draw_evenly, leverage
from insects.shapley.libshap import FEWEST_ROUNDS_FOR_ERRORS, kernel, partition, permutation


def owen(game, n_players, nsamples, seed=0, **more):
    """`partition`, with groups that do not depend on any photo."""
    return partition(game, random_hierarchy(n_players), nsamples, seed, **more)


ESTIMATORS = (leverage, kernel, permutation, owen)
OF_SHAPLEY_VALUES = (leverage, kernel, permutation)
REGRESSIONS = (leverage, kernel)


class TableGame:
    """A game whose score of every coalition is written down; it counts what it is asked.

    Args:
        scores: (2 ** n_players, n_outputs); bit i of a row's number says whether i takes part.
    """

    def __init__(self, scores):
        self.scores, self.asked = scores, 0

    def __call__(self, coalitions):
        self.asked += len(coalitions)
        return self.scores[coalitions @ (1 << np.arange(coalitions.shape[1]))]

    @property
    def gain(self):
        """What everybody adds to the score of nobody."""
        return self.scores[-1] - self.scores[0]


def random_game(n_players, n_outputs=2, seed=0):
    return TableGame(np.random.default_rng(seed).normal(size=(2**n_players, n_outputs)))


def classifier_game(n_players, seed=0):
    """Three probabilities from weights and pairwise interactions, as a network might give."""
    rng = np.random.default_rng(seed)
    weights = rng.normal(size=(n_players, 3))
    interactions = 0.15 * rng.normal(size=(n_players, n_players, 3))
    shown = (np.arange(2**n_players)[:, None] >> np.arange(n_players) & 1).astype(float)
    logits = shown @ weights + np.einsum("ci,ijk,cj->ck", shown, interactions, shown)
    scores = np.exp(logits - logits.max(axis=1, keepdims=True))
    return TableGame(scores / scores.sum(axis=1, keepdims=True))


def random_hierarchy(n_players, seed=0):
    """Groups of points that lie anywhere."""
    if n_players < 2:
        return np.empty((0, 4))
    return linkage(np.random.default_rng(seed).random((n_players, 2)), "ward")


def last(estimates):
    *_, estimate = estimates
    return estimate


def by_definition(game, n_players):
    """The mean, over all orders of arrival, of what each player adds on arriving."""
    return mean_over(list(itertools.permutations(range(n_players))), game, n_players)


def owen_by_definition(game, hierarchy):
    """The same over the orders in which no group is torn apart."""
    n_players = len(hierarchy) + 1

    def orders_of(group):
        if group < n_players:
            return [(group,)]
        one, other = (orders_of(int(part)) for part in hierarchy[group - n_players, :2])
        return [order for a in one for b in other for order in (a + b, b + a)]

    return mean_over(orders_of(2 * n_players - 2), game, n_players)


def mean_over(orders, game, n_players):
    values = np.zeros((n_players, game.scores.shape[1]))
    for order in orders:
        present = 0
        for player in order:
            values[player] += game.scores[present | 1 << player] - game.scores[present]
            present |= 1 << player
    return values / len(orders)


# Exact values


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


# What holds of every estimator


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


# The leverage estimator


def test_leverage_gives_exact_values_where_these_cost_no_more():
    game = random_game(6)
    estimate = last(leverage(game, 6, 64))
    assert np.allclose(estimate.values, by_definition(game, 6), atol=1e-12)
    assert (estimate.standard_errors == 0).all()


def test_leverage_estimates_where_exact_values_cost_more():
    assert (last(leverage(random_game(6), 6, 63)).standard_errors > 0).all()


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


def test_standard_errors_shrink_with_more_samples():
    game = classifier_game(12)
    errors = [last(leverage(game, 12, n)).standard_errors.mean() for n in (60, 300, 1500)]
    assert errors[0] > errors[1] > errors[2]


def test_the_coalitions_by_which_a_surrogate_is_valued_are_spread_evenly():
    shown = _draw_evenly(9, 1000, np.random.default_rng(0))
    sizes = np.bincount(shown.sum(axis=1))
    assert sizes.tolist() == [0] + 8 * [128]  # every size but nobody's and everybody's
    np.testing.assert_allclose(shown.mean(axis=0), 0.5, atol=0.02)  # every player


# The adapter to shap


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


def test_a_stop_in_the_game_ends_leverage():
    def stopping(coalitions):
        if len(coalitions) > 2:
            raise StoppedError("stopped")
        return random_game(10)(coalitions)

    with pytest.raises(StoppedError):
        last(leverage(stopping, 10, 60))


# What a review found


def three_of_many(n_players=85):
    """A game of two probabilities in which three players count, each by itself, and no other."""

    def game(coalitions):
        probability = 0.1 + coalitions[:, :3] @ np.array([0.4, 0.2, 0.1])
        return np.stack([probability, 1 - probability], axis=1)

    return game, n_players


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
