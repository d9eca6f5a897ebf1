"""Accuracy, loss, confusion and the interval of a share, against figures known from elsewhere."""

import math

import numpy as np
import pytest

from insects.metrics import (
    auroc,
    auroc_interval,
    calibration_interval,
    confusion_matrix,
    expected_calibration_error,
    measure,
    reliability,
    share,
    wilson_interval,
)

PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.5, 0.3, 0.2], [0.2, 0.2, 0.6]])
LABELS = np.array([0, 1, 2, 2])


# Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
@pytest.mark.parametrize(
    ("correct", "count", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_wilson_interval_is_the_published_one(correct, count, low, high):
    assert wilson_interval(correct, count) == pytest.approx((low, high), abs=6e-5)


def test_the_wilson_interval_of_mistakes_mirrors_that_of_right_answers():
    low, high = wilson_interval(169, 180)
    assert wilson_interval(11, 180) == pytest.approx((1 - high, 1 - low))


def test_the_wilson_interval_of_all_right_ends_at_1():
    low, high = wilson_interval(60, 60)
    assert high == pytest.approx(1)
    assert 0.9 < low < 1


def test_the_wilson_interval_narrows_with_more_photos():
    few, many = wilson_interval(9, 10), wilson_interval(900, 1000)
    assert many[1] - many[0] < few[1] - few[0]


def test_rows_of_the_confusion_matrix_are_true_classes():
    matrix = confusion_matrix(np.array([0, 1, 0, 2]), LABELS, 3)
    assert matrix.tolist() == [[1, 0, 0], [0, 1, 0], [1, 0, 1]]


def test_a_class_without_photos_has_a_row_of_zeros():
    matrix = confusion_matrix(np.array([0, 0]), np.array([0, 0]), 3)
    assert matrix.tolist() == [[2, 0, 0], [0, 0, 0], [0, 0, 0]]


def test_measures_of_four_photos_are_those_worked_out_by_hand():
    measures = measure(PROBABILITIES, LABELS)
    assert measures["photos"] == 4
    assert measures["correct"] == 3
    assert measures["accuracy"] == 0.75
    by_hand = -(math.log(0.7) + math.log(0.6) + math.log(0.2) + math.log(0.6)) / 4
    assert measures["loss"] == pytest.approx(by_hand)
    assert measures["confusion"] == [[1, 0, 0], [0, 1, 0], [1, 0, 1]]


def test_a_certain_mistake_has_a_large_but_finite_loss():
    loss = measure(np.array([[1.0, 0.0]]), np.array([1]))["loss"]
    assert 10 < loss < math.inf


# Calibration

SURE = np.array([[0.95, 0.05], [0.9, 0.1], [0.3, 0.7], [0.62, 0.38]])
TRUE = np.array([0, 1, 1, 0])


def test_reliability_worked_out_by_hand():
    rows = [row for row in reliability(SURE, TRUE, bins=4) if row["photos"]]
    assert [row["photos"] for row in rows] == [2, 2]
    assert [(row["low"], row["high"]) for row in rows] == [(0.5, 0.75), (0.75, 1.0)]
    assert [row["confidence"] for row in rows] == pytest.approx([0.66, 0.925])
    assert [row["accuracy"] for row in rows] == [1.0, 0.5]


def test_the_calibration_error_is_the_gap_of_each_bin_by_its_share_of_the_photos():
    by_hand = (2 * (1 - 0.66) + 2 * (0.925 - 0.5)) / 4
    assert expected_calibration_error(SURE, TRUE, bins=4) == pytest.approx(by_hand)


def test_bins_hold_their_upper_end_and_all_photos():
    edges = np.array([[1 / 3, 1 / 3, 1 / 3], [1.0, 0, 0], [0.5, 0.5, 0], [1 + 1e-9, 0, 0]])
    rows = reliability(edges, np.zeros(4, int), bins=2)
    assert [row["photos"] for row in rows] == [2, 2]


def test_empty_bins_are_there_and_say_nothing():
    rows = reliability(SURE, TRUE)
    assert len(rows) == 15
    assert rows[0] == {
        "low": 0,
        "high": pytest.approx(1 / 15),
        "photos": 0,
        "confidence": None,
        "accuracy": None,
    }


def test_certain_and_right_has_no_calibration_error_and_certain_and_wrong_all_of_it():
    certain = np.eye(3)
    assert expected_calibration_error(certain, np.array([0, 1, 2])) == 0
    assert expected_calibration_error(certain, np.array([1, 2, 0])) == 1


def test_probabilities_that_labels_follow_have_a_small_calibration_error():
    rng = np.random.default_rng(0)
    first = rng.random(20_000)
    labels = (rng.random(20_000) > first).astype(int)
    assert expected_calibration_error(np.stack([first, 1 - first], axis=1), labels) < 0.02


def likely(n, gap, seed):
    """Probabilities of two classes, and labels that follow them less a gap."""
    rng = np.random.default_rng(seed)
    sure = 0.6 + 0.4 * rng.random(n)
    labels = (rng.random(n) > sure - gap).astype(int)
    return np.stack([sure, 1 - sure], axis=1), labels


def test_the_interval_of_the_calibration_error_mostly_holds_the_truth():
    held = 0
    for seed in range(60):
        low, high = calibration_interval(*likely(150, 0.2, seed))
        held += low <= 0.2 <= high
    assert held >= 50


def test_the_interval_begins_at_0_where_chance_explains_the_error_and_not_where_it_does_not():
    at_0 = [calibration_interval(*likely(150, 0, seed))[0] == 0 for seed in range(40)]
    assert sum(at_0) >= 36
    assert all(calibration_interval(*likely(150, 0.3, seed))[0] > 0 for seed in range(40))


# Telling photos of the classes from others


@pytest.mark.parametrize("kinds", [3, 1000])
def test_auroc_is_the_share_of_pairs_in_order_with_ties_half(kinds):
    rng = np.random.default_rng(kinds)
    familiar, other = rng.integers(0, kinds, 23) + kinds // 3, rng.integers(0, kinds, 31)
    pairs = [(a > b) + (a == b) / 2 for a in familiar for b in other]
    assert auroc(familiar, other) == pytest.approx(sum(pairs) / len(pairs), abs=1e-12)
    assert 0.5 < auroc(familiar, other) < 1


def test_auroc_of_scores_in_order_equal_and_the_wrong_way_round():
    low, high = np.array([0.1, 0.2]), np.array([0.3, 0.4, 0.5])
    assert (auroc(high, low), auroc(low, high), auroc(low, low)) == (1, 0, 0.5)


def test_the_interval_of_an_auroc_solves_its_equation_at_both_ends():
    n, m, area = 125, 96, 0.9
    rest = (n + m) / 2 - 1
    for end in auroc_interval(area, n, m):
        spread = 1 + rest * (1 - end) / (2 - end) + rest * end / (1 + end)
        deviation = math.sqrt(end * (1 - end) * spread / (n * m))
        assert abs(area - end) / deviation == pytest.approx(1.96, abs=0.01)


def test_the_interval_of_an_auroc_mostly_holds_the_truth():
    rng = np.random.default_rng(0)
    truth, held = 0.9, 0  # exponential scores whose means are as 9 to 1
    for _ in range(200):
        area = auroc(rng.exponential(9, 60), rng.exponential(1, 40))
        low, high = auroc_interval(area, 60, 40)
        held += low <= truth <= high
    assert 180 <= held <= 198


def test_the_interval_of_a_perfect_auroc_is_no_point():
    low, high = auroc_interval(1.0, 20, 30)
    assert 0.8 < low < 0.99
    assert high == 1


def test_a_share_of_nothing_is_unknown():
    assert share(0, 0) == {"count": 0, "of": 0, "share": None, "interval": None}
    assert share(3, 4)["share"] == 0.75
    assert share(3, 4)["interval"] == pytest.approx(wilson_interval(3, 4))
