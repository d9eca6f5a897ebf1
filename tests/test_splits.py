"""Splits by series: nothing alike on both sides, the same every time, and ready when kept."""

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from made_photos import MadePhoto, drawn_photos, made, made_dataset, resized

from insects.datasets.drawn import load_drawn
from insects.datasets.looks import kept_folder
from insects.datasets.series import find_series
from insects.datasets.splits import SPLITS, apply_split, folds, is_ready, split_key
from insects.errors import DatasetError, SettingsError

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def photos():
    """Twenty drawn photos of each class, in fours under neighbouring numbers."""
    return [
        made(photo, name=str(100 * (i // 4) + i % 4 + 1))
        for i, photo in enumerate(drawn_photos(20))
    ]


@pytest.fixture
def dataset(photos):
    return made_dataset(*photos)


def contents(dataset, part):
    return {photo.content_hash for photo in dataset.part(part)}


def test_splits_are_named_as_published_deduplicated_and_by_series():
    assert list(SPLITS) == ["published", "deduplicated", "by_series"]


# What a split by series is


def test_no_series_is_in_both_parts(dataset):
    split = apply_split(dataset, "by_series")
    series = find_series(dataset)
    assert len(set(series.of.values())) == 15
    train, test = (set(series.groups(split.part(part)).tolist()) for part in ("train", "test"))
    assert train
    assert test
    assert not train & test


def test_about_a_fifth_of_each_class_is_for_testing(dataset):
    split = apply_split(dataset, "by_series")
    assert Counter(photo.label for photo in split.part("test")) == dict.fromkeys(
        dataset.class_names, 4
    )
    assert len(split.part("train")) == 48


def test_the_folds_test_each_photo_once(dataset):
    tested = Counter(p.content_hash for fold in folds(dataset) for p in fold.part("test"))
    assert tested == dict.fromkeys((photo.content_hash for photo in dataset.photos), 1)


def test_every_fold_has_all_photos_and_every_class_on_both_sides(dataset):
    for fold in folds(dataset):
        assert len(fold.photos) == len(dataset.photos)
        for part in ("train", "test"):
            assert {photo.label for photo in fold.part(part)} == set(dataset.class_names)


def test_by_series_is_the_first_of_five_folds(dataset):
    first, *others = folds(dataset)
    split = apply_split(dataset, "by_series")
    assert split.fingerprint == first.fingerprint
    assert len(others) == 4
    assert split.split_name == "by_series"


def test_each_fold_has_its_name_and_is_found_by_it(dataset):
    found = folds(dataset, k=3)
    assert [fold.split_name for fold in found] == [f"by_series_{i}_of_3" for i in (1, 2, 3)]
    for fold in found:
        again = apply_split(dataset, fold.split_name)
        assert again.fingerprint == fold.fingerprint
        assert again.split_name == fold.split_name


def test_the_first_fold_is_the_one_with_the_most_series_of_the_class_that_has_fewest(photos):
    beetles = [photo for photo in photos if photo.label == "beetles"]
    others = [made(p, name=f"no-{p.name}") for p in photos if p.label != "beetles"]
    # One long series, which fills a fold, and twelve photos of a series each.
    uneven = [made(p, name=str(i if i < 8 else 1000 * i)) for i, p in enumerate(beetles)]
    dataset = made_dataset(*uneven, *others)
    series = find_series(dataset)
    first, *later = [
        len(set(series.groups([p for p in fold.part("test") if p.label == "beetles"]).tolist()))
        for fold in folds(dataset)
    ]
    assert first == 3
    assert min(later) == 1


def test_each_distinct_photo_is_there_once_whatever_its_names_and_parts(dataset):
    copies = [made(p, name=f"{p.name}-copy", split="test") for p in dataset.photos[:9]]
    split = apply_split(made_dataset(*dataset.photos, *copies), "by_series")
    assert len(split.photos) == len(dataset.photos)
    assert contents(split, "train") | contents(split, "test") == {
        photo.content_hash for photo in dataset.photos
    }


def test_a_copy_in_another_size_stays_with_its_original(dataset):
    copies = [made(p, name=f"copy-{p.name}", pixels=resized(p.pixels)) for p in dataset.photos[::6]]
    with_copies = made_dataset(*dataset.photos, *copies)
    for fold in folds(with_copies):
        test = {photo.name for photo in fold.part("test")}
        in_test = {(p.label, p.name) for p in fold.part("test")}
        for copy in copies:
            original = (copy.label, copy.name.removeprefix("copy-"))
            assert ((copy.label, copy.name) in in_test) == (original in in_test), test


def test_a_photo_that_lies_in_two_classes_is_left_out(dataset):
    doubted = dataset.photos[0]
    other = made(doubted, name="elsewhere", label="dragonflies")
    split = apply_split(made_dataset(*dataset.photos, other), "by_series")
    assert doubted.content_hash not in {photo.content_hash for photo in split.photos}
    assert len(split.photos) == len(dataset.photos) - 1


def test_a_photo_that_cannot_be_read_is_left_out(dataset):
    broken = MadePhoto("broken", "beetles", "train", None)
    split = apply_split(made_dataset(*dataset.photos, broken), "by_series")
    assert "broken" not in {photo.name for photo in split.photos}
    assert len(split.photos) == len(dataset.photos)


def test_the_dataset_that_is_split_stays_as_it_was(dataset):
    before = [photo.split for photo in dataset.photos]
    split = apply_split(dataset, "by_series")
    assert [photo.split for photo in dataset.photos] == before
    assert [photo.split for photo in split.photos] != before


def test_a_photo_keeps_what_it_knows_when_it_changes_parts(dataset):
    photo = load_drawn(per_class=1).photos[0]
    digest = photo.content_hash
    moved = photo.in_part("test")
    assert moved == replace(photo, split="test")
    assert vars(moved)["content_hash"] == digest
    assert photo.split == "train"


# The same every time

SPLIT_IN_A_PROCESS = """
import json, sys
from insects.datasets.drawn import load_drawn
from insects.datasets.splits import apply_split
dataset = load_drawn(per_class=12)
dataset = dataset.with_photos(reversed(dataset.photos), "published")
split = apply_split(dataset, "by_series")
names = sorted(photo.full_name for photo in split.photos)
print(json.dumps({"names": names, "sklearn": "sklearn" in sys.modules}))
"""


def split_in_a_process(cache):
    done = subprocess.run(
        [sys.executable, "-c", SPLIT_IN_A_PROCESS],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "INSECTS_CACHE": str(cache)},
    )
    return json.loads(done.stdout)


def test_another_process_with_photos_in_another_order_splits_them_the_same(tmp_path):
    here = apply_split(load_drawn(per_class=12), "by_series")
    there = split_in_a_process(tmp_path)
    assert there["names"] == sorted(photo.full_name for photo in here.photos)


def test_a_split_that_is_kept_needs_no_scikit_learn(own_cache_folder):
    apply_split(load_drawn(per_class=12), "by_series")
    assert not split_in_a_process(own_cache_folder)["sklearn"]


def test_the_split_before_does_not_matter(dataset):
    expected = apply_split(dataset, "by_series").fingerprint
    for fold in folds(dataset, 3):
        assert apply_split(fold, "by_series").fingerprint == expected


# Ready or not


def test_a_split_by_series_is_ready_once_it_was_made(photos, tmp_path, monkeypatch):
    monkeypatch.setenv("INSECTS_CACHE", str(tmp_path))
    dataset = made_dataset(*photos)
    names = ("published", "deduplicated", "by_series", "by_series_4_of_5", "by_series_1_of_2")
    assert [is_ready(dataset, name) for name in names] == [True, True, False, False, False]
    apply_split(dataset, "by_series")
    assert [is_ready(dataset, name) for name in names] == [True, True, True, True, False]


def test_a_split_that_is_ready_needs_no_look_at_the_photos(dataset, monkeypatch):
    before = apply_split(dataset, "by_series")
    monkeypatch.setattr("insects.datasets.looks.look", None)
    monkeypatch.setattr(MadePhoto, "load", None)
    assert is_ready(dataset, "by_series")
    assert apply_split(dataset, "by_series").fingerprint == before.fingerprint


@pytest.mark.parametrize("text", ["", "{", "[]", '{"of": {}}'])
def test_a_damaged_file_is_made_anew(text, photos, tmp_path, monkeypatch):
    monkeypatch.setenv("INSECTS_CACHE", str(tmp_path))
    dataset = made_dataset(*photos)
    before = apply_split(dataset, "by_series").fingerprint
    (path,) = kept_folder(dataset).glob("folds-*.json")
    path.write_text(text)
    assert not is_ready(dataset, "by_series")
    assert apply_split(dataset, "by_series").fingerprint == before
    assert is_ready(dataset, "by_series")


def test_a_dataset_with_one_more_photo_is_not_ready(dataset):
    apply_split(dataset, "by_series")
    more = made(dataset.photos[0], name="9999", pixels=dataset.photos[0].pixels // 2)
    assert not is_ready(made_dataset(*dataset.photos, more), "by_series")


# Names


@pytest.mark.parametrize("name", ["by series", "by-series", "By series", " by_series "])
def test_a_split_is_found_by_any_spelling_of_its_name(name, dataset):
    assert split_key(name) == "by_series"
    assert apply_split(dataset, name).split_name == "by_series"


@pytest.mark.parametrize(
    "name",
    ["random", "", "by_series_0_of_5", "by_series_6_of_5", "by_series_1_of_1", "by_series_1_of_99"],
)
def test_a_split_that_cannot_be_is_refused_with_its_name(name, dataset):
    for refuse in (split_key, lambda name: apply_split(dataset, name)):
        with pytest.raises(SettingsError, match=name or "''"):
            refuse(name)
    with pytest.raises(SettingsError):
        is_ready(dataset, name)


@pytest.mark.parametrize("k", [0, 1, 11])
def test_a_number_of_folds_that_cannot_be_is_refused(k, dataset):
    with pytest.raises(SettingsError, match=f"got {k}"):
        folds(dataset, k)


# Small datasets


def test_two_classes_of_five_photos_are_five_folds():
    small = drawn_photos(5)[:10]
    found = folds(made_dataset(*small))
    assert len(found) == 5
    assert all(len(fold.part("test")) == 2 for fold in found)


def test_a_class_with_three_series_allows_three_folds(photos):
    few = [p for p in photos if p.label != "beetles" or int(p.name) < 300]
    dataset = made_dataset(*few)
    assert len(folds(dataset)) == 3
    assert apply_split(dataset, "by_series").part("test")
    with pytest.raises(DatasetError, match="by_series_3_of_3"):
        apply_split(dataset, "by_series_1_of_5")


def test_a_class_that_is_one_series_is_refused_with_its_name(photos):
    beetles = [photo for photo in photos if photo.label == "beetles"]
    same = made(beetles[0], name="x", pixels=resized(beetles[0].pixels))
    others = [photo for photo in photos if photo.label != "beetles"]
    with pytest.raises(DatasetError, match="beetles"):
        apply_split(made_dataset(beetles[0], same, *others), "by_series")


def test_a_class_without_a_usable_photo_is_refused_with_its_name(photos):
    broken = MadePhoto("broken", "moths", "train", None)
    with pytest.raises(DatasetError, match="moths"):
        apply_split(made_dataset(broken, *photos), "by_series")
