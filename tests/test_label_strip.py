"""The label strip: found where it is, nowhere else, and hidden without a trace elsewhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from made_photos import labelled

from insects.datasets import load_dataset
from insects.label_strip import RIM, find_strip, hide_strip

photos_of_any_kind = arrays(
    np.uint8, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=70).map(lambda s: (*s, 3))
)


def ground(value, height=120, width=200):
    return np.full((height, width, 3), value, np.uint8)


def noise(low, high, seed=0):
    return np.random.default_rng(seed).integers(low, high, (120, 200, 3), dtype=np.uint8)


GROUNDS = {
    "white": ground(250),
    "grey": ground(128),
    "green": ground((60, 140, 50)),
    "noise": noise(90, 255),
}


@pytest.mark.parametrize("name", GROUNDS)
@pytest.mark.parametrize("number", ["5558569", "1177111", "UGA1422"])
@pytest.mark.parametrize("gap", [0, 1, 2])
def test_a_strip_at_the_lower_right_is_found_where_it_is(name, number, gap):
    photo, box = labelled(GROUNDS[name], number, gap)
    assert np.abs(np.subtract(find_strip(photo), box)).max() <= 1


def test_a_strip_on_black_is_found_by_its_number():
    photo, box = labelled(ground(5))
    found = find_strip(photo)
    assert found[0] <= box[0] + 3
    assert found[2] <= box[2] + 13
    assert found[0] > box[0] - 12


@pytest.mark.parametrize("name", GROUNDS)
def test_nothing_is_found_without_a_strip(name):
    assert find_strip(GROUNDS[name]) is None


def test_a_black_bar_without_a_number_is_no_label():
    assert find_strip(labelled(GROUNDS["white"], "")[0]) is None


def test_a_strip_elsewhere_is_no_label():
    photo, _ = labelled(GROUNDS["white"])
    assert find_strip(photo[:, ::-1]) is None
    assert find_strip(photo[::-1]) is None


def test_hiding_leaves_the_rest_of_the_photo_as_it_is():
    photo, (top, bottom, left, right) = labelled(GROUNDS["noise"])
    before = photo.copy()
    hidden = hide_strip(photo)
    assert np.array_equal(photo, before)
    same = (hidden == photo).all(axis=-1)
    assert same[: top - RIM - 1].all()
    assert same[:, : left - RIM - 1].all()
    assert hidden[top:bottom, left:right].min() >= 90
    assert find_strip(hidden) is None


def test_on_an_even_ground_nothing_is_left_to_be_seen():
    photo, _ = labelled(GROUNDS["green"])
    assert np.array_equal(hide_strip(photo), GROUNDS["green"])


def test_a_photo_without_a_label_is_returned_as_it_is():
    assert np.array_equal(hide_strip(GROUNDS["noise"]), GROUNDS["noise"])


@given(photos_of_any_kind)
def test_any_photo_keeps_its_shape_and_a_box_lies_within_it(photo):
    assert hide_strip(photo).shape == photo.shape
    if box := find_strip(photo):
        top, bottom, left, right = box
        assert 0 <= top < bottom <= photo.shape[0]
        assert 0 <= left < right <= photo.shape[1]


@given(st.integers(13, 90), st.integers(76, 300), st.integers(0, 255), st.integers(0, 999))
def test_a_label_on_any_even_ground_is_hidden_or_not_seen(height, width, value, number):
    photo, _ = labelled(ground(value, height, width), f"5558{number:03}")
    hidden = hide_strip(photo)
    assert hidden.shape == photo.shape
    assert (hidden == photo).all(axis=-1)[:, : max(0, width - 120)].all()


def test_nearly_all_published_photos_have_one(real_photos):
    test = load_dataset("published").part("test")
    assert np.mean([find_strip(photo.load()) is not None for photo in test]) >= 0.95


def test_drawn_photos_have_none():
    photos = load_dataset("drawn").part("test")[::6]
    assert not any(find_strip(photo.load()) for photo in photos)
