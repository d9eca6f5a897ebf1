"""Superpixels: their numbering, and hiding them to the exact pixel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insects.errors import SettingsError
from insects.photos import resize
from insects.superpixels import BASELINES, make_background, mask_image, segment


def noise(side=48, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)


def masked_pixel_by_pixel(image, background, segments, coalition):
    masked = np.empty_like(image)
    for row in range(image.shape[0]):
        for column in range(image.shape[1]):
            shown = coalition[segments[row, column]]
            masked[row, column] = image[row, column] if shown else background[row, column]
    return masked


@pytest.mark.parametrize("n_segments", [1, 2, 5, 25, 100, 200])
def test_superpixels_of_a_photo_are_numbered_from_0_without_gaps(photos, n_segments):
    image = resize(photos[0].pixels, 224)
    segments = segment(image, n_segments)
    assert segments.shape == (224, 224)
    assert set(np.unique(segments)) == set(range(segments.max() + 1))


@pytest.mark.parametrize("n_segments", [1, 5, 200])
@pytest.mark.parametrize("grey", [0, 128, 255])
def test_superpixels_of_a_blank_image_are_numbered_from_0_without_gaps(n_segments, grey):
    segments = segment(np.full((64, 64, 3), grey, np.uint8), n_segments)
    assert set(np.unique(segments)) == set(range(segments.max() + 1))


def test_one_segment_asked_for_is_one_superpixel():
    assert segment(noise(), 1).max() == 0


def test_asking_for_more_segments_gives_more_superpixels(photos):
    image = resize(photos[0].pixels, 224)
    counts = [segment(image, n).max() + 1 for n in (5, 25, 100, 200)]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_the_same_image_is_cut_the_same_way_each_time(photos):
    image = resize(photos[0].pixels, 224)
    assert np.array_equal(segment(image, 50), segment(image, 50))


def test_superpixels_follow_a_strong_border():
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, 32:] = 255
    segments = segment(image, 8, sigma=0)
    assert not set(segments[:, :32].ravel()) & set(segments[:, 32:].ravel())


def test_the_white_baseline_is_white():
    assert (make_background(noise(), "white") == 255).all()


def test_the_mean_baseline_is_the_mean_colour_everywhere():
    image = np.zeros((10, 20, 3), np.uint8)
    image[:, :5] = (200, 100, 40)
    background = make_background(image, "mean")
    assert background.shape == image.shape
    assert (background == (50, 25, 10)).all()


def test_the_blur_baseline_keeps_the_colours_and_loses_the_detail():
    image = noise(96)
    background = make_background(image, "blur")
    assert background.shape == image.shape
    assert background.dtype == np.uint8
    assert np.abs(background.mean(axis=(0, 1)) - image.mean(axis=(0, 1))).max() < 3
    assert background.std() < image.std() / 5


@pytest.mark.parametrize("baseline", BASELINES)
def test_making_a_background_leaves_the_image_alone(baseline):
    image = noise()
    make_background(image, baseline)
    assert np.array_equal(image, noise())


@pytest.mark.parametrize("baseline", ["", "black", "White", None])
def test_an_unknown_baseline_is_refused_with_what_came_and_what_there_is(baseline):
    with pytest.raises(SettingsError) as caught:
        make_background(noise(), baseline)
    assert repr(baseline) in str(caught.value)
    assert all(name in str(caught.value) for name in BASELINES)


@given(
    height=st.integers(1, 7),
    width=st.integers(1, 7),
    n_superpixels=st.integers(1, 6),
    n_coalitions=st.integers(1, 5),
    seed=st.integers(0, 2**32 - 1),
)
def test_masking_agrees_with_a_pixel_by_pixel_reference(
    height, width, n_superpixels, n_coalitions, seed
):
    rng = np.random.default_rng(seed)
    image, background = rng.integers(0, 256, (2, height, width, 3), dtype=np.uint8)
    segments = rng.integers(0, n_superpixels, (height, width))
    coalitions = rng.random((n_coalitions, n_superpixels)) < 0.5
    masked = mask_image(image, background, segments, coalitions)
    assert masked.shape == (n_coalitions, height, width, 3)
    assert masked.dtype == np.uint8
    for one, coalition in zip(masked, coalitions, strict=True):
        assert np.array_equal(one, masked_pixel_by_pixel(image, background, segments, coalition))


@pytest.mark.parametrize("baseline", BASELINES)
def test_all_shown_is_the_image_and_none_shown_the_background(photos, baseline):
    image = resize(photos[0].pixels, 64)
    background = make_background(image, baseline)
    segments = segment(image, 12)
    everybody = np.ones((1, segments.max() + 1), bool)
    assert np.array_equal(mask_image(image, background, segments, everybody)[0], image)
    assert np.array_equal(mask_image(image, background, segments, ~everybody)[0], background)
