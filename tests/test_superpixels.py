"""Superpixels: their numbering, and hiding them to the exact pixel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insects.errors import SettingsError
from insects.photos import resize
from insects.superpixels import BASELINES, hierarchy, make_background, mask_image, segment


def noise(side=48, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)


def edge_of(image, width=1):
    """Return the outermost pixels, (n, 3)."""
    is_edge = np.ones(image.shape[:2], bool)
    is_edge[width:-width, width:-width] = False
    return image[is_edge]


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


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_the_inpaint_baseline_has_no_colour_outside_those_of_the_edge(height, width, seed):
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    background = make_background(image, "inpaint")
    assert background.shape == image.shape
    assert background.dtype == np.uint8
    edge = edge_of(image)
    assert (background >= edge.min(axis=0)).all()
    assert (background <= edge.max(axis=0)).all()


@pytest.mark.parametrize(("side", "kept"), [(56, 1), (224, 4), (256, 5)])
def test_the_inpaint_baseline_keeps_the_edge_and_depends_on_nothing_else(side, kept):
    image, other = noise(side), noise(side)
    other[kept:-kept, kept:-kept] = 0
    background = make_background(image, "inpaint")
    assert np.array_equal(edge_of(background, kept), edge_of(image, kept))
    assert np.array_equal(make_background(other, "inpaint"), background)


def test_the_inpaint_baseline_is_the_mean_of_neighbours_everywhere_inside():
    image = noise(56)
    background = make_background(image, "inpaint").astype(float)
    across = background[:, :-2] + background[:, 2:]
    along = background[:-2] + background[2:]
    mean = (across[1:-1] + along[:, 1:-1]) / 4
    assert np.abs(background[1:-1, 1:-1] - mean).max() <= 1  # each was rounded


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (12, 200, 99)])
def test_the_inpaint_baseline_of_a_plain_ground_is_the_ground_without_the_insect(colour):
    image = np.empty((224, 224, 3), np.uint8)
    image[:] = colour
    ground = image.copy()
    image[60:160, 40:180] = (120, 60, 20)
    for photo in (image, ground):
        difference = make_background(photo, "inpaint").astype(int) - ground
        assert np.abs(difference).max() == 0


def test_the_inpaint_baseline_carries_on_a_ground_that_grows_lighter():
    slope = np.linspace(20, 220, 224).round().astype(np.uint8)
    image = np.repeat(np.broadcast_to(slope, (224, 224))[..., None], 3, axis=2)
    difference = make_background(image, "inpaint").astype(int) - image
    assert np.abs(difference).max() <= 1


# Which superpixels belong together


def test_a_hierarchy_joins_every_superpixel_once(photos):
    image = resize(photos[0].pixels, 224)
    segments = segment(image, 50)
    groups = hierarchy(image, segments)
    n_superpixels = segments.max() + 1
    assert groups.shape == (n_superpixels - 1, 4)
    assert sorted(groups[:, :2].ravel()) == list(range(2 * n_superpixels - 2))
    assert groups[-1, 3] == n_superpixels
    assert np.array_equal(groups, hierarchy(image, segments))


def test_a_hierarchy_joins_neighbours_of_like_colour_first():
    """Four columns: the first two dark, the others light."""
    segments = np.repeat([np.arange(4).repeat(10)], 40, axis=0)
    image = np.where(segments[..., None] < 2, 10, 240).repeat(3, axis=2).astype(np.uint8)
    pairs = {frozenset(pair) for pair in hierarchy(image, segments)[:2, :2]}
    assert pairs == {frozenset((0, 1)), frozenset((2, 3))}


def test_one_superpixel_has_nothing_to_be_joined_with():
    assert hierarchy(noise(), np.zeros((48, 48), int)).shape == (0, 4)


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
