"""Explanations in words: the class, what speaks for it and against it, and where."""

import re

import numpy as np
import pytest
from made_explanations import SQUARE, in_nine_parts

from insects.explanation import METHODS, Explanation, Settings
from insects.faithfulness import Curve
from insects.inference import Prediction
from insects.wording import (
    METHOD_SENTENCES,
    describe,
    follows,
    headline,
    is_clear,
    percent,
    signed,
    unit,
)

PLACES = [
    ["at the upper left", "at the top", "at the upper right"],
    ["on the left", "in the middle", "on the right"],
    ["at the lower left", "at the bottom", "at the lower right"],
]


def one_part(part, value, **settings):
    values = np.zeros(9)
    values[part] = value
    return in_nine_parts(values, **settings)


# Sentences


def test_the_strongest_regions_for_and_against_are_named_with_their_values():
    sentence = describe(in_nine_parts([0.3, 0, 0, 0, 0.2, 0, 0, 0, -0.25]))
    assert sentence == (
        "Most for it: region 0 at the upper left (+0.30 ± 0.01) "
        "and region 4 in the middle (+0.20 ± 0.01); "
        "most against: region 8 at the lower right (−0.25 ± 0.01)."
    )


def test_two_regions_for_and_one_against_are_the_most_that_is_told():
    sentence = describe(in_nine_parts([0.5, 0.4, 0.3, 0.2, 0, -0.1, -0.2, -0.3, -0.4]))
    assert sentence.count("region") == 3
    assert "+0.50" in sentence
    assert "+0.40" in sentence
    assert "−0.40" in sentence


@pytest.mark.parametrize("part", range(9))
def test_a_region_is_told_by_its_place(part):
    assert PLACES[part // 3][part % 3] in describe(one_part(part, 0.4))


def test_a_ring_is_told_by_a_place_where_it_is():
    """The middle of a ring is not a part of it."""
    explanation = one_part(0, 0.4)
    ring = np.ones((SQUARE, SQUARE), int)
    ring[20:70, 20:70] = 0  # what is inside is another superpixel
    ringed = Explanation(**{**vars(explanation), "segments": 1 - ring})
    assert "in the middle" not in describe(ringed)


def test_without_opponents_only_what_speaks_for_it_is_told():
    sentence = describe(one_part(0, 0.4))
    assert "for it" in sentence
    assert "against" not in sentence


def test_without_supporters_only_what_speaks_against_is_told():
    sentence = describe(one_part(0, -0.4))
    assert sentence.startswith("Most against")
    assert "for it" not in sentence


def test_values_within_their_errors_are_not_told():
    sentence = describe(in_nine_parts(np.full(9, 0.1), errors=0.2))
    assert sentence.startswith("No single region")
    assert "beetles" in sentence


def test_values_that_are_all_nothing_are_not_told():
    assert describe(in_nine_parts(np.zeros(9))).startswith("No single region")
    assert describe(in_nine_parts(np.zeros(9), errors=None)).startswith("No single region")


def test_without_errors_every_value_is_told_and_no_error_is():
    sentence = describe(in_nine_parts([0.3, 0, 0, 0, 0, 0, 0, 0, -0.2], errors=None))
    assert "+0.30" in sentence
    assert "−0.20" in sentence
    assert "±" not in sentence


def test_another_class_than_the_predicted_one_can_be_described():
    sentence = describe(one_part(0, 0.4), "cockroach")
    assert sentence.startswith("Most against")


def test_a_class_that_no_region_speaks_for_is_named():
    explanation = in_nine_parts(np.full(9, 0.1), errors=0.2)
    assert "cockroach" in describe(explanation, "cockroach")


@pytest.mark.parametrize(("value", "clear"), [(0.5, True), (-0.5, True), (0.15, False), (0, False)])
def test_a_value_is_clear_when_its_error_does_not_explain_it(value, clear):
    assert is_clear(one_part(4, value, errors=0.1), 4, 1) == clear


def test_a_region_is_told_by_its_number_whatever_its_colour():
    sentences = {
        describe(one_part(4, 0.4, colour=colour)) for colour in ((5, 5, 5), (250, 150, 30))
    }
    assert sentences == {"Most for it: region 4 in the middle (+0.40 ± 0.01)."}


@pytest.mark.parametrize(
    ("output", "value", "words"),
    [
        ("probability", 0.21, "A region with +0.21 makes the network 21 percentage points surer"),
        ("probability", 0.0412, "A region with +0.041 makes the network 4.1 percentage points"),
        ("logit", 1.5, "Unit: logits"),
        ("logit", 1.5, "A region with +1.50 raises the score"),
    ],
)
def test_the_unit_is_told_by_an_example(output, value, words):
    explanation = in_nine_parts(np.zeros(9))
    settings = Settings(output=output)
    explanation = Explanation(**{**vars(explanation), "settings": settings})
    assert words in unit(explanation, value)


# Numbers


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (0.94, "94 %"),
        (0.5, "50 %"),
        (0.994, "99 %"),
        (0.9999, "over 99 %"),
        (1.0, "over 99 %"),
        (0.006, "1 %"),
        (0.0001, "under 1 %"),
        (0.0, "under 1 %"),
    ],
)
def test_a_probability_is_never_told_as_certain(probability, text):
    assert percent(probability) == text


@pytest.mark.parametrize(("value", "text"), [(0.314, "+0.31"), (-0.08, "−0.08"), (0, "+0.00")])
def test_a_value_is_told_with_its_sign(value, text):
    assert signed(value) == text


def test_a_value_that_rounds_to_nothing_has_no_minus():
    assert signed(-0.001) == "+0.00"


def test_the_headline_is_the_likeliest_class_and_how_likely_it_is():
    prediction = Prediction(("beetles", "dragonflies"), np.array([0.06, 0.94]))
    assert headline(prediction) == "dragonfly, 94 % sure"


# Checks


def curve(kind, area, wins, of=20):
    """Straight lines: of the random orders so many are worse than that area, the others better."""
    worse = area + (0.2 if kind == "deletion" else -0.2)
    better = 2 * area - worse
    levels = np.array([worse] * wins + [better] * (of - wins))
    return Curve(kind, np.array([0.0, 1.0]), np.full(2, area), np.repeat(levels[:, None], 2, 1))


def test_a_check_says_how_many_random_orders_are_slower():
    assert follows(curve("deletion", 0.31, 19)) == (
        "Taking parts away in this order lowers the answer faster than 19 of 20 random orders "
        "(area 0.31 against 0.49 ± 0.09)."
    )
    assert follows(curve("insertion", 0.8, 20)) == (
        "Showing parts in this order raises the answer faster than 20 of 20 random orders "
        "(area 0.80 against 0.60 ± 0.00)."
    )


@pytest.mark.parametrize("kind", ["deletion", "insertion"])
def test_a_check_that_chance_passes_too_says_so(kind):
    assert "faster than 18 of 20 random orders" in follows(curve(kind, 0.5, 18))
    assert follows(curve(kind, 0.5, 18)).endswith("); chance may do as well.")
    assert follows(curve(kind, 0.5, 19)).endswith(").")
    assert "faster than none of 20" in follows(curve(kind, 0.5, 0))


# What the methods are


def test_each_method_has_one_sentence():
    assert set(METHOD_SENTENCES) == set(METHODS)
    for sentence in METHOD_SENTENCES.values():
        assert sentence.endswith(".")
        assert ". " not in sentence


def test_methods_without_standard_errors_say_so_and_partition_that_it_is_about_groups():
    for method in ("kernel", "partition", "deep"):
        assert re.search("without standard errors|no standard errors", METHOD_SENTENCES[method])
    assert "Owen values" in METHOD_SENTENCES["partition"]
