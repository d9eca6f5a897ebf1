"""Regions in the order of their strength, in figures and words."""

import pytest
from made_explanations import in_quarters

from insects.ranking import Region, decimals, listed, ranked


def test_the_strongest_come_first_whatever_their_sign():
    assert [r.number for r in ranked(in_quarters([0.1, -0.5, 0.0, 0.3]))] == [1, 3, 0, 2]


def test_each_says_where_it_is_in_the_photo():
    places = {r.number: r.place for r in ranked(in_quarters([0.1, -0.5, 0.0, 0.3]))}
    assert places == {0: "upper left", 1: "upper right", 2: "lower left", 3: "lower right"}


def test_a_sign_is_sure_beyond_1_96_standard_errors():
    sure = {r.number: r.is_sure for r in ranked(in_quarters([0.0195, -0.0197, 0.5, 0.0]))}
    assert sure == {0: False, 1: True, 2: True, 3: False}


def test_without_errors_nothing_is_said_of_how_sure_a_sign_is():
    for region in ranked(in_quarters([0.1, -0.5, 0.0, 0.3], error=None, method="kernel")):
        assert region.error is None
        assert region.is_sure is None


def test_single_pixels_are_not_ranked():
    assert ranked(in_quarters([0.1, -0.5, 0.0, 0.3], error=None, method="deep")) == []


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (0.31, 0.03, "region 12: +0.31 ± 0.03 for dragonflies"),
        (-0.08, 0.02, "region 12: −0.08 ± 0.02 against dragonflies"),
        (0.31, None, "region 12: +0.31 for dragonflies"),
        (-0.0001, 0.0, "region 12: +0.00 ± 0.00 against dragonflies"),
    ],
)
def test_a_region_tells_its_value_and_error_in_a_sentence(value, error, words):
    assert Region(12, "top", value, error, True).sentence("dragonflies") == words


@pytest.mark.parametrize(
    ("largest", "places"), [(5.0, 2), (0.31, 2), (0.1, 2), (0.031, 3), (0.0012, 4), (0.0, 2)]
)
def test_small_values_have_more_decimals(largest, places):
    assert decimals(in_quarters([largest, 0.0, 0.0, 0.0])) == places


def test_the_strongest_are_listed_in_words():
    words = listed(in_quarters([0.1, -0.5, 0.0, 0.3]), "one", 2)
    assert words == "region 1 (upper right) −0.50 ± 0.01; region 3 (lower right) +0.30 ± 0.01"
