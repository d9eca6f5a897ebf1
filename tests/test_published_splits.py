"""Splits of the published photos: no two alike on both sides."""

import hashlib
from collections import Counter
from itertools import product

import numpy as np
import pytest
from PIL import Image

from insects.datasets import load_dataset
from insects.datasets.series import find_series
from insects.datasets.splits import apply_split, folds
from insects.photos import load_photo, resize


@pytest.fixture
def published(real_photos):
    return load_dataset("published")


def test_of_the_published_photos_about_a_fifth_of_each_class_are_for_testing(published):
    split = apply_split(published, "by_series")
    assert len(split.photos) == 1019
    labels = {part: Counter(p.label for p in split.part(part)) for part in ("train", "test")}
    for name in published.class_names:
        share = labels["test"][name] / (labels["train"][name] + labels["test"][name])
        assert 0.15 < share < 0.25


def test_every_published_photo_is_tested_once_and_no_series_is_parted(published):
    series = find_series(published)
    tested = Counter()
    for fold in folds(published):
        train, test = (set(series.groups(fold.part(part)).tolist()) for part in ("train", "test"))
        assert not train & test
        tested.update(photo.content_hash for photo in fold.part("test"))
    assert tested == dict.fromkeys((photo.content_hash for photo in published.photos), 1)


def test_the_published_photos_are_split_alike_from_the_split_that_is_without_the_leak(published):
    whole = apply_split(published, "by_series").fingerprint
    assert apply_split(apply_split(published, "deduplicated"), "by_series").fingerprint == whole


# How alike two photos are, worked out here in another way than in the package: for every cut at
# the four sides, the correlation of the slopes of both pictures.

SIDE = 32
NEAR = 0.87
CUTS = list(product((0, 3, 6), repeat=4))  # per cent


def slopes(grey, cut=(0, 0, 0, 0)):
    left, top, right, bottom = (per_cent / 100 * 64 for per_cent in cut)
    image = Image.fromarray(grey)
    box = (left, top, 64 - right, 64 - bottom)
    values = np.array(image.resize((SIDE + 1, SIDE + 1), Image.Resampling.BILINEAR, box), float)
    both = np.stack([values[:-1, 1:] - values[:-1, :-1], values[1:, :-1] - values[:-1, :-1]])
    return both.ravel() / np.sqrt((both**2).sum())


def grey_of(path):
    return np.array(Image.fromarray(resize(load_photo(path), 64)).convert("L"))


def test_no_two_published_photos_across_the_parts_are_nearer_than_the_threshold(published):
    split = apply_split(published, "by_series")
    train, test = ([grey_of(p.path) for p in split.part(part)] for part in ("train", "test"))
    whole = np.array([slopes(grey) for grey in train])
    turned = np.array([slopes(grey[:, ::-1].copy()) for grey in train])
    cosines = np.array([np.maximum(whole @ slopes(g), turned @ slopes(g)) for g in test])
    assert cosines.max() < NEAR
    # Cuts take long to try, so only where the whole pictures are at least somewhat alike.
    somewhat = cosines > 0.35
    assert somewhat.sum() > 100
    assert nearest_part(test, train, somewhat) < NEAR
    assert nearest_part(train, test, somewhat.T) < NEAR


def nearest_part(photos, others, chosen):
    """The highest cosine of a part of one photo with the whole of another, or its mirror image."""
    highest = 0.0
    for i in np.flatnonzero(chosen.any(axis=1)):
        parts = np.array([slopes(photos[i], cut) for cut in CUTS])
        for j in np.flatnonzero(chosen[i]):
            both = np.stack([slopes(others[j]), slopes(others[j][:, ::-1].copy())])
            highest = max(highest, (parts @ both.T).max())
    return highest


def test_the_check_above_would_notice_the_leak_that_is_left_without_copies(published):
    split = apply_split(published, "deduplicated")
    digests = {
        p.content_hash: hashlib.sha256(p.path.read_bytes()).hexdigest() for p in split.photos
    }
    assert len(set(digests.values())) == len(split.photos)
    (test,) = (p for p in split.part("test") if p.name == "5364303")
    (train,) = (p for p in split.part("train") if p.name == "1491046")
    target = slopes(grey_of(test.path))
    assert max(slopes(grey_of(train.path), cut) @ target for cut in CUTS) > NEAR
