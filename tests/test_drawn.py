"""Drawn insects: the same seed draws the same pixels, and the mask is the insect."""

import math
from collections import Counter

import numpy as np
import pytest

from insects.datasets.drawing.grounds import GROUNDS
from insects.datasets.drawing.pose import SIZE
from insects.datasets.drawn import BETRAYING, CLASS_NAMES, DrawnPhoto, load_drawn
from insects.errors import SettingsError

INDICES = range(12)
EDGE = 4  # pixels at an outline mix with the ground, the more so where the camera blurs


def photos(**settings) -> list[DrawnPhoto]:
    return [DrawnPhoto(label, index, **settings) for label in CLASS_NAMES for index in INDICES]


def shrunk(mask: np.ndarray, by: int) -> np.ndarray:
    for _ in range(by):
        inner = mask.copy()
        inner[1:] &= mask[:-1]
        inner[:-1] &= mask[1:]
        inner[:, 1:] &= mask[:, :-1]
        inner[:, :-1] &= mask[:, 1:]
        mask = inner
    return mask


def test_a_photo_is_256_pixels_square_in_bytes():
    for photo in photos():
        pixels = photo.load()
        assert pixels.shape == (256, 256, 3)
        assert pixels.dtype == np.uint8


def test_the_same_seed_draws_the_same_pixels():
    for one, other in zip(load_drawn(5, 0.5, 2).photos, load_drawn(5, 0.5, 2).photos, strict=True):
        assert np.array_equal(one.load(), other.load())
        assert np.array_equal(one.mask(), other.mask())


def test_drawing_other_photos_first_changes_nothing():
    photo = DrawnPhoto("dragonflies", 3)
    before = photo.load()
    DrawnPhoto("beetles", 8).load()
    assert np.array_equal(photo.load(), before)


def test_another_seed_draws_another_insect():
    for label in CLASS_NAMES:
        assert not np.array_equal(DrawnPhoto(label, 0, 0).mask(), DrawnPhoto(label, 0, 1).mask())


def test_every_index_is_another_insect():
    masks = {photo.mask().tobytes() for photo in photos()}
    assert len(masks) == len(photos())


def test_the_mask_covers_a_part_of_the_picture():
    for photo in photos():
        mask = photo.mask()
        assert mask.dtype == bool
        assert mask.shape == (SIZE, SIZE)
        assert 0.01 < mask.mean() < 0.6, photo.name


def test_most_of_the_insect_lies_inside_the_picture():
    for photo in photos():
        mask = photo.mask()
        border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
        assert border.mean() < 0.12, photo.name


def test_the_bias_does_not_change_the_mask():
    for free, biased in zip(photos(), photos(background_bias=1.0), strict=True):
        assert np.array_equal(free.mask(), biased.mask())


def test_opaque_insect_pixels_are_the_same_on_every_ground():
    """Compared EDGE pixels inside what nothing shows through: wings and outlines are left out."""
    for free, biased in zip(photos(), photos(background_bias=1.0), strict=True):
        opaque = free._scene().layer.opacity.reshape(SIZE, SIZE) > 0.999
        inside = shrunk(opaque & free.mask(), EDGE)
        change = np.abs(free.load().astype(int) - biased.load().astype(int))[inside]
        # The tail of a camera's blur may still round one level up or down.
        assert change.max(initial=0) <= 1, free.name
        if free.label != "dragonflies":
            assert inside.any(), free.name


def test_the_painted_insect_is_the_same_on_every_ground():
    """Transparent wings included: what is painted is compared before it meets the ground."""
    for free, biased in zip(photos(), photos(background_bias=1.0), strict=True):
        assert np.array_equal(free._scene().layer.rgb, biased._scene().layer.rgb)
        assert np.array_equal(free._scene().layer.opacity, biased._scene().layer.opacity)


def test_nothing_is_painted_outside_the_mask_but_thin_edges():
    for photo in photos():
        layer = photo._scene().layer
        outside = ~layer.mask.ravel()
        assert (layer.opacity[outside] < 0.25).all()


def test_ground_far_from_the_insect_does_not_depend_on_it():
    """The same ground under another insect is equal where neither insect nor shadow falls."""
    one, other = (DrawnPhoto("beetles", index)._scene() for index in (0, 1))
    empty = ~(one.layer.opacity + other.layer.opacity).reshape(SIZE, SIZE).astype(bool)
    clear = shrunk(empty, 40)
    light = one.light
    bare = [
        scene.layer.over(GROUNDS["paper"].draw(np.random.default_rng(4), light))
        for scene in (one, other)
    ]
    assert clear.any()
    assert np.array_equal(bare[0][:, clear], bare[1][:, clear])


def test_counts_of_classes_and_parts():
    dataset = load_drawn(per_class=20)
    assert dataset.name == "drawn"
    assert dataset.class_names == ("beetles", "cockroach", "dragonflies")
    counts = Counter((photo.label, photo.split) for photo in dataset.photos)
    assert counts == {
        (label, split): {"train": 16, "test": 4}[split]
        for label in CLASS_NAMES
        for split in ("train", "test")
    }


def test_names_and_content_hashes_are_unique():
    dataset = load_drawn()
    assert len(dataset.photos) == 450
    assert len({photo.name for photo in dataset.photos}) == 450
    assert len({photo.content_hash for photo in dataset.photos}) == 450


def test_equal_photos_have_equal_content_hashes():
    """Where a bias leaves the ground as it was, picture and digest are as they were."""
    for free, biased in zip(photos(), photos(background_bias=0.5), strict=True):
        same = free.ground == biased.ground
        assert (free.content_hash == biased.content_hash) == same
        assert np.array_equal(free.load(), biased.load()) == same


def test_full_bias_gives_each_class_its_own_ground():
    for label in CLASS_NAMES:
        grounds = {DrawnPhoto(label, i, background_bias=1.0).ground for i in range(40)}
        assert grounds == {BETRAYING[label]}
    assert len(set(BETRAYING.values())) == len(CLASS_NAMES)


def test_without_bias_every_class_has_every_ground():
    for label in CLASS_NAMES:
        assert {DrawnPhoto(label, i).ground for i in range(150)} == set(GROUNDS)


@pytest.mark.parametrize("kind", sorted(GROUNDS))
def test_every_ground_gives_finite_colours(kind):
    light = DrawnPhoto("beetles", 0)._scene().light
    rgb = GROUNDS[kind].draw(np.random.default_rng(0), light)
    assert rgb.shape == (3, SIZE, SIZE)
    assert np.isfinite(rgb).all()
    assert rgb.std() > 0.001


@pytest.mark.parametrize("bias", [-0.1, 1.1, math.nan, math.inf])
def test_a_bias_that_is_no_probability_is_refused_with_what_came(bias):
    with pytest.raises(SettingsError, match=f"from 0 to 1, got {bias}"):
        load_drawn(background_bias=bias)


@pytest.mark.parametrize("settings", [{"seed": -1}, {"per_class": 0}])
def test_other_settings_out_of_range_are_refused(settings):
    with pytest.raises(SettingsError, match="expected"):
        load_drawn(**settings)
