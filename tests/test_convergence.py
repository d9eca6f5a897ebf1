"""How sure an explanation is of itself: verdicts, forecasts, and stopping early."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_explanations import made_explanation

from insects.convergence import (
    FORECASTS,
    MOST_SAMPLES,
    TARGET,
    error_ratio,
    errors_from,
    is_enough,
    is_first_look,
    samples_for,
    settled,
    summary,
    until_settled,
)
from insects.explanation import Settings
from insects.ranking import ranked
from insects.shapley.leverage import leverage
from insects.wording import describe, how_precise, how_settled

CLEAR = [0.5, -0.3, 0.2, 0.01, 0.0]


def explanation(values=CLEAR, error=0.01, nsamples=400, allowed=1000, **settings):
    """An explanation of two classes: the values given, and these turned around.

    Args:
        error: of every value; None for a method without errors.
    """
    values = np.array(values, float)
    return made_explanation(
        np.stack([values, -values], axis=1),
        np.tile(np.arange(len(values)), (len(values), 1)),
        error,
        nsamples=nsamples,
        settings=Settings(nsamples=allowed, **settings),
    )


def many(values, **options):
    """The same with so many weak superpixels that looking at every coalition is out of reach."""
    return explanation([*values, *np.zeros(20)], **options)


# What is settled


def test_regions_far_apart_and_far_from_nothing_are_settled():
    found = settled(explanation())
    assert found.all
    assert found.strongest == (0, 1, 2)
    assert found.forecast is None


def test_strength_is_size_whatever_the_sign():
    assert settled(explanation([0.1, -0.9, 0.5, 0.0])).strongest == (1, 2, 0)


def test_each_class_has_its_own_verdict():
    one = explanation()
    one.standard_errors[:, 1] = 0.2
    assert settled(one, "one").all
    assert not settled(one, "other").all


def test_a_third_region_as_strong_as_the_fourth_is_not_settled_and_the_first_two_are():
    found = settled(explanation([0.5, -0.3, 0.1, 0.099, 0.0]))
    assert not found.all
    assert found.count == 2


@pytest.mark.parametrize(("gap", "all_settled"), [(1.95, False), (1.97, True)])
def test_two_regions_differ_where_their_gap_is_over_1_96_joint_errors(gap, all_settled):
    third = 0.1 + gap * math.hypot(0.01, 0.01)
    assert settled(explanation([0.9, 0.6, third, 0.1, 0.0])).all == all_settled


@pytest.mark.parametrize(("value", "all_settled"), [(1.95, False), (1.97, True)])
def test_a_sign_is_settled_where_its_value_is_over_1_96_errors(value, all_settled):
    one = explanation([0.9, 0.6, 0.3, 0.0])
    one.standard_errors[2] = 0.3 / value
    one.standard_errors[3] = 0.0
    assert settled(one).all == all_settled


def test_where_there_are_two_regions_both_are_the_strongest():
    found = settled(explanation([0.5, -0.3]))
    assert found.strongest == (0, 1)
    assert found.all


def test_exact_values_are_settled_also_where_all_are_equal():
    found = settled(explanation([0.1, 0.1, 0.1, 0.1], error=0.0, method="exact"))
    assert found.all
    assert found.is_exact


def test_without_errors_there_is_no_verdict():
    found = settled(explanation(error=None, method="kernel"))
    assert found.count is None
    assert found.forecast is None
    assert not found.all


# The stopping number


def test_the_ratio_is_the_largest_error_over_the_range_of_the_worst_class():
    one = explanation([0.3, -0.1, 0.0], error=0.02)
    one.standard_errors[1, 1] = 0.04
    assert error_ratio(one) == error_ratio(one, "other") == pytest.approx(0.04 / 0.4)
    assert error_ratio(one, "one") == pytest.approx(0.02 / 0.4)


def test_the_ratio_of_exact_values_is_nothing_also_where_all_are_equal():
    assert error_ratio(explanation([0.1, 0.1], error=0.0)) == 0


def test_the_ratio_of_equal_values_with_errors_is_without_bound_and_is_no_number_in_json():
    flat = explanation([0.1, 0.1])
    assert math.isinf(error_ratio(flat))
    assert summary(flat)["error_ratio"] is None
    json.dumps(summary(flat), allow_nan=False)


def test_without_errors_there_is_no_ratio():
    assert error_ratio(explanation(error=None)) is None


# Forecasts


def test_errors_twice_too_large_want_four_times_the_samples():
    error = 2 * TARGET * 0.8
    assert samples_for(many(CLEAR, error=error, nsamples=200)) == 1000  # 800, roughly


def test_nothing_more_is_wanted_where_the_ratio_is_on_target():
    assert samples_for(explanation()) is None


def test_the_forecast_of_the_strongest_is_that_of_the_closest_two():
    third = 0.1 + 1.96 * math.hypot(0.01, 0.01) / 1.5
    assert settled(many([0.9, 0.6, third, 0.1], nsamples=400)).forecast == 1000  # 900


def test_equal_regions_are_out_of_reach_of_any_number_of_samples():
    found = settled(many([0.5, 0.3, 0.1, 0.1]))
    assert not found.all
    assert found.forecast is None


def test_equal_regions_of_few_are_told_apart_by_looking_at_every_coalition():
    few = explanation([0.5, 0.3, 0.1, 0.1, *np.zeros(5)])
    assert settled(few).forecast == 1000  # 2^9 samples, roughly
    assert settled(replace(few, settings=Settings(method="permutation"))).forecast is None


@given(
    st.lists(st.floats(-1, 1), min_size=15, max_size=30),
    st.floats(1e-4, 0.5),
    st.integers(26, MOST_SAMPLES),
)
def test_a_forecast_is_given_where_something_is_left_and_is_more_than_was_spent(
    values, error, nsamples
):
    one = explanation(values, error=error, nsamples=nsamples)
    found = settled(one)
    for forecast in (found.forecast, samples_for(one)):
        assert forecast is None or (forecast in FORECASTS and forecast >= nsamples)
    assert not (found.all and found.forecast)


@given(st.lists(st.floats(-1, 1), min_size=15, max_size=30), st.floats(1e-3, 0.5))
def test_smaller_errors_settle_no_less_and_want_no_more_samples(values, error):
    wide, narrow = (explanation(values, error=e) for e in (error, error / 2))
    assert settled(narrow).count >= settled(wide).count
    for forecast in (lambda one: settled(one).forecast, samples_for):
        if forecast(wide):
            assert (forecast(narrow) or 0) <= forecast(wide)


# Enough


def test_small_errors_and_settled_regions_are_enough():
    assert is_enough(explanation())


def test_large_errors_are_not_enough_though_the_strongest_are_settled():
    one = explanation([0.5, 0.3, 0.2, 0.0])
    one.standard_errors[3, 0] = 0.06
    assert settled(one).all
    assert not is_enough(one)


def test_a_class_of_which_nothing_is_known_keeps_nobody_waiting():
    one = explanation()
    one.standard_errors[:, 1] = 1.0
    assert error_ratio(one) > 1
    assert is_enough(one)


def test_what_the_samples_allowed_can_settle_is_waited_for():
    close = many([0.9, 0.6, 0.12, 0.1], allowed=5000)
    assert settled(close).forecast < 5000
    assert not is_enough(close)


def test_what_the_samples_allowed_cannot_settle_is_not_waited_for():
    close = many([0.9, 0.6, 0.12, 0.1], allowed=700)
    assert settled(close).forecast > 700
    assert is_enough(close)


def test_exact_values_of_however_few_samples_are_enough():
    assert is_enough(explanation(error=0.0, nsamples=8))


def test_without_errors_nothing_is_enough():
    assert not is_enough(explanation(error=None))


# Too early to tell


@pytest.mark.parametrize(
    ("method", "start"), [("leverage", 125), ("permutation", 242), ("kernel", None)]
)
def test_a_method_tells_its_errors_from_so_many_samples_on_or_never(method, start):
    assert errors_from(many(CLEAR, error=None, method=method)) == start


def test_an_explanation_without_the_errors_to_come_is_a_first_look():
    assert is_first_look(many(CLEAR, error=None))
    assert not is_first_look(many(CLEAR, error=0.01))
    assert not is_first_look(many(CLEAR, error=None, method="kernel"))


def test_nothing_is_settled_enough_or_advised_at_first_look():
    early = many(CLEAR, error=None, nsamples=50)
    assert settled(early).count is None
    assert settled(early).forecast is None
    assert not is_enough(early)
    assert samples_for(early) is None
    assert all(not one["settled"] for one in summary(early)["classes"])
    assert all(region.is_sure is None for region in ranked(early))
    assert "±" not in describe(early)


# Stopping early


def explained_game(weights, nsamples, noise=0.0):
    """Explanations of a game that adds up weights, beside a part no sum can tell, and the rest."""
    weights = np.array(weights, float)

    def game(coalitions):
        odd = noise * np.sin(1e4 * (coalitions @ np.sqrt(np.arange(2, len(weights) + 2))))
        score = coalitions @ weights + odd
        return np.stack([score, -score], axis=1)

    for estimate in leverage(game, len(weights), nsamples):
        yield replace(
            explanation(weights, allowed=nsamples),
            shap_values=estimate.values,
            standard_errors=estimate.standard_errors,
            nsamples=estimate.evaluations,
        )


def test_an_easy_game_is_stopped_early_with_the_right_three_in_front():
    weights = [0.02, 0.4, -0.3, *[0.01] * 17, 0.2]
    *_, last = until_settled(explained_game(weights, 5000))
    assert last.nsamples < 500
    assert settled(last).strongest == (1, 2, 20)
    assert settled(last).all


def test_a_game_that_is_noise_runs_to_its_end():
    *_, last = until_settled(explained_game(np.zeros(20), 600, noise=1.0))
    assert last.nsamples == 600


def test_stopping_early_leaves_the_estimates_before_as_they_are():
    weights = [0.02, 0.4, -0.3, *[0.01] * 17, 0.2]
    whole = explained_game(weights, 5000, noise=0.01)
    for stopped, free in zip(
        until_settled(explained_game(weights, 5000, noise=0.01)), whole, strict=False
    ):
        assert (stopped.shap_values == free.shap_values).all()
        assert stopped.nsamples == free.nsamples


def test_nothing_is_computed_beyond_the_one_that_is_enough():
    computed = []

    def endless():
        while True:
            computed.append(explanation())
            yield computed[-1]

    assert list(until_settled(endless())) == computed
    assert len(computed) == 1


def test_the_first_coalitions_of_a_large_budget_are_no_worse_than_those_of_a_small_one():
    """Stopped at the same number of samples, the mean error over seeds is the same within noise."""
    weights = np.random.default_rng(1).normal(size=20)

    def game(coalitions):
        score = coalitions @ weights + 2 * np.sin(1e4 * (coalitions @ np.sqrt(np.arange(2, 22))))
        return score[:, None]

    def error(nsamples, seed):
        estimate = next(e for e in leverage(game, 20, nsamples, seed) if e.evaluations >= 234)
        return ((estimate.values[:, 0] - weights) ** 2).sum()

    small, large = (np.array([error(n, seed) for seed in range(40)]) for n in (234, 4000))
    spread = math.hypot(small.std(), large.std()) / math.sqrt(40)
    assert abs(small.mean() - large.mean()) < 3 * spread


# In words


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (explanation(), "The 3 strongest regions are settled."),
        (explanation([0.5]), "The strongest region is settled."),
        (
            many([0.14, 0.12, 0.1, 0.08], error=0.03),
            "Too close to call, even with 5,000 samples.",
        ),
        (
            many([0.1, 0.09, 0.08, 0.0655]),
            "Not settled yet. About 2,000 samples may settle the top 3.",
        ),
        (
            many([0.5, 0.3, 0.12, 0.1]),
            "The 2 strongest regions are settled. About 1,000 samples may settle the top 3.",
        ),
        (
            many([0.5, 0.3, 0.3, 0.3]),
            "The strongest region is settled; the next 2 are too close to call.",
        ),
        (explanation(error=0.0), "These values are exact."),
        (explanation(error=None, method="kernel"), "This method has no error bars."),
        (
            explanation(error=None, method="permutation"),
            "A first look: how sure it is can be told from 42 samples on.",
        ),
        (
            many(CLEAR, error=None, nsamples=50),
            "A first look: how sure it is can be told from 125 samples on.",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_verdict_is_one_sentence(one, words):
    assert how_settled(one) == words


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0.1, 0.09, 0.08, 0.0655], "Not settled yet."),
        (
            [0.5, 0.3, 0.12, 0.1],
            "The 2 strongest regions are settled; the next one is not settled yet.",
        ),
    ],
)
def test_no_number_of_samples_is_advised_while_more_are_on_their_way(values, words):
    assert how_settled(many(values), is_running=True) == words


@pytest.mark.parametrize(
    ("one", "share", "advice"),
    [
        (explanation(), "1.2 %", "."),
        (
            many(CLEAR, error=0.16, nsamples=200),
            "20 %",
            ". About 1,000 samples would bring it to 10 %.",
        ),
        (
            many(CLEAR, error=0.6, nsamples=200),
            "75 %",
            ". More than 5,000 samples would bring it to 10 %.",
        ),
    ],
)
def test_the_size_of_the_errors_is_told_beside_that_of_the_values(one, share, advice):
    start = f"For one the largest standard error is {share} of the distance"
    assert how_precise(one) == f"{start} from the lowest value to the highest{advice}"


@pytest.mark.parametrize("error", [None, 0.0])
def test_nothing_is_said_of_errors_that_are_not_there(error):
    assert how_precise(explanation(error=error)) == ""


def test_the_summary_tells_of_each_class():
    found = summary(explanation())
    assert [one["class_name"] for one in found["classes"]] == ["one", "other"]
    assert all(one["settled"] and one["count"] == 3 for one in found["classes"])
    assert found["error_ratio"] == pytest.approx(0.01 / 0.8)
